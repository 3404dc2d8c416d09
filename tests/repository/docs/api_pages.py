# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Keeps docs/api/ and the sources in step: a page for each call, each page's sections, prototypes,
arguments, errno values, tables and links, and that its examples compile. No test is in here."""
import pathlib
import re
import subprocess

from support.c_source import Source, normalise, read_prototypes

SECTIONS = ['Synopsis', 'Meaning', 'Arguments', 'Return value', 'Errors', 'Thread safety',
            'Differences from libibverbs', 'See also']
OPTIONAL_SECTIONS = ['Example']
NO_CALLS = {'README', 'driver-errors'}
DRIVER_ROW = "[driver's](driver-errors.md)"
DRIVER_ERROR_TABLE = 'efa_error_meaning'

# Where a page's code begins, for calls that are not exported under their own name: patterns of
# function names. What the library puts into operation tables is not called by name anywhere.
ROOTS = {
    'ibv_query_device_ex': 'efa_query_device_ex',
    'ibv_query_port': 'efa_query_port',
    'ibv_alloc_td': 'efa_alloc_td',
    'ibv_dealloc_td': 'efa_dealloc_td',
    'ibv_alloc_parent_domain': 'efa_alloc_parent_domain',
    'ibv_create_qp_ex': 'efa_create_qp_ex',
    'ibv_post_send': 'efa_post_send',
    'ibv_post_recv': 'efa_post_recv',
    'ibv_poll_cq': 'efa_poll_cq',
    'ibv_req_notify_cq': 'req_notify_cq',
    'ibv_start_poll': '(start_poll_locked|start_poll_exclusive|next_poll|end_poll)',
    'ibv_wc_read': 'read_(opcode|vendor_err|wc_flags|byte_len|imm_data|qp_num|src_qp|slid|zero)',
    'ibv_wr': 'wr_[a-z_]+|set_unusual_sge',
}

# Calls of which the headers have everything.
IN_HEADERS = {'ibv_create_comp_cntr': '(ibv|efadv)_[a-z_]*comp_cntr[a-z_]*'}

# What the examples may use without declaring it.
EXAMPLE = """
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include "infiniband/efadv.h"
#include "infiniband/verbs.h"
#include "efawin.h"
struct ibv_context *context;
struct ibv_pd *pd, *parent;
struct ibv_cq *cq;
struct ibv_cq_ex *cq_ex;
struct ibv_qp *qp;
struct ibv_qp_ex *qp_ex;
struct ibv_mr *mr;
struct ibv_ah *ah;
union ibv_gid peer_gid;
uint32_t peer_qp_num;
unsigned char buffer[4096];
int error;
void example(void);
void example(void)
{
%s
}
"""


class Page:
    def __init__(self, path):
        self.name = path.stem
        text = path.read_text()
        self.title = text.splitlines()[0] if text else ''
        parts = re.split(r'^## (.+)$', text, flags=re.M)
        self.order = parts[1::2]
        self.sections = dict(zip(self.order, parts[2::2]))

    def code(self, section):
        return '\n'.join(re.findall(r'```c\n(.*?)```', self.sections.get(section, ''), re.S))

    def prototypes(self):
        text = re.sub(r'^#.*$', '', self.code('Synopsis'), flags=re.M)
        return [normalise(part) for part in text.split(';') if part.strip()]

    def rows(self, section):
        """The cells of the section's tables, without heads and rules."""
        rows = [re.split(r' ?\| ?', line.strip())[1:-1]
                for line in self.sections.get(section, '').splitlines()
                if line.lstrip().startswith('|')]
        return [row for i, row in enumerate(rows)
                if not set(row[0]) <= set('- ') and not
                (i + 1 < len(rows) and rows[i + 1][0] and set(rows[i + 1][0]) <= set('- '))]


class Checker:
    def __init__(self, root, compiler):
        self.root, self.compiler, self.complaints = root, compiler, []
        self.docs = root / 'docs' / 'api'
        self.pages = {path.stem: Page(path) for path in sorted(self.docs.glob('*.md'))}
        self.calls = {name: page for name, page in self.pages.items() if name not in NO_CALLS}
        library = [path for path in sorted((root / 'src').rglob('*.[ch]'))
                   if not path.name.endswith(('_posix.c', '_windows.c'))]
        self.library = Source(library)
        self.loader = Source([root / 'interface' / 'efawin.c'])
        self.headers = Source(sorted((root / 'interface' / 'infiniband').glob('*.h')))
        # Of a call that the headers have inline, src/exports.c has the exported form: the header's counts.
        self.prototypes = read_prototypes([root / 'src' / 'exports.c', root / 'interface' / 'efawin.h',
                                           *sorted((root / 'interface' / 'infiniband').glob('*.h'))])

    def complain(self, where, what):
        self.complaints.append(f'{where}: {what}')

    def check_names(self):
        exports = re.findall(r'^ +(\w+)(?:=\w+)?$', (self.root / 'src' / 'efawin.def').read_text(), re.M)
        if not exports:
            self.complain('src/efawin.def', 'has no exports that this check could read')
        for name in exports:
            if name not in self.calls:
                self.complain(f'docs/api/{name}.md', 'an exported call has no page')
        described = {re.search(r'(\w+)\(', text).group(1)
                     for page in self.calls.values() for text in page.prototypes()}
        for name, text in self.prototypes.items():
            if re.match(r'(ibv|efadv|efa)_', name) and text.startswith('static inline') and \
                    name not in described:
                self.complain('docs/api', f'no synopsis has the inline call {name}')
        index = (self.docs / 'README.md').read_text()
        listed = set(re.findall(r'\[(\w+)\]', self.pages['README'].sections.get('Exports', '')))
        for name in sorted(listed ^ set(exports)):
            self.complain('docs/api/README.md', f'{name} is an export or in its list, not both')
        for name, page in self.calls.items():
            if f'({name}.md)' not in index:
                self.complain('docs/api/README.md', f'does not list {name}')
            if name not in described and not any(d.startswith(name + '_') for d in described):
                self.complain(f'docs/api/{name}.md', 'its synopsis lacks the call')

    def check_page(self, page):
        where = f'docs/api/{page.name}.md'
        if page.title != f'# {page.name}':
            self.complain(where, f'is titled {page.title!r}')
        if [s for s in page.order if s not in OPTIONAL_SECTIONS] != SECTIONS:
            self.complain(where, f'has the sections {page.order}')
        for name, text in page.sections.items():
            if not text.strip():
                self.complain(where, f'section {name} is empty')
        arguments = ' '.join(row[0] for row in page.rows('Arguments'))
        for prototype in page.prototypes():
            name = re.search(r'(\w+)\(', prototype).group(1)
            if self.prototypes.get(name) != prototype:
                self.complain(where, f'synopsis has {prototype!r}, the source '
                              f'{self.prototypes.get(name)!r}')
            for parameter in prototype[prototype.index('(') + 1:-1].split(','):
                word = re.search(r'(\w+)$', parameter).group(1)
                if word not in ('void', 'cq', 'qp') and not re.search(rf'\b{word}\b', arguments):
                    self.complain(where, f'does not describe the argument {word}')
        self.check_errors(page, where)

    def check_errors(self, page, where):
        source = self.loader if page.name == 'efa_load_efawin_lib' else self.library
        if page.name in IN_HEADERS:
            source = self.headers
        roots = source.roots(IN_HEADERS.get(page.name) or ROOTS.get(page.name, page.name))
        if not roots and page.name != 'efa_free_efawin_lib':
            self.complain(where, 'no code of that call was found')
        reached, asks_driver = source.reach(roots, DRIVER_ERROR_TABLE)
        if page.name == 'efawin_get_errno':
            reached = set()
        rows = page.rows('Errors')
        listed = {row[0].strip('`') for row in rows} - {DRIVER_ROW}
        for error in sorted(listed - reached):
            self.complain(where, f'names {error}, which the code of the call does not')
        for error in sorted(reached - listed):
            self.complain(where, f'does not name {error}, which the code of the call does')
        if asks_driver != any(row[0] == DRIVER_ROW for row in rows):
            self.complain(where, "the row of the driver's errors is missing or out of place")
        for row in rows:
            if len(row) != 3 or not all(cell.strip() for cell in row):
                self.complain(where, f'the row of {row[0]} lacks a cause or what to do')

    def check_statuses(self):
        where = 'docs/api/ibv_poll_cq.md'
        code = set(re.findall(r'STATUS\(\w+, (\d+), (IBV_WC_\w+)',
                              (self.root / 'src/device/completion_entry.h').read_text()))
        page = {(row[0], row[1].strip('`')) for row in self.pages['ibv_poll_cq'].rows('Meaning')
                if row[0].isdigit()}
        for row in sorted(code ^ page):
            self.complain(where, f'{row} is in the page or in the code, not in both')

    def check_links(self):
        files = [*self.root.glob('*.md'), *(self.root / 'docs').rglob('*.md')]
        for path in files:
            where = path.relative_to(self.root)
            for target in re.findall(r'\]\(([^)\s]+)\)', path.read_text()):
                if re.match(r'[a-z]+:', target):
                    continue
                name, _, anchor = target.partition('#')
                file = (path.parent / name) if name else path
                if not file.exists():
                    self.complain(where, f'links to {target}, which is not there')
                elif anchor and anchor not in self.anchors(file):
                    self.complain(where, f'links to {target}: no such heading')

    @staticmethod
    def anchors(path):
        heads = re.findall(r'^#+ (.+)$', path.read_text(), re.M)
        return {re.sub(r'[^\w -]', '', head).lower().replace(' ', '-') for head in heads}

    def check_example(self, page):
        if 'Example' not in page.sections or not self.compiler:
            return
        for language, options in (('C', ['-x', 'c', '-std=c11']),
                                  ('C++', ['-x', 'c++', '-std=c++17', '-Wno-missing-field-initializers'])):
            run = subprocess.run(
                [self.compiler, *options, '-fsyntax-only', '-Wall', '-Wextra', '-Werror', '-I',
                 str(self.root / 'interface'), '-'],
                input=EXAMPLE % page.code('Example'), capture_output=True, text=True, timeout=60)
            if run.returncode:
                self.complain(f'docs/api/{page.name}.md',
                              f'the example does not compile as {language}:\n' + run.stderr)

    def run(self):
        self.check_names()
        for page in self.calls.values():
            self.check_page(page)
            self.check_example(page)
        self.check_statuses()
        self.check_links()
        return self.complaints
