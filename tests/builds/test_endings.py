"""How builds end: stopped, timed out, lost with their worker, never begun, or refused."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from devopsweb.kernel import clock
from devopsweb.sandbox import api as sandbox
from monitoring.logs import api as logs
from monitoring.metrics import api as metrics
from pipelines.builds import api
from pipelines.builds.actions import builds, runs, sweeps
from pipelines.builds.models import Build
from pipelines.builds.states import BuildStatus
from tests.builds.conftest import lines, output, spec

pytestmark = pytest.mark.django_db(transaction=True)

# Beats into the source folder until it is killed; a grandchild in a session of its own that ignores TERM.
BEATS = "trap '' TERM; setsid sh -c 'while :; do date +%s%N > beat; sleep 0.02; done' & echo begun; wait"


def until(condition: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        select.select([], [], [], 0.02)


def beat_of(build: Build, home: Path) -> Path:
    return home / "builds" / str(build.uuid) / "src" / "beat"


def is_beating(beat: Path, window: float = 0.4) -> bool:
    def read() -> str:
        return beat.read_text() if beat.exists() else ""

    before, deadline = read(), time.monotonic() + window
    while time.monotonic() < deadline:
        if read() not in {before, ""}:
            return True
        select.select([], [], [], 0.02)
    return False


@pytest.fixture
def running(start, home) -> Iterator[Callable[..., Build]]:
    """Runs a build in a thread of its own and returns once its command works."""
    threads: list[threading.Thread] = []

    def running(files: dict[str, str], **options) -> Build:
        build = start(files, **options)

        def work() -> None:
            try:
                runs.execute(build.pk)
            finally:
                connection.close()

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        until(beat_of(build, home).exists)
        return build

    yield running
    for thread in threads:
        thread.join(90)
        assert not thread.is_alive()


def ended(build: Build) -> bool:
    build.refresh_from_db()
    return build.is_complete


class TestStop:
    def test_kills_the_whole_tree_at_once(self, running, home, pipeline_service):
        build = running(spec(BEATS))
        beat = beat_of(build, home)
        begun = time.monotonic()

        builds.stop(build, principal=pipeline_service, at=clock.now(), reason="Superseded.")
        until(lambda: ended(build))

        assert time.monotonic() - begun < 15
        assert build.status == BuildStatus.STOPPED
        assert build.failure is None
        assert build.phases.get(name="BUILD").status == "STOPPED"
        assert not build.phases.filter(name="UPLOAD_ARTIFACTS").exists()
        assert build.phases.get(name="FINALIZING").status == "SUCCEEDED"
        assert any("Superseded." in line for line in lines(build))
        assert logs.info(build.log_stream_id).ended
        assert not is_beating(beat)

    def test_of_an_ended_build_changes_nothing(self, run, pipeline_service):
        build = run(spec("true"))

        api.stop_build(build_id=build.external_id, principal=pipeline_service, at=clock.now())

        build.refresh_from_db()
        assert build.status == BuildStatus.SUCCEEDED
        assert build.stop_requested_at is None


class TestTimeout:
    def test_ends_the_build_as_timed_out(self, start):
        build = start(spec("echo begun; sleep 100", post_build=["echo never"]))
        Build.objects.update(settings={**build.settings, "timeout_minutes": 0.01})

        runs.execute(build.pk)

        build.refresh_from_db()
        assert build.status == BuildStatus.TIMED_OUT
        assert build.failure["code"] == "BUILD_TIMED_OUT"
        assert "never" not in output(build)

    def test_in_the_queue_ends_a_build_that_never_began(self, start):
        build = start(spec("true"))

        sweeps.sweep(at=build.due_at + timedelta(seconds=1))

        build.refresh_from_db()
        assert (build.status, build.failure["phase"]) == (BuildStatus.TIMED_OUT, "QUEUED")
        assert build.started_at is None
        assert logs.info(build.log_stream_id).ended


_WORKER = """
import django; django.setup()
import sys
from pipelines.builds.actions import runs
runs.execute(int(sys.argv[1]))
"""


def database_url() -> str:
    base = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{base['NAME']}"
    user, host = base["USER"], base["HOST"]
    options = f"?host={host}" if str(host).startswith("/") else ""
    place = "" if options else f"{host}:{base['PORT'] or 5432}"
    return f"postgresql://{user}:{base['PASSWORD']}@{place}/{base['NAME']}{options}"


@pytest.fixture
def worker(home) -> Iterator[Callable[[Build], subprocess.Popen[bytes]]]:
    """A process of its own that runs one build."""
    started: list[subprocess.Popen[bytes]] = []

    def worker(build: Build) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            "DEVOPSWEB_HOME": str(home),
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "devopsweb.settings",
            "REDIS_URL": f"unix://{home}/nowhere.sock?db=0",
        }
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", _WORKER, str(build.pk)],
                env=env,
                cwd=django_settings.BASE_DIR,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return started[-1]

    yield worker
    for process in started:
        process.kill()
        process.wait()


class TestKilledWorker:
    def test_takes_the_sandbox_along_and_the_build_ends_as_fault(self, start, worker, home):
        build = start(spec(BEATS))
        process = worker(build)
        beat = beat_of(build, home)
        until(beat.exists)

        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda: not is_beating(beat))
        build.refresh_from_db()
        told = lines(build)
        sweeps.sweep(at=build.lease_until - timedelta(seconds=1))
        assert not ended(build)
        sweeps.sweep(at=build.lease_until + timedelta(seconds=1))

        assert ended(build)
        assert build.status == BuildStatus.FAULT
        assert "stopped working" in build.failure["message"]
        assert lines(build)[: len(told)] == told
        assert lines(build)[-1] == build.failure["message"]
        assert logs.info(build.log_stream_id).ended
        assert build.phases.get(name="BUILD").status == "FAULT"

    def test_leaves_a_workspace_that_the_sweep_removes(self, start, home):
        folder = home / "builds" / "00000000-0000-4000-8000-000000000000"
        folder.mkdir(parents=True)

        sweeps.remove_leftovers(at=clock.now() + timedelta(minutes=6))

        assert not folder.exists()

    def test_that_was_only_slow_changes_nothing_any_more(self, running):
        build = running(spec(BEATS))

        sweeps.sweep(at=clock.now() + timedelta(seconds=60))

        until(lambda: not (build.refresh_from_db() or False) and build.is_complete)
        assert build.status == BuildStatus.FAULT
        assert build.lease_until is None


class TestFault:
    def test_of_our_own_ends_the_build_at_once(self, start, monkeypatch):
        build = start(spec("true"))
        monkeypatch.setattr("pipelines.builds.actions.steps.Steps._upload", lambda self: {}["a bug"])

        runs.execute(build.pk)

        build.refresh_from_db()
        assert build.status == BuildStatus.FAULT
        assert build.failure["code"] == "INTERNAL_SERVICE_ERROR"
        assert logs.info(build.log_stream_id).ended

    def test_of_the_records_ends_the_build_at_once(self, start, monkeypatch):
        build = start(spec("true"))
        monkeypatch.setattr(
            "pipelines.builds.actions.phases.Recorder._announce", lambda self, row: {}["a bug"]
        )

        runs.execute(build.pk)

        build.refresh_from_db()
        assert build.status == BuildStatus.FAULT
        assert "The build service failed (KeyError)" in build.failure["message"]
        assert logs.info(build.log_stream_id).ended

    def test_of_a_lost_key_is_told(self, start, home):
        build = start(spec("true"), environment=[{"name": "T", "value": "secret", "secret": True}])
        for key in (home / "keys").iterdir():
            key.unlink()

        runs.execute(build.pk)

        build.refresh_from_db()
        assert build.status == BuildStatus.FAULT
        assert "needs the key" in build.failure["message"]


class TestRefusal:
    def test_of_an_image_names_the_way_out(self, run):
        build = run(spec("true"), image="python:3.12")

        assert build.failure["phase"] == "PROVISIONING"
        assert "python:3.12" in build.failure["message"]
        assert "Clear the image" in build.failure["message"]

    def test_without_isolation_runs_nothing(self, run, monkeypatch):
        plain = sandbox.Capability("plain", "No isolation.", ())
        monkeypatch.setattr(sandbox, "capability", lambda: plain)

        build = run(spec("echo ran"))

        assert build.status != BuildStatus.SUCCEEDED
        assert "ran" not in output(build)

    def test_of_an_unsafe_archive(self, run):
        build = run({"../outside": "x", **spec("true")})

        assert build.failure["phase"] == "DOWNLOAD_SOURCE"
        assert "unsafe path" in build.failure["message"]


class TestQueue:
    def test_offers_no_more_places_than_there_are(self, start, job_queue, settings):
        settings.DEVOPSWEB_BUILD_CONCURRENCY = 1
        first = start(spec("true"))
        Build.objects.filter(pk=first.pk).update(lease_until=clock.now() + timedelta(seconds=30))
        job_queue.sent.clear()

        second = start(spec("true"))
        assert [arguments for name, arguments in job_queue.sent if name == "builds.run"] == []

        Build.objects.filter(pk=first.pk).update(status=BuildStatus.SUCCEEDED, lease_until=None)
        sweeps.sweep(at=clock.now())
        assert ("builds.run", {"build_id": second.pk}) in job_queue.sent

    def test_numbers_builds_without_gaps(self, start):
        assert [start(spec("true")).number for _ in range(3)] == [1, 2, 3]


class TestSecrets:
    environment = [{"name": "TOKEN", "value": "s3cr3t-value", "secret": True}]

    def test_are_not_exported(self, run):
        files = {
            "buildspec.yml": "version: 0.2\n"
            "env: {exported-variables: [TOKEN, COPY]}\n"
            'phases: {build: {commands: ["export COPY=x-$TOKEN"]}}\n'
        }

        build = run(files, environment=self.environment)

        assert build.exported_variables == {"COPY": "x-***"}

    def test_do_not_stand_in_a_stored_failure(self, run):
        build = run(spec("ls s3cr3t-value"), environment=self.environment)

        assert "s3cr3t-value" not in str(build.failure)


class TestShell:
    def test_traces_only_the_builds_own_commands(self, run):
        build = run(spec("set -x", "echo hi", "set +x; echo quiet"))

        own = [line for line in output(build) if "/codebuild/control/step" not in line]
        assert own == ["+ echo hi", "hi", "+ set +x", "quiet"]

    @pytest.mark.parametrize("shell", ["sh", "bash"])
    def test_bears_odd_options_and_redefined_words(self, run, shell):
        files = {
            "buildspec.yml": f"version: 0.2\nenv: {{shell: {shell}}}\nphases:\n  build:\n    commands:\n"
            "      - set -Cu\n"
            "      - printf() { echo mine; }; pwd() { echo mine; }; read() { echo mine; }\n"
            "      - exec 3>&1 4>/dev/null\n"
            "      - export PATH=/nowhere\n"
            "      - echo still here\n"
        }

        build = run(files)

        assert build.status == BuildStatus.SUCCEEDED, lines(build)
        assert output(build)[-1] == "still here"

    def test_is_not_held_by_a_noisy_process_in_the_background(self, run):
        build = run(spec("yes $(head -c 4000 /dev/zero | tr '\\0' x) & echo begun", "true"))

        assert build.status == BuildStatus.SUCCEEDED

    def test_of_version_01_is_new_for_each_command(self, run):
        text = "version: 0.1\nphases: {build: {commands: [cd /tmp, export A=b, 'pwd; echo [$A]']}}\n"

        assert output(run({"buildspec.yml": text})) == ["/codebuild/src", "[]"]

    def test_points_at_the_first_line_that_complains(self, run):
        build = run(spec("echo fine; python3 -c 'raise ValueError(1)'"))

        assert lines(build)[build.failure["line"]] == "Traceback (most recent call last):"
        assert "did not exit successfully" in lines(build)[build.failure["told"]]


class TestFigures:
    def test_are_put_for_the_project_and_in_all(self, run):
        run(spec("true"))
        run(spec("false"))
        now = clock.now()

        def total(name: str, **dimensions: str) -> float:
            points = metrics.series(
                namespace="AWS/CodeBuild",
                name=name,
                dimensions=dimensions,
                statistic="Sum",
                period=60,
                start=now - timedelta(minutes=5),
                end=now + timedelta(minutes=5),
            )
            return sum(point.value for point in points)

        assert total("Builds") == 2
        assert total("SucceededBuilds", ProjectName="web") == 1
        assert total("FailedBuilds", ProjectName="web") == 1
