"""Deployments run host by host to a verdict, and roll back."""

import pytest

from deployments import api
from deployments.actions import advance, commands, deployments
from deployments.compute.actions import instances
from deployments.compute.actions.instances import Hello
from deployments.errors import DeploymentAlreadyCompleted, DeploymentLimitExceeded
from deployments.event_types import DeploymentStateChanged
from deployments.models import Deployment, DeploymentGroup, HostState
from deployments.states import LIFECYCLE
from devopsweb.events.models import Event
from monitoring.logs import api as logs
from tests.deployments.helpers import NOON, SERVICE, deploy, failing, group, hurry, later, revision, work

pytestmark = pytest.mark.django_db


def states(deployment: Deployment) -> list[str]:
    return list(deployment.targets.order_by("position").values_list("status", flat=True))


def run_all(fleet, **options) -> None:
    """Let the active deployment go well, or as ``options`` say."""
    if not options:
        for deployment in Deployment.objects.filter(completed_at=None):
            hurry(deployment)
    for instance in fleet if options else ():
        work(instance, **options)


class TestOneAtATime:
    def test_gives_the_next_host_its_turn_when_the_last_one_is_done(self):
        fleet = group(3)
        deployment = deploy()

        seen = [states(deployment)]
        for instance in fleet:
            assert tuple(work(instance)) == LIFECYCLE
            seen.append(states(deployment))

        assert seen == [
            ["InProgress", "Pending", "Pending"],
            ["Succeeded", "InProgress", "Pending"],
            ["Succeeded", "Succeeded", "InProgress"],
            ["Succeeded", "Succeeded", "Succeeded"],
        ]
        assert api.get(deployment.code).status == "Succeeded"

    def test_stops_at_the_first_failure_and_skips_the_others(self):
        fleet = group(3)
        deployment = deploy()

        run_all(fleet, outcome=failing("AfterInstall"))

        info = api.get(deployment.code)
        assert (info.status, info.error_code) == ("Failed", "HEALTH_CONSTRAINTS")
        assert states(deployment) == ["Failed", "Skipped", "Skipped"]
        assert info.overview["Skipped"] == 2

    def test_lets_the_very_last_host_fail(self):
        fleet = group(3)
        deployment = deploy()

        work(fleet[0])
        work(fleet[1])
        work(fleet[2], outcome=failing("ValidateService"))

        assert api.get(deployment.code).status == "Succeeded"
        assert states(deployment) == ["Succeeded", "Succeeded", "Failed"]


class TestFailedHost:
    def test_says_why_and_skips_its_later_events(self):
        [only] = group(1)
        deployment = deploy()

        work(only, outcome=failing("BeforeInstall"))

        target = deployment.targets.get()
        assert target.message == "BeforeInstall failed: it broke"
        assert list(target.events.values_list("status", flat=True)) == [
            "Succeeded",
            "Succeeded",
            "Failed",
            *["Skipped"] * 4,
        ]

    def test_goes_on_after_application_stop_when_that_is_ignored(self):
        [only] = group(1)
        deployment = deploy(ignore_application_stop_failures=True)

        work(only, outcome=failing("ApplicationStop"))

        assert api.get(deployment.code).status == "Succeeded"


class TestBegin:
    def test_without_matching_hosts_fails_at_once(self):
        group(0)

        deployment = deploy()

        assert (deployment.status, deployment.error_code) == ("Failed", "NO_INSTANCES")

    def test_under_an_impossible_minimum_fails_at_once(self):
        group(1, config="CodeDeployDefault.HalfAtATime")

        deployment = deploy()

        assert (deployment.status, deployment.error_code) == ("Failed", "HEALTH_CONSTRAINTS_INVALID")

    def test_with_a_broken_appspec_names_file_and_line(self):
        group(1)

        deployment = deploy(revision({"appspec.yml": "version: 0.0\nos: plan9\n"}))

        assert deployment.error_code == "INVALID_REVISION"
        assert "appspec.yml line 2" in deployment.error_message

    def test_without_an_appspec_says_so(self):
        group(1)

        deployment = deploy(revision({"index.html": "hello"}))

        assert "no appspec.yml" in deployment.error_message

    def test_warns_of_a_script_that_is_not_there(self):
        group(1)
        text = "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: gone.sh\n"

        deployment = deploy(revision({"appspec.yml": text}))

        assert "gone.sh" in deployment.warnings[0]

    def test_twice_for_one_group_is_refused(self):
        group(1)
        deploy()

        with pytest.raises(DeploymentLimitExceeded):
            deploy()


class TestRollback:
    def test_is_a_new_deployment_of_the_last_good_revision(self, run_jobs):
        fleet = group(2, auto_rollback=True)
        good = deploy(revision(commit="a" * 40))
        run_all(fleet)
        bad = deploy(revision({"appspec.yml": "version: 0.0\nos: linux\n", "new": "x"}, commit="b" * 40))

        work(fleet[0], outcome=failing("AfterInstall"))
        run_jobs()
        run_all(fleet)

        info = api.get(bad.code)
        rollback = api.get(info.rollback_id)
        assert info.status == "Failed"
        assert (rollback.creator, rollback.rollback_of) == ("codeDeployRollback", bad.code)
        assert (rollback.revision, rollback.status) == (api.get(good.code).revision, "Succeeded")

    def test_that_fails_is_not_rolled_back_again(self, run_jobs):
        fleet = group(1, auto_rollback=True)
        deploy()
        run_all(fleet)
        deploy()

        work(fleet[0], outcome=failing("Install"))
        run_jobs()
        work(fleet[0], outcome=failing("Install"))
        run_jobs()

        assert Deployment.objects.count() == 3
        assert Deployment.objects.order_by("-pk").first().status == "Failed"

    def test_needs_an_earlier_success(self):
        fleet = group(1, auto_rollback=True)
        bad = deploy()

        work(fleet[0], outcome=failing("Install"))

        bad.refresh_from_db()
        assert bad.rollback_message == "No roll-back: no earlier deployment to this group succeeded."

    def test_is_left_out_when_the_group_does_not_want_it(self):
        fleet = group(1)
        deploy()
        run_all(fleet)
        bad = deploy()

        work(fleet[0], outcome=failing("Install"))

        assert api.get(bad.code).rollback_id == ""


class TestStop:
    def test_lets_the_running_event_end_and_begins_no_other(self):
        fleet = group(2)
        deployment = deploy()
        fleet[0].refresh_from_db()
        offer = commands.waiting(fleet[0])[0]
        commands.claim(instance=fleet[0], command=offer["command"], word="w", at=NOON)

        answer = api.stop_deployment(deployment_id=deployment.code, principal=SERVICE, at=later(1))
        advance.advance(deployment.pk, at=later(1))
        assert (answer, api.get(deployment.code).status) == ("Pending", "InProgress")
        said = commands.Report(status="Succeeded")
        commands.report(instance=fleet[0], command=offer["command"], fence=1, said=said, at=later(2))

        info = api.get(deployment.code)
        assert (info.status, info.error_code) == ("Stopped", "MANUAL_STOP")
        assert states(deployment) == ["Skipped", "Skipped"]
        assert "after ApplicationStop" in deployment.targets.order_by("position")[0].message

    def test_rolls_back_on_request(self, run_jobs):
        fleet = group(2)
        deploy()
        run_all(fleet)
        deployment = deploy()
        work(fleet[0])

        api.stop_deployment(deployment_id=deployment.code, principal=SERVICE, at=later(1), auto_rollback=True)
        run_jobs()

        assert api.get(deployment.code).rollback_id

    def test_of_a_finished_deployment_is_refused(self):
        fleet = group(1)
        deployment = deploy()
        run_all(fleet)

        with pytest.raises(DeploymentAlreadyCompleted):
            api.stop_deployment(deployment_id=deployment.code, principal=SERVICE, at=later(1))

    def test_before_the_beginning_ends_at_once(self, run_jobs):
        group(1)
        row = DeploymentGroup.objects.get()
        deployment = deployments.create(
            group=row, revision=revision(), creator="user", creator_arn="", at=NOON
        )

        deployments.stop(deployment=deployment, principal=SERVICE, at=NOON)
        run_jobs()

        assert api.get(deployment.code).status == "Stopped"


class TestDeadHost:
    @pytest.fixture
    def running(self):
        fleet = group(2)
        deployment = deploy()
        fleet[0].refresh_from_db()
        offer = commands.waiting(fleet[0])[0]
        commands.claim(instance=fleet[0], command=offer["command"], word="w", at=NOON)
        return deployment, fleet, offer

    def watch(self, deployment, fleet, *, until: int) -> None:
        """Beat only with the second host's heart, and sweep each two seconds."""
        for second in range(2, until, 2):
            instances.beat(instance=fleet[1], at=later(second))
            instances.notice_silent(at=later(second))
            advance.advance_all(at=later(second))

    def test_is_noticed_within_thirty_seconds_and_its_event_fails(self, running):
        deployment, fleet, _ = running

        self.watch(deployment, fleet, until=29)

        fleet[0].refresh_from_db()
        target = deployment.targets.get(instance=fleet[0])
        assert (fleet[0].status, target.status) == ("Offline", "Failed")
        assert "has not been heard from since 12:00:00" in target.message

    def test_leaves_its_reason_in_the_log(self, running):
        deployment, fleet, _ = running

        self.watch(deployment, fleet, until=29)

        target = deployment.targets.get(instance=fleet[0])
        page = logs.read(stream_id=target.log_stream, start=0, limit=10)
        assert page.ended
        assert [line.mark for line in page.lines] == ["error", "phase-end:ApplicationStop:Failed"]

    def test_cannot_report_afterwards(self, running):
        deployment, fleet, offer = running
        self.watch(deployment, fleet, until=29)

        with pytest.raises(commands.CommandRefused):
            commands.report(
                instance=fleet[0],
                command=offer["command"],
                fence=1,
                said=commands.Report(status="Succeeded"),
                at=later(40),
            )

    def test_is_not_blamed_for_a_pause_of_the_server(self, running):
        _, fleet, _ = running
        instances.notice_silent(at=later(2))

        instances.notice_silent(at=later(600))

        fleet[0].refresh_from_db()
        assert fleet[0].status == "Online"

    def test_that_never_comes_back_fails_its_waiting_event_after_a_minute(self):
        fleet = group(1)
        self.silence(fleet[0])
        deployment = deploy(at=later(40))

        advance.advance(deployment.pk, at=later(90))
        assert states(deployment) == ["InProgress"]
        advance.advance(deployment.pk, at=later(101))

        assert states(deployment) == ["Failed"]

    def silence(self, instance) -> None:
        for second in range(2, 40, 2):
            instances.notice_silent(at=later(second))
        instance.refresh_from_db()
        assert instance.status == "Offline"

    def test_online_but_deaf_fails_after_five_minutes(self):
        fleet = group(1)
        deployment = deploy()

        advance.advance(deployment.pk, at=later(300))
        assert states(deployment) == ["InProgress"]
        advance.advance(deployment.pk, at=later(301))

        assert "was not able to receive the lifecycle event" in deployment.targets.get().message
        assert fleet


class TestRestartedAgent:
    def test_that_keeps_silent_about_its_event_fails_it(self):
        [only] = group(1)
        deployment = deploy()
        only.refresh_from_db()
        offer = commands.waiting(only)[0]
        commands.claim(instance=only, command=offer["command"], word="w", at=NOON)

        instances.hello(instance=only, said=Hello(version="1"), at=later(5))
        instances.beat(instance=only, at=later(20))
        advance.advance(deployment.pk, at=later(21))

        assert "restarted while the event was running" in deployment.targets.get().message


class TestClaim:
    def test_sent_twice_gets_the_same_answer(self):
        [only] = group(1)
        deploy()
        only.refresh_from_db()
        offer = commands.waiting(only)[0]["command"]

        first = commands.claim(instance=only, command=offer, word="w", at=NOON)

        assert commands.claim(instance=only, command=offer, word="w", at=NOON) == first

    def test_by_another_process_is_refused(self):
        [only] = group(1)
        deploy()
        only.refresh_from_db()
        offer = commands.waiting(only)[0]["command"]
        commands.claim(instance=only, command=offer, word="w", at=NOON)

        with pytest.raises(commands.CommandRefused):
            commands.claim(instance=only, command=offer, word="other", at=NOON)

    def test_of_another_host_is_refused(self):
        fleet = group(2)
        deploy()
        for instance in fleet:
            instance.refresh_from_db()
        offer = commands.waiting(fleet[0])[0]["command"]

        with pytest.raises(commands.CommandRefused):
            commands.claim(instance=fleet[1], command=offer, word="w", at=NOON)


class TestRevisionOfAHost:
    def test_can_be_downloaded_only_while_the_host_takes_part(self):
        fleet = group(2)
        deployment = deploy()

        digest = deployment.revision_digest

        assert commands.may_download(fleet[0], digest)
        assert not commands.may_download(fleet[1], digest)
        work(fleet[0])
        assert not commands.may_download(fleet[0], digest)

    def test_is_remembered_with_its_health(self):
        fleet = group(2)
        deployment = deploy()

        work(fleet[0])
        work(fleet[1], outcome=failing("Install"))

        kept = HostState.objects.order_by("instance__name")
        assert [(s.deployment_id, s.health) for s in kept] == [
            (deployment.pk, "healthy"),
            (deployment.pk, "unhealthy"),
        ]


class TestTooLong:
    def test_ends_after_eight_hours_and_skips_who_waits(self):
        fleet = group(2)
        deployment = deploy()
        work(fleet[0])

        for instance in fleet:
            instances.beat(instance=instance, at=later(8 * 3600))
        advance.advance(deployment.pk, at=later(8 * 3600 + 1))

        info = api.get(deployment.code)
        assert (info.status, info.error_code) == ("Failed", "TIMEOUT")


class TestEvents:
    def test_record_who_stopped_a_deployment(self):
        group(1)
        deployment = deploy()

        api.stop_deployment(deployment_id=deployment.code, principal=SERVICE, at=later(1))

        row = Event.objects.filter(detail_type="AWS API Call via CloudTrail").order_by("-pk")[0]
        assert row.detail["detail"]["eventName"] == "StopDeployment"
        assert row.principal_arn == SERVICE.arn

    def test_tell_each_state_with_the_keys_of_event_bridge(self):
        fleet = group(1)
        deployment = deploy()
        run_all(fleet)

        kind = DeploymentStateChanged.detail_type
        told = [e.detail["detail"]["state"] for e in Event.objects.filter(detail_type=kind).order_by("id")]
        assert told == ["QUEUED", "START", "SUCCESS"]
        assert (
            Event.objects.filter(detail_type=kind).first().detail["detail"]["deploymentId"] == deployment.code
        )

    def test_come_once_however_often_a_job_runs(self):
        fleet = group(1)
        deployment = deploy()
        run_all(fleet)
        before = Event.objects.count()

        advance.advance(deployment.pk, at=later(5))
        advance.advance(deployment.pk, at=later(6))

        assert Event.objects.count() == before
