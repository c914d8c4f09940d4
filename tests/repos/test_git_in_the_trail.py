"""Clones, fetches and pushes become the records that CodeCommit makes of them."""

import json
import time
from types import SimpleNamespace

import pytest

from devopsweb.iam.models import Policy, PolicyAttachment
from devopsweb.kernel import clock
from monitoring.trail import keeping
from monitoring.trail.actions import sealing
from monitoring.trail.keeping import Failure
from monitoring.trail.models import Record
from repos.git.smart_http import account


@pytest.fixture(autouse=True)
def patient(monkeypatch) -> None:
    """However busy the machine is, a client's next request comes in time."""
    monkeypatch.setattr(account, "PAUSE_SECONDS", 60.0)


def records(count: int) -> list[dict]:
    """All records, when there are at least ``count`` (the last of a pull comes a moment later)."""
    limit = time.monotonic() + 30
    while True:
        sealing.drain_all()
        rows = Record.objects.filter(event_name__in=["GitPull", "GitPush"]).order_by("pk")
        bodies = list(rows.values_list("body", flat=True))
        if len(bodies) >= count:
            return [json.loads(body) for body in bodies]
        assert time.monotonic() < limit, f"still {len(bodies)} records"


class TestAPull:
    @pytest.mark.parametrize("version", ["0", "2"])
    def test_that_brings_something_is_one_record(self, git, shop, version):
        git.run("-c", f"protocol.version={version}", "clone", "-q", git.url("shop"), "work")

        (record,) = records(1)
        assert (record["eventSource"], record["eventName"]) == ("codecommit.amazonaws.com", "GitPull")
        assert record["readOnly"] is True
        assert record["requestParameters"] is None
        assert record["responseElements"] is None
        more = record["additionalEventData"]
        assert more["protocol"] == "HTTP"
        assert more["dataTransferred"] is True
        assert more["repositoryName"] == "shop"
        assert more["shallow"] is False
        assert "ofs-delta" in more["capabilities"]
        assert record["userAgent"].startswith("git/")
        assert record["userIdentity"]["userName"] == "owner"
        assert record["resources"][0]["type"] == "AWS::CodeCommit::Repository"

    def test_that_is_shallow_says_so(self, git, shop):
        git.clone("shop", "work", "--depth=1")

        (record,) = records(1)
        assert record["additionalEventData"]["shallow"] is True

    def test_that_finds_nothing_new_is_one_record_without_data(self, git, shop, monkeypatch):
        git.clone("shop", "work")
        monkeypatch.setattr(account, "PAUSE_SECONDS", 0.1)
        git.run("fetch", "-q", cwd="work")

        cloned, fetched = records(2)
        assert cloned["additionalEventData"]["dataTransferred"] is True
        assert fetched["additionalEventData"]["dataTransferred"] is False
        assert "capabilities" not in fetched["additionalEventData"]


class TestWhileAPackIsMade:
    REQUEST = SimpleNamespace(service="git-upload-pack", repository="shop", source_ip="192.0.2.7")
    WHAT = (REQUEST, SimpleNamespace(arn="arn:ana"), SimpleNamespace(name="shop", pk=1))

    @pytest.fixture
    def told(self, monkeypatch) -> list[bool]:
        """Of each record whether data was sent."""
        told: list[bool] = []
        monkeypatch.setattr(
            account, "_record", lambda *_, more, **__: told.append(bool(more["dataTransferred"]))
        )
        return told

    async def test_nobody_says_that_nothing_was_sent(self, told):
        account.advertised(*self.WHAT)
        heard = account.Pull()

        with account.pulling(*self.WHAT, heard):
            assert not account._waiting
            heard.answered(b"PACK")

        assert told == [True]
        assert not account._waiting

    async def test_the_first_of_several_requests_leaves_it_to_the_next(self, told, monkeypatch):
        account.advertised(*self.WHAT)
        with account.pulling(*self.WHAT, account.Pull()):
            pass
        assert told == []
        (key,) = account._waiting

        said = account._take(key)

        assert said
        said()
        assert told == [False]


class TestAWrongPassword:
    def test_is_recorded_with_the_name_if_it_is_somebody_s(self, git, shop):
        git.password = "wrong"
        git.run("ls-remote", git.url("shop"), check=False)
        git.user = "hunter2-typed-here"
        git.run("ls-remote", git.url("shop"), check=False)

        known, unknown = records(2)
        for record in (known, unknown):
            assert (record["eventName"], record["errorCode"]) == ("GitPull", "AuthFailure")
            assert record["additionalEventData"]["repositoryName"] == "shop"
        assert known["userIdentity"]["userName"] == "owner"
        assert unknown["userIdentity"]["userName"] == "HIDDEN_DUE_TO_SECURITY_REASONS"

    def test_is_none_when_git_only_asks_whether_one_is_needed(self, git, shop):
        git.clone("shop", "work")

        (record,) = records(1)
        assert "errorCode" not in record


def forbid_main(user) -> None:
    statement = {
        "Effect": "Deny",
        "Action": "codecommit:GitPush",
        "Resource": "*",
        "Condition": {"StringEqualsIfExists": {"codecommit:References": ["refs/heads/main"]}, "Null": {"codecommit:References": "false"}},
    }  # fmt: skip
    policy = Policy.objects.create(
        name="no-main", document={"Version": "2012-10-17", "Statement": [statement]}
    )
    PolicyAttachment.objects.create(policy=policy, user=user)


class TestAPush:
    def test_is_two_records(self, git, shop):
        git.clone("shop", "work")
        sha = git.commit("work", "new.txt", "new")
        git.run("push", "-q", "origin", "main", cwd="work")

        pull, first, second = records(3)
        assert [one["eventName"] for one in (pull, first, second)] == ["GitPull", "GitPush", "GitPush"]
        assert (first["readOnly"], second["readOnly"]) == (True, False)
        assert first["requestParameters"] is None
        assert first["additionalEventData"]["dataTransferred"] is False
        assert second["requestParameters"] == {"references": [{"commit": sha, "ref": "refs/heads/main"}]}
        assert second["additionalEventData"]["dataTransferred"] is True
        assert "report-status-v2" in second["additionalEventData"]["capabilities"]
        assert "errorCode" not in second
        (update,) = second["additionalEventData"]["referenceUpdates"]
        assert (update["ref"], update["after"], update["outcome"]) == ("refs/heads/main", sha, "moved")

    def test_of_which_a_part_is_refused_tells_what_moved(self, git, shop, owner):
        git.clone("shop", "work")
        old = git.run("rev-parse", "HEAD", cwd="work").stdout.strip()
        sha = git.commit("work", "new.txt", "new")
        forbid_main(owner)
        git.run("push", "-q", "origin", "main", "main:topic", cwd="work", check=False)

        *_, last = records(3)
        assert last["errorCode"] == "AccessDenied"
        updates = {one["ref"]: one for one in last["additionalEventData"]["referenceUpdates"]}
        assert updates["refs/heads/topic"] == {
            "ref": "refs/heads/topic", "before": "0" * 40, "after": sha, "outcome": "moved",
        }  # fmt: skip
        main = updates["refs/heads/main"]
        assert (main["before"], main["after"], main["outcome"]) == (old, sha, "refused")
        assert "may not do codecommit:GitPush" in main["reason"]

    def test_that_is_all_or_nothing_tells_what_stayed_because_of_another(self, git, shop, owner):
        git.clone("shop", "work")
        git.commit("work", "new.txt", "new")
        forbid_main(owner)
        git.run("push", "-q", "--atomic", "origin", "main", "main:topic", cwd="work", check=False)

        *_, last = records(3)
        updates = {one["ref"]: one for one in last["additionalEventData"]["referenceUpdates"]}
        assert {one["outcome"] for one in updates.values()} == {"refused"}
        assert updates["refs/heads/topic"]["reason"] == "not moved, because another reference was refused"

    def test_of_very_many_references_tells_of_as_many_as_a_record_holds(self, git, shop):
        git.clone("shop", "work")
        git.run("push", "-q", "origin", *(f"main:topic/{n}" for n in range(300)), cwd="work")

        *_, last = records(3)
        more = last["additionalEventData"]
        assert len(more["referenceUpdates"]) + more["referenceUpdatesOmitted"] == 300
        assert more["repositoryName"] == "shop"

    def test_that_could_not_be_recorded_is_refused(self, git, shop, monkeypatch):
        git.clone("shop", "work")
        git.commit("work", "new.txt", "new")
        monkeypatch.setattr(
            keeping.keeper, "failure", Failure(clock.now(), "No space left on device", doubt=False)
        )

        said = git.run("push", "-q", "origin", "main", "main:topic", cwd="work", check=False)

        assert "audit trail cannot be written" in said.stderr
        assert "topic" not in git.run("ls-remote", git.url("shop")).stdout

    def test_to_a_forbidden_branch_is_a_refusal(self, git, shop, owner):
        forbid_main(owner)
        git.clone("shop", "work")
        git.commit("work", "new.txt", "new")
        git.run("push", "-q", "origin", "main", cwd="work", check=False)

        *_, last = records(3)
        assert last["errorCode"] == "AccessDenied"
        assert "refs/heads/main" in last["errorMessage"]
        assert last["additionalEventData"]["dataTransferred"] is False


class TestAnOutsider:
    def test_is_refused_and_recorded(self, git, shop, outsider):
        git.run("clone", "-q", git.url("shop").replace("owner", "outsider"), "work", check=False)

        (record,) = records(1)
        assert record["eventName"] == "GitPull"
        assert record["errorCode"] == "AccessDenied"
        assert record["userIdentity"]["userName"] == "outsider"
        assert record["resources"][0]["ARN"].endswith(":shop")
