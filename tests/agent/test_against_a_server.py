"""Real agents deploy real revisions through a real server."""

import signal

import pytest

from deployments import api
from deployments.actions import advance
from deployments.compute.models import Instance
from deployments.models import Deployment, LifecycleEvent
from devopsweb.kernel import clock
from monitoring.logs import api as logs
from tests.agent.hosts import eventually
from tests.deployments.helpers import group, revision

SITE = """\
version: 0.0
os: linux
files:
  - source: /
    destination: {place}
hooks:
  ApplicationStop:
    - location: stop.sh
  AfterInstall:
    - location: after.sh
      timeout: {timeout}
"""


def site(host, version: str, *, after: str = "true", timeout: int = 20, **files: str):
    """A revision that installs itself under the host's folder."""
    place = host.folder / "site"
    return revision(
        {
            "appspec.yml": SITE.format(place=place, timeout=timeout),
            "stop.sh": f'#!/bin/sh\necho "stopping {version} in $LIFECYCLE_EVENT"\n',
            "after.sh": f"#!/bin/sh\n{after}\n",
            f"only-in-{version}.txt": version,
            "version.txt": version,
            **files,
        },
        commit=version * 8,
    )


def deploy(given, **options) -> Deployment:
    from tests.deployments.helpers import SERVICE

    now = clock.now()
    code = api.create_deployment(
        application="shop", group="prod", revision=given, principal=SERVICE, at=now, **options
    )
    row = Deployment.objects.get(code=code)
    advance.advance(row.pk, at=now)
    return row


def ended(deployment: Deployment) -> str:
    def status() -> str:
        found = api.get(deployment.code).status
        return found if found in {"Succeeded", "Failed", "Stopped"} else ""

    return eventually(status)


def lines(deployment: Deployment) -> list[str]:
    target = deployment.targets.get()
    return [line.text for line in logs.read(stream_id=target.log_stream, start=0, limit=10_000).lines]


@pytest.fixture
def web(host):
    """The only host of ``shop/prod``, its agent running."""
    [instance] = group(1)
    return host(instance)


class TestDeployment:
    def test_installs_the_files_and_tells_the_whole_story_in_its_log(self, web):
        deployment = deploy(site(web, "v1", after='echo "port $PORT of $DEPLOYMENT_GROUP_NAME"'))

        assert ended(deployment) == "Succeeded"
        assert (web.folder / "site/version.txt").read_text() == "v1"
        told = lines(deployment)
        assert "port 9001 of prod" in told
        assert "ValidateService succeeded" in told
        page = logs.read(stream_id=deployment.targets.get().log_stream, start=0, limit=1)
        assert page.ended

    def test_removes_the_old_files_stops_with_the_old_script_and_leaves_what_others_made(self, web):
        assert ended(deploy(site(web, "v1"))) == "Succeeded"
        (web.folder / "site/made-by-script.txt").write_text("mine")

        second = deploy(site(web, "v2"))

        assert ended(second) == "Succeeded"
        found = {p.name for p in (web.folder / "site").iterdir()}
        assert "only-in-v1.txt" not in found
        assert {"only-in-v2.txt", "made-by-script.txt"} <= found
        assert "stopping v1 in ApplicationStop" in lines(second)

    def test_fails_with_the_exit_code_of_its_script(self, web):
        deployment = deploy(site(web, "v1", after="echo to stderr >&2; exit 7"))

        assert ended(deployment) == "Failed"
        event = LifecycleEvent.objects.get(target__deployment=deployment, name="AfterInstall")
        assert (event.status, event.error_code, event.script_name) == ("Failed", "ScriptFailed", "after.sh")
        assert "exit code 7" in event.message
        assert event.log_tail == "to stderr"

    def test_rolls_back_to_the_files_of_the_good_revision(self, web, run_jobs):
        from deployments.models import DeploymentGroup

        DeploymentGroup.objects.update(auto_rollback=True, auto_rollback_events=["DEPLOYMENT_FAILURE"])
        assert ended(deploy(site(web, "v1"))) == "Succeeded"

        bad = deploy(site(web, "v2", after="exit 1"))

        assert ended(bad) == "Failed"
        rollback = Deployment.objects.get(rollback_of=bad)
        advance.advance(rollback.pk, at=clock.now())
        assert ended(rollback) == "Succeeded"
        assert (web.folder / "site/version.txt").read_text() == "v1"

    def test_copies_nothing_over_a_foreign_file(self, web):
        (web.folder / "site").mkdir()
        (web.folder / "site/version.txt").write_text("foreign")

        deployment = deploy(site(web, "v1"))

        assert ended(deployment) == "Failed"
        assert "already exists at this location" in deployment.targets.get().message
        assert [p.name for p in (web.folder / "site").iterdir()] == ["version.txt"]

    def test_with_overwrite_takes_its_place(self, web):
        (web.folder / "site").mkdir()
        (web.folder / "site/version.txt").write_text("foreign")

        deployment = deploy(site(web, "v1"), file_exists_behavior="OVERWRITE")

        assert ended(deployment) == "Succeeded"
        assert (web.folder / "site/version.txt").read_text() == "v1"


class TestScript:
    def test_that_takes_too_long_is_ended_with_everything_it_started(self, web):
        after = f"setsid sleep 300 & echo $! > {web.folder}/child; sleep 300"

        deployment = deploy(site(web, "v1", after=after, timeout=3))

        assert ended(deployment) == "Failed"
        event = LifecycleEvent.objects.get(target__deployment=deployment, name="AfterInstall")
        assert event.error_code == "ScriptTimedOut"
        child = int((web.folder / "child").read_text())
        assert not alive(child)

    def test_whose_background_process_holds_its_output_fails(self, web):
        deployment = deploy(site(web, "v1", after="sleep 300 &", timeout=3))

        assert ended(deployment) == "Failed"
        assert "failed to close STDOUT" in deployment.targets.get().message

    def test_whose_background_process_lets_go_leaves_it_running(self, web):
        after = f"sleep 300 >/dev/null 2>&1 </dev/null & echo $! > {web.folder}/child"

        deployment = deploy(site(web, "v1", after=after))

        assert ended(deployment) == "Succeeded"
        child = int((web.folder / "child").read_text())
        assert alive(child)
        import os

        os.kill(child, signal.SIGKILL)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


class TestAgentKilledInTheMiddle:
    def test_reports_the_event_as_broken_off_when_it_is_back_and_never_runs_it_twice(self, web):
        after = f"echo run >> {web.folder}/runs; sleep 300"
        deployment = deploy(site(web, "v1", after=after))
        eventually(lambda: (web.folder / "runs").exists())

        web.end(signal.SIGKILL)
        web.start()

        assert ended(deployment) == "Failed"
        assert "broken off" in deployment.targets.get().message
        assert (web.folder / "runs").read_text() == "run\n"
        assert "AfterInstall was broken off: the agent was restarted while it ran." in lines(deployment)


class TestServerRestart:
    def test_in_the_middle_of_a_log_loses_and_doubles_no_line(self, web, server):
        after = "for i in $(seq 1 60); do echo line $i; sleep 0.03; done"
        deployment = deploy(site(web, "v1", after=after))
        eventually(lambda: deployment.targets.get().log_stream and "line 5" in lines(deployment))

        server.stop()
        server.start()

        assert ended(deployment) == "Succeeded"
        assert [t for t in lines(deployment) if t.startswith("line ")] == [f"line {n}" for n in range(1, 61)]


class TestSecondAgent:
    def test_takes_over_and_the_first_one_ends(self, web, host, tmp_path):
        other = web.folder / "other"
        first = web.process
        settings = web.config.read_text().replace(str(web.root), str(other))
        web.config.write_text(settings)

        web.start()

        assert first is not None
        assert first.wait(60) == 3

    def test_with_the_same_files_does_not_start(self, web):
        import subprocess
        import sys

        command = [sys.executable, str(web.program), "run", "--config", str(web.config)]
        second = subprocess.run(command, capture_output=True, timeout=20, check=False)

        assert second.returncode == 3
        assert b"another agent runs" in second.stderr


class TestDeregistered:
    def test_instance_ends_its_agent(self, web):
        from deployments.compute.actions import instances

        instances.deregister(instance=web.fresh(), at=clock.now())

        assert web.process.wait(60) == 3
        assert Instance.objects.get().status == "Deregistered"
