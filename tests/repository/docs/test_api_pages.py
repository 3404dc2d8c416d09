# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The pages of the calls agree with the sources; and the check finds what it is for: each case spoils
one place of a copy of the tree."""
import shutil

import pytest

from api_pages import Checker
from support.build import ROOT

# File, text in it, what replaces it, and what must be reported then.
CASES = [
    ('src/efawin.def', '    ibv_fork_init\n', '    ibv_fork_init\n    ibv_new\n', 'has no page'),
    ('docs/api/ibv_wr.md', 'static inline void ibv_wr_abort(struct ibv_qp_ex *qp);\n', '',
     'no synopsis has the inline call ibv_wr_abort'),
    ('docs/api/README.md', '(ibv_post_send.md)', '(ibv_post_recv.md)', 'does not list ibv_post_send'),
    ('docs/api/README.md', '[check_version](check_version.md), ', '',
     'check_version is an export or in its list'),
    ('docs/api/ibv_reg_mr.md', '# ibv_reg_mr\n', '# ibv_reg_mrs\n', 'is titled'),
    ('docs/api/ibv_reg_mr.md', '## Thread safety\n', '', 'has the sections'),
    ('docs/api/ibv_fork_init.md', '0, always.', '', 'is empty'),
    ('docs/api/ibv_query_gid.md', 'uint8_t port_num, int index', 'int port_num, int index',
     'synopsis has'),
    ('docs/api/ibv_query_gid.md', '| `index` |', '| `offset` |', 'the argument index'),
    ('docs/api/ibv_alloc_pd.md', '| `EINVAL` |', '| `EAGAIN` |', 'names EAGAIN'),
    ('docs/api/ibv_alloc_pd.md', '| `EINVAL` |', '| `ENOMEM` |', 'does not name EINVAL'),
    ('docs/api/ibv_alloc_pd.md', "[driver's](driver-errors.md)", '`EIO`', "driver's errors"),
    ('docs/api/ibv_alloc_td.md', '| `EINVAL` |', "| [driver's](driver-errors.md) |",
     "driver's errors"),
    ('docs/api/ibv_alloc_pd.md', 'pass a context', '', 'lacks a cause or what to do'),
    ('docs/api/ibv_create_comp_cntr.md', '| `EOPNOTSUPP` | always', '| `EINVAL` | always',
     'does not name EOPNOTSUPP'),
    ('docs/api/efa_load_efawin_lib.md', '`ENOLINK`', '`ENODEV`', 'does not name ENOLINK'),
    ('src/verbs/pd.c', 'ibv_dealloc_td: td is NULL");',
     'ibv_dealloc_td: td is NULL") + EALREADY;', 'does not name EALREADY'),
    ('src/queue/wr_session.c', 'efa_session_fail(qp, ENOMEM', 'efa_session_fail(qp, EAGAIN',
     'ibv_wr.md: does not name EAGAIN'),
    ('src/device/completion_entry.h', '(UNKNOWN_PEER, 14, IBV_WC_REM_OP_ERR',
     '(UNKNOWN_PEER, 14, IBV_WC_GENERAL_ERR', "('14', 'IBV_WC_REM_OP_ERR')"),
    ('docs/api/ibv_poll_cq.md', '(ibv_start_poll.md)', '(ibv_begin_poll.md)', 'ibv_begin_poll.md, which is not there'),
    ('docs/api/efa_load_efawin_lib.md', 'README.md#exports', 'README.md#imports',
     'no such heading'),
    ('docs/api/ibv_create_ah.md', 'attr.port_num = 1;', 'attr.port = 1;', 'does not compile as C:'),
    ('docs/api/ibv_create_ah.md', 'struct ibv_ah_attr attr = {0};',
     'struct ibv_ah_attr attr = {0};\nstruct ibv_qp_attr other = {0};\n(void)other;',
     'does not compile as C++:'),
]


def check(root, compiler):
    return '\n'.join(Checker(root, compiler).run())


def test_pages_agree_with_the_sources(build):
    assert check(ROOT, build.c_compiler) == ''


@pytest.fixture(scope='module')
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp('pages') / 'tree'
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns('.git', 'build', 'dist'))
    return root


@pytest.mark.parametrize('name, old, new, expected', CASES, ids=[case[3] for case in CASES])
def test_a_fault_is_found(copy, build, name, old, new, expected):
    text = (copy / name).read_text()
    assert old in text, 'mend the case'
    (copy / name).write_text(text.replace(old, new))
    try:
        assert expected in check(copy, build.c_compiler if 'compile' in expected else None)
    finally:
        (copy / name).write_text(text)
