"""What a sandboxed program sees, may write, and leaves behind, with bubblewrap and without."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from devopsweb.sandbox import api, bubblewrap, unshare, view
from devopsweb.sandbox.api import Mount, Spec

Run = Callable[..., subprocess.CompletedProcess[str]]


def _bwrap(argv: Sequence[str], spec: Spec) -> list[str]:
    return bubblewrap.argv("bwrap", argv, spec)


@pytest.fixture(params=[_bwrap, unshare.argv], ids=["bwrap", "unshare"])
def wrap(request):
    return request.param


@pytest.fixture
def run(wrap, tmp_path: Path) -> Run:
    """Runs a shell line in the sandbox, in a writable folder of its own."""
    folder = tmp_path / "workspace"
    folder.mkdir()

    def run(script: str, **changes) -> subprocess.CompletedProcess[str]:
        spec = Spec(
            **{
                "mounts": (Mount(folder, "/build/src", writable=True),),
                "env": {"PATH": api.search_path(), "HOME": "/root"},
                "workdir": "/build/src",
                **changes,
            }
        )
        return subprocess.run(
            [*api._limits(spec), *wrap(["/bin/sh", "-c", script], spec)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=dict(spec.env),
        )

    return run


class TestView:
    def test_hides_the_servers_files(self, run, home):
        (home / "secret_key").write_text("top secret")

        seen = run(f"cat {home}/secret_key; ls {Path(__file__).parent}; cat /etc/shadow; ls -A /tmp")

        assert "top secret" not in seen.stdout
        assert "test_sandbox.py" not in seen.stdout
        assert seen.stdout == ""

    def test_starts_with_an_empty_home_but_for_the_toolchain(self, run):
        toolchain = view.python_home()
        way_there = (
            {toolchain.relative_to("/root").parts[0]}
            if toolchain and toolchain.is_relative_to("/root")
            else set()
        )

        assert set(run("ls -A /root").stdout.split()) == way_there

    def test_hides_the_servers_environment(self, run, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://secret")

        seen = run("env; cat /proc/*/environ | tr '\\0' '\\n'")

        assert "secret" not in seen.stdout

    def test_hides_the_servers_processes(self, run):
        seen = run("ls -d /proc/[0-9]* | wc -l")

        assert int(seen.stdout) < 8

    def test_keeps_the_system_read_only(self, run):
        seen = run("echo x > /usr/planted; echo x > /etc/planted")

        assert not Path("/usr/planted").exists()
        assert not Path("/etc/planted").exists()
        assert "Read-only" in seen.stderr

    def test_shows_a_mount_read_only_unless_writable(self, run, tmp_path):
        given = tmp_path / "given"
        given.mkdir()
        (given / "file").write_text("content")

        seen = run(
            "cat /given/file; echo x > /given/file", mounts=(Mount(given, "/given"),), workdir="/given"
        )

        assert seen.stdout == "content"
        assert seen.returncode != 0
        assert (given / "file").read_text() == "content"

    def test_lets_the_program_write_where_it_may(self, run, tmp_path):
        seen = run("echo done > result; echo x > $HOME/a; echo x > /tmp/b")

        assert seen.returncode == 0, seen.stderr
        assert (tmp_path / "workspace/result").read_text() == "done\n"

    def test_has_a_python(self, run):
        assert run("python3 -c 'print(6 * 7)'").stdout == "42\n"

    def test_has_no_network_unless_asked_for(self, run):
        assert run("cat /proc/net/dev | grep -c :", network=False).stdout == "1\n"

    def test_has_the_host_name_that_was_given(self, run):
        assert run("uname -n", hostname="storefront-1").stdout == "storefront-1\n"

    def test_keeps_the_toolchain_under_a_home_of_its_own(self, run, tmp_path):
        own = tmp_path / "own-home"
        own.mkdir()

        seen = run(
            "echo kept > /root/file; python3 -c 'print(1)'",
            mounts=(Mount(own, "/root", True),),
            workdir="/root",
        )

        assert seen.stdout == "1\n", seen.stderr
        assert (own / "file").read_text() == "kept\n"


class TestLimits:
    def test_bound_the_memory_of_a_process(self, run):
        seen = run("python3 -c 'bytearray(1 << 30)'", memory_bytes=256 << 20)

        assert "MemoryError" in seen.stderr

    def test_bound_open_files(self, run):
        assert run("ulimit -n", open_files=64).stdout == "64\n"


class TestDeath:
    def test_of_the_parent_kills_the_whole_tree(self, wrap, tmp_path):
        """A grandchild in a session of its own that ignores TERM must not survive."""
        spec = Spec(mounts=(Mount(tmp_path, "/w", writable=True),), env={"PATH": api.search_path()})
        script = "trap '' TERM; setsid sh -c 'while :; do date +%s%N > /w/beat; sleep 0.02; done' & wait"
        argv = wrap(["/bin/sh", "-c", script], spec)
        parent = subprocess.Popen(
            [sys.executable, "-c", f"import subprocess; subprocess.run({argv!r}, env={dict(spec.env)!r})"]
        )
        beat = tmp_path / "beat"
        _until(lambda: beat.exists() and beat.read_text())

        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()

        _until(lambda: not _changes(beat))


def _until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        os.sched_yield()


def _changes(file: Path, window: float = 0.3) -> bool:
    before, deadline = file.read_text(), time.monotonic() + window
    while time.monotonic() < deadline:
        if file.read_text() not in {before, ""}:
            return True
        os.sched_yield()
    return False


class TestCapability:
    def test_names_the_strongest_way_of_this_machine(self):
        assert api.capability().kind == "bwrap"

    def test_refuses_where_nothing_isolates(self, monkeypatch):
        monkeypatch.setattr(api, "capability", lambda: api.Capability("plain", "None.", ()))

        with pytest.raises(api.SandboxUnavailable, match="Install bubblewrap"):
            api.command(["/bin/true"], Spec())
