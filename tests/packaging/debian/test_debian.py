# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The Debian package of the simulated EFA: what is in it, what it says, and that it can be installed and
used in a root file system that has only the packages it depends on, and the programs that use it."""
import gzip
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from support import programs
from support.build import ROOT
from support.efasim import efasim_with_folder

# Besides what the package depends on: a shell to install and run with, and programs for an adapter.
USED = ("dash", "bash", "coreutils", "libc-bin", "ibverbs-utils")


@pytest.fixture(scope="module")
def package(build, tmp_path_factory):
    for tool in ("cpack", "dpkg-shlibdeps"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is missing")
    folder = tmp_path_factory.mktemp("package")
    programs.run(["cpack", "--config", build.folder / "CPackConfig.cmake", "-B", folder]).expect(0)
    return next(folder.glob("efasim_*.deb"))


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    programs.run(["dpkg-deb", "-x", package, folder]).expect(0)
    return folder


def test_what_it_says_of_itself(package):
    fields = programs.run(["dpkg-deb", "-f", package]).expect(0).output
    version = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
    for line in ("Package: efasim", f"Version: {version}", "Depends: libc6 .*, libsodium"):
        assert re.search(f"^{line}", fields, re.MULTILINE), fields


@pytest.fixture(scope="module")
def commands_and_options(build):
    """Those that --help names."""
    text = programs.run([build.file("efasim"), "--help"]).expect(0).output
    options = set(re.findall(r"--[a-z][a-z-]+", text))
    commands = set(re.findall(r"^  ([a-z][a-z-]+)", text, re.MULTILINE)) - {"efasim"}
    assert {"--listen", "--json", "--no-preload"} <= options and {"run", "key", "stop"} <= commands
    return commands, options


def test_the_manual_page_has_every_command_and_option(unpacked, commands_and_options):
    page = gzip.decompress((unpacked / "usr/share/man/man1/efasim.1.gz").read_bytes()).decode()
    page = page.replace("\\-", "-")
    commands, options = commands_and_options
    missing = {word for word in options | commands if word not in page}
    assert not missing


def complete(unpacked, *words):
    script = ("source usr/share/bash-completion/completions/efasim; COMP_WORDS=(\"$@\"); "
              "COMP_CWORD=$(($# - 1)); _efasim; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return programs.run(["bash", "-c", script, "bash", *words], cwd=unpacked).expect(0).output.split()


def test_completion(unpacked, commands_and_options):
    commands, _ = commands_and_options
    assert commands <= set(complete(unpacked, "efasim", ""))
    assert complete(unpacked, "efasim", "serv") == ["serve"]
    assert complete(unpacked, "efasim", "serve", "--p") == ["--peer"]
    for command in ("counters", "status"):
        assert complete(unpacked, "efasim", command, "--j") == ["--json"]
    assert "usr/share" in complete(unpacked, "efasim", "run", "--config", "usr/sh")
    assert "ibv_devinfo" in complete(unpacked, "efasim", "run", "--", "ibv_devi")


def test_profiles(build, unpacked):
    profiles = list((unpacked / "usr/share/efasim").glob("*.conf"))
    assert len(profiles) >= 2
    for profile in profiles:
        assert "assumed" in profile.read_text(encoding="utf-8").lower()
        with efasim_with_folder(build.file("efasim")) as efasim:
            efasim.run("true", options=("--config", profile)).expect(0)


def fields_of(names):
    """{package: its paragraph of dpkg's data base}, of those that are installed."""
    found = {}
    text = subprocess.run(["dpkg-query", "--status", *names], capture_output=True, text=True,
                          check=False).stdout
    for paragraph in text.split("\n\n"):
        name = re.search(r"^Package: (\S+)$", paragraph, re.MULTILINE)
        if name:
            found[name[1]] = paragraph.strip()
    return found


def with_what_they_need(names):
    """The same, with all that these packages depend on."""
    found, wanted = {}, set(names)
    while wanted:
        new = fields_of(sorted(wanted))
        found.update(new)
        wanted = set()
        for paragraph in new.values():
            for line in re.findall(r"^(?:Pre-)?Depends: (.*)$", paragraph, re.MULTILINE):
                for word in re.split(r"[,|]", line):
                    wanted.add(re.match(r"\s*([^\s:(]+)", word)[1])
        wanted -= set(found)
    return found


def copy_package(name, root):
    """The files of an installed package, links as links."""
    for line in programs.run(["dpkg-query", "--listfiles", name]).expect(0).output.splitlines():
        source = pathlib.Path(line)
        # /lib is a link to /usr/lib: the folder that it leads to has the file.
        target = root / (source.parent.resolve() / source.name).relative_to("/")
        if source.is_dir() and not source.is_symlink():
            target.mkdir(parents=True, exist_ok=True)
        elif (source.is_file() or source.is_symlink()) and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)


def make_root(root, depends):
    for link in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / link).mkdir(parents=True, exist_ok=True)
        if pathlib.Path(f"/{link}").is_symlink():
            (root / link).symlink_to(f"usr/{link}")
    for folder in ("tmp", "dev", "proc", "etc", "var/lib/dpkg/info", "var/lib/dpkg/updates"):
        (root / folder).mkdir(parents=True)
    packages = with_what_they_need([*USED, *depends])
    for name in packages:
        copy_package(name, root)
    if not (root / "usr/bin/sh").exists():
        (root / "usr/bin/sh").symlink_to("dash")
    status = "\n\n".join(packages.values()) + "\n"
    (root / "var/lib/dpkg/status").write_text(status, encoding="utf-8")
    (root / "var/lib/dpkg/available").touch()


# The client is tried until the server listens; there is no file that knows localhost.
PINGPONG = """ibv_ud_pingpong -g 0 -n 100 & server=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    sleep 0.3
    ibv_ud_pingpong -g 0 -n 100 127.0.0.1 && wait $server && exit
done
kill $server; exit 1"""
# The root's own process numbers, /proc and loopback, and what is mounted goes with the last process.
UNSHARE = ("unshare", "--mount", "--pid", "--net", "--fork")
INSIDE = (*UNSHARE, "sh", "-ec", 'ip link set lo up; '
          'mount --bind /dev "$0/dev"; mount -t proc proc "$0/proc"; exec chroot "$0" "$@"')


@pytest.fixture
def clean_root(package, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can change the root file system")
    probe = programs.run([*UNSHARE, "true"])
    if probe.status != 0:
        pytest.skip(f"no mount and network namespaces here: {probe}")
    depends = programs.run(["dpkg-deb", "-f", package, "Depends"]).expect(0).output
    root = tmp_path / "root"
    make_root(root, re.findall(r"([a-z][^\s,(|]*)(?: \([^)]*\))?", depends))
    yield root
    shutil.rmtree(root)


def test_it_is_installed_and_used_in_a_clean_root(package, clean_root):
    def inside(*command):
        return programs.run([*INSIDE, clean_root, *command],
                            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"})

    assert "not found" in inside("sh", "-c", "efasim --version").errors
    programs.run(["dpkg", f"--root={clean_root}", "--install", package],
                 env={**os.environ, "LC_ALL": "C"}).expect(0)
    version = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
    inside("efasim", "--version").expect(0, output=f"^efasim {re.escape(version)}$")
    inside("efasim", "run", "--", "ibv_devices").expect(0, output=r"^\s+efa_0\s")
    inside("efasim", "run", "--config", "/usr/share/efasim/efa-200g.conf", "--", "ibv_devinfo").expect(
        0, output=r"vendor_part_id:\s+61346$")
    inside("efasim", "run", "--", "sh", "-c", PINGPONG).expect(0, output="100 iters")
    assert not list((clean_root / "tmp").glob("efasim*/*"))
    programs.run(["dpkg", f"--root={clean_root}", "--purge", "efasim"],
                 env={**os.environ, "LC_ALL": "C"}).expect(0)
    assert "not found" in inside("sh", "-c", "efasim --version").errors
