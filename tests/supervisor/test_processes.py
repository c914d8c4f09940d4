"""Children die with their supervisor, orphans are found, logs are kept short."""

import os
import select
import signal
import subprocess
import sys
import textwrap

from devopsweb.supervisor import processes

SUPERVISOR = """
    import os, signal, sys
    from pathlib import Path
    from devopsweb.supervisor import processes

    processes.adopt_orphans()
    log = Path(sys.argv[1])
    spawned = processes.spawn(["sleep", "600"], log)
    forked = processes.fork("child", lambda: signal.pause(), log)
    print(spawned, forked, flush=True)
    signal.pause()
"""


def _gone(pid: int) -> bool:
    descriptor = None
    try:
        descriptor = os.pidfd_open(pid)
        # Readable as soon as the process has ended.
        return bool(select.select([descriptor], [], [], 30)[0])
    except ProcessLookupError:
        return True
    finally:
        if descriptor is not None:
            os.close(descriptor)


class TestChildren:
    def test_die_with_a_supervisor_that_is_killed(self, tmp_path):
        script = tmp_path / "supervisor.py"
        script.write_text(textwrap.dedent(SUPERVISOR))
        supervisor = subprocess.Popen(
            [sys.executable, script, tmp_path / "log"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        )
        with supervisor:
            spawned, forked = map(int, supervisor.stdout.readline().split())

            supervisor.send_signal(signal.SIGKILL)

            assert _gone(spawned)
            assert _gone(forked)

    def test_that_raise_end_with_code_one_and_say_why_in_their_log(self, tmp_path):
        # In a process of its own: pytest replaces this one's standard error.
        script = "import os, sys; from pathlib import Path; from devopsweb.supervisor import processes\n"
        script += "pid = processes.fork('child', lambda: 1 / 0, Path(sys.argv[1]))\n"
        script += "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
        log = tmp_path / "child.log"

        ended = subprocess.run(
            [sys.executable, "-c", script, log], env={**os.environ, "PYTHONPATH": os.getcwd()}
        )

        assert ended.returncode == 1
        assert "ZeroDivisionError" in log.read_text()


class TestOffspring:
    def test_finds_grandchildren(self):
        shell = subprocess.Popen(
            ["sh", "-c", "sleep 600 & echo $!; wait"],
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        with shell:
            sleeper = int(shell.stdout.readline())

            found = processes.offspring()
            processes.signal_group(shell.pid, signal.SIGKILL)

        assert {shell.pid, sleeper} <= set(found)


class TestLogs:
    def test_that_grew_too_long_are_cut_while_they_are_written(self, tmp_path, monkeypatch):
        monkeypatch.setattr(processes, "ROTATE_AT", 10)
        log = tmp_path / "web.log"
        with log.open("a") as writer:
            writer.write("a long first line\n")
            writer.flush()

            processes.trim(log)
            writer.write("next\n")

        assert log.read_text() == "next\n"
        assert (tmp_path / "web.log.1").read_text() == "a long first line\n"
