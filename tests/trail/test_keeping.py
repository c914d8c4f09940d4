"""A spool that cannot be written: nothing is hidden, changes wait, reads go on, and it heals by itself."""

import errno
import json

import pytest
import redis
from botocore.exceptions import ClientError

from devopsweb import health
from monitoring.metrics import api as metrics
from monitoring.trail import keeping
from monitoring.trail.adapters import reports, spool
from monitoring.trail.adapters.reports import Report
from monitoring.trail.keeping import Failure, Keeper
from repos.git.models import Repository
from tests.awsapi.local import aws
from tests.trail.conftest import NOON

pytestmark = pytest.mark.django_db
FULL = "No space left on device"


@pytest.fixture
def disk(monkeypatch):
    """A disk that can be full."""

    class Disk:
        full = False

    real = spool.os.write

    def write(descriptor: int, data: bytes) -> int:
        if Disk.full:
            raise OSError(errno.ENOSPC, FULL)
        return real(descriptor, data)

    monkeypatch.setattr(spool.os, "write", write)
    return Disk


@pytest.fixture
def keeper(monkeypatch, disk):
    """A keeper that tries again only when it is asked to."""
    made = Keeper(spool.own, start=lambda mend: None)
    monkeypatch.setattr(keeping, "keeper", made)
    monkeypatch.setattr("monitoring.trail.recording.keeper", made)
    return made


@pytest.fixture
def broken(keeper, disk, call):
    """The disk is full, and a first record found that out."""
    disk.full = True
    call("CreateRepository")
    return keeper


class TestAFullDisk:
    def test_makes_records_wait_in_memory_and_loses_none(self, broken, disk, call, told):
        call("DeleteRepository")
        assert told() == []
        assert not broken.try_again()

        disk.full = False
        assert broken.try_again()

        assert [one["eventName"] for one in told()] == ["CreateRepository", "DeleteRepository"]
        assert broken.report() is None

    def test_is_told_with_its_reason_and_begin(self, broken):
        report = broken.report()

        assert (report.reason, report.held, report.lost) == (FULL, 1, 0)
        assert report.began <= broken.failure.since

    def test_loses_what_is_more_than_memory_shall_hold_and_says_so_in_the_trail(
        self, broken, disk, call, told, monkeypatch
    ):
        monkeypatch.setattr(keeping, "MOST_HELD", 2)
        for _ in range(4):
            call("DeleteRepository")
        assert (broken.report().held, broken.report().lost) == (2, 3)

        disk.full = False
        broken.try_again()

        *_, gap = told()
        assert gap["eventName"] == "RecordsNotWritten"
        assert gap["eventType"] == "AwsServiceEvent"
        assert gap["additionalEventData"]["recordsNotWritten"] == 3
        assert gap["additionalEventData"]["reason"] == FULL

    def test_is_counted_in_a_metric(self, broken, monkeypatch):
        broken.failure.lost = 3

        monkeypatch.setattr(keeping.connections, "close_all", lambda: None)
        keeping._measure(broken.failure)
        keeping._measure(broken.failure)

        (metric,) = metrics.list_metrics(namespace="DevOpsWeb/Trail")
        assert metric.name == "RecordsNotWritten"
        assert broken.failure.told == 3

    def test_that_ended_in_the_middle_of_a_line_costs_no_record(self, keeper, call, told, monkeypatch):
        call("CreateRepository")
        real, room = spool.os.write, iter([10])

        def half(descriptor: int, data: bytes) -> int:
            if size := next(room, 0):
                return real(descriptor, data[:size])
            raise OSError(errno.ENOSPC, FULL)

        with monkeypatch.context() as patch:
            patch.setattr(spool.os, "write", half)
            call("DeleteRepository")

        assert keeper.try_again()

        assert [one["eventName"] for one in told()] == ["CreateRepository", "DeleteRepository"]


class TestAFolder:
    def test_that_is_no_folder_is_found_by_the_health_check(self, keeper, settings, tmp_path):
        settings.DEVOPSWEB_HOME = tmp_path
        (tmp_path / "trail").write_text("")

        assert keeping.trouble().startswith("Not a directory (")

        (tmp_path / "trail").unlink()
        assert keeper.try_again()
        assert keeping.trouble() == ""

    def test_that_was_taken_away_is_found_when_the_file_is_synced(
        self, keeper, call, settings, tmp_path, told
    ):
        settings.DEVOPSWEB_HOME = tmp_path / "home"
        call("CreateRepository")
        (tmp_path / "home" / "trail").rename(tmp_path / "elsewhere")

        keeper.sync()

        assert keeper.report().reason == "The spool file was taken away"
        assert keeper.try_again()
        (gap,) = told()
        assert gap["additionalEventData"]["unsyncedRecordsInDoubt"] is True


class TestAChange:
    def test_by_the_api_is_refused_before_it_acts(self, owner, broken):
        with pytest.raises(ClientError) as refusal:
            aws(owner)("codecommit", "CreateRepository", repositoryName="shop")

        assert refusal.value.response["Error"]["Code"] == "ServiceUnavailableException"
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert "audit trail cannot be written" in str(refusal.value)
        assert not Repository.objects.exists()

    def test_by_the_api_of_a_form_is_refused_in_its_words(self, owner, broken):
        with pytest.raises(ClientError) as refusal:
            aws(owner)("iam", "CreateUser", UserName="eve")

        assert refusal.value.response["Error"]["Code"] == "ServiceUnavailable"
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503

    def test_on_a_page_is_refused_with_the_reason(self, client_of, owner, broken):
        answer = client_of(owner).post("/repositories/+new/", {"name": "shop"})

        assert answer.status_code == 503
        assert "audit trail cannot be written" in answer.content.decode()
        assert not Repository.objects.exists()

    def test_is_made_where_the_operator_says_so(self, owner, broken, settings):
        settings.DEVOPSWEB_TRAIL_REQUIRED = False

        aws(owner)("codecommit", "CreateRepository", repositoryName="shop")

        assert Repository.objects.get().name == "shop"

    def test_that_leaves_no_record_is_made(self, owner, broken):
        aws(owner)(
            "cloudwatch",
            "PutMetricData",
            Namespace="shop",
            MetricData=[{"MetricName": "orders", "Value": 1.0}],
        )

    def test_is_made_again_as_soon_as_the_disk_has_room(self, owner, broken, disk):
        disk.full = False
        broken.try_again()

        aws(owner)("codecommit", "CreateRepository", repositoryName="shop")


class TestWhatOnlyReads:
    def test_goes_on(self, client_of, owner, broken):
        assert aws(owner)("codecommit", "ListRepositories")["repositories"] == []
        assert client_of(owner).get("/repositories/").status_code == 200

    def test_and_signing_in_go_on(self, client, owner, broken):
        answer = client.post("/login/", {"username": "owner", "password": "correct horse battery staple"})

        assert answer.status_code in (200, 302)


class TestThePageOfTheTrail:
    def test_says_since_when_and_how_many(self, client_of, owner, broken):
        page = client_of(owner).get("/trail/").content.decode()

        assert FULL in page
        assert f"{broken.failure.since:%Y-%m-%d %H:%M:%S} UTC" in page
        assert "Changes are refused" in page

    def test_says_nothing_when_all_is_well(self, client_of, owner):
        assert "cannot be written" not in client_of(owner).get("/trail/").content.decode()


class TestOtherProcesses:
    @pytest.fixture
    def shared(self, settings, real_redis):
        settings.REDIS_URL = real_redis
        with redis.from_url(real_redis) as client:
            client.flushdb()
            yield client

    def test_are_heard_of(self, shared, keeper, monkeypatch):
        monkeypatch.setattr(reports, "_here", lambda: "worker:1")
        reports.leave(Report("worker-engine", NOON.timestamp(), FULL, 5, 2))
        monkeypatch.setattr(reports, "_here", lambda: "web:2")

        (heard,) = keeping.failing()

        assert (heard.process, heard.held, heard.lost) == ("worker-engine", 5, 2)
        assert keeping.trouble() == f"{FULL} (worker-engine)"

    def test_that_write_again_are_heard_of_no_more(self, shared, keeper, monkeypatch):
        monkeypatch.setattr(reports, "_here", lambda: "worker:1")
        reports.leave(Report("worker-engine", NOON.timestamp(), FULL, 5, 2))
        reports.withdraw()
        monkeypatch.setattr(reports, "_here", lambda: "web:2")

        assert keeping.failing() == []

    def test_that_died_fade(self, shared, keeper):
        said = {"process": "rq", "since": 0, "reason": FULL, "held": 0, "lost": 0, "at": 1.0}
        shared.hset(reports.KEY, "dead:1", json.dumps(said))

        assert keeping.failing() == []


@pytest.mark.django_db(transaction=True)
class TestHealth:
    async def test_names_the_trail_and_the_reason(self, keeper, monkeypatch):
        keeper.failure = Failure(NOON, FULL, doubt=False)

        states, reasons = await health.check()

        assert states["trail"] == "down"
        assert FULL in reasons["trail"]
