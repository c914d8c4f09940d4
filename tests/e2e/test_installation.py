"""Start, stop and survival of an installation, through the real supervisor."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect

from bench.house import ROOT, House, eventually
from tests.run import private_postgres


def gone(pid: int, within: float = 30.0) -> bool:
    """Whether the process ends in time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], within)[0])
    finally:
        os.close(descriptor)


class TestStop:
    def test_by_term_ends_every_process_and_a_second_start_goes_on(self):
        with House() as house:
            first = house.pids()

            assert house.stop() == 0
            assert all(gone(pid, 0.1) for pid in first.values())

            house.start()
            house.wait_until_healthy()

    def test_does_not_wait_for_open_sockets(self, empty_house):
        headers = {"Cookie": empty_house.browser().cookie_header(), "Origin": empty_house.url}
        address = empty_house.url.replace("http", "ws") + "/ws/live/?topics=home:all"
        with connect(address, additional_headers=headers) as page:
            assert "ready" in json.loads(page.recv(30))
            began = time.monotonic()

            assert empty_house.stop() == 0

            assert time.monotonic() - began < 15

    def test_by_kill_of_the_supervisor_leaves_no_process(self, empty_house):
        pids = empty_house.pids()

        os.kill(empty_house.supervisor, signal.SIGKILL)

        assert all(gone(pid) for pid in pids.values())


class TestMakeRun:
    def test_in_a_fresh_copy_installs_the_locked_packages_and_gets_ready(self, tmp_path):
        """The tests' own environment has more packages than an installation: only this finds one that is missing."""
        left = shutil.ignore_patterns(".venv", "var", ".git", "__pycache__", ".*_cache", "test-results")
        copy = Path(shutil.copytree(ROOT, tmp_path / "copy", ignore=left))

        with House(command=["make", "run"], root=copy) as house:
            house.wait_until_healthy()


class TestOtherServers:
    def test_postgresql_and_a_redis_elsewhere_serve_the_whole_sample(self, real_redis):
        with private_postgres() as database:
            elsewhere = {"DATABASE_URL": database, "REDIS_URL": real_redis}

            with House(sample=True, environment=elsewhere) as house:
                house.wait_until_healthy()
                assert "redis" not in house.pids()
                assert "storefront" in house.browser().get("/repositories/")


class TestHealth:
    @pytest.mark.parametrize("name", ["worker-engine", "worker-builds", "beat", "rq", "redis", "web"])
    def test_returns_after_a_process_was_killed(self, shared_house, name):
        before = shared_house.kill(name)

        eventually(lambda: shared_house.pids().get(name) not in {None, before}, what=f"a new {name}")
        shared_house.wait_until_healthy()

    def test_names_the_component_that_is_down(self, shared_house):
        def is_named() -> bool:
            # It is back before anybody has looked; each time that it is killed it stays away for longer.
            with contextlib.suppress(ProcessLookupError):
                shared_house.kill("beat")
            status, body = shared_house.health()
            return status == 503 and "beat" in body["failing"]

        eventually(is_named, every=0.02, what="503 that names beat")

        shared_house.wait_until_healthy()


class TestRefusal:
    def refused(self, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "devopsweb.supervisor"],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 1, done.stdout
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def test_of_a_second_start_names_the_first(self, shared_house):
        said = self.refused(DEVOPSWEB_HOME=str(shared_house.home), PORT="1")

        assert f"already runs in {shared_house.home} (process {shared_house.supervisor})" in said

    def test_of_a_taken_port_names_the_port(self, shared_house, tmp_path):
        said = self.refused(DEVOPSWEB_HOME=str(tmp_path), PORT=str(shared_house.port))

        assert f"Port {shared_house.port} on 127.0.0.1 cannot be opened" in said

    def test_of_a_redis_that_does_not_answer_names_the_setting(self, tmp_path, free_port):
        said = self.refused(
            DEVOPSWEB_HOME=str(tmp_path), PORT=str(free_port), REDIS_URL="redis://127.0.0.1:1/0"
        )

        assert "Redis does not answer" in said
        assert "REDIS_URL" in said


@pytest.fixture(scope="module")
def shared_house():
    with House() as running:
        yield running
