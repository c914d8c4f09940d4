"""The pages of the audit trail: found by who, what, when, resource; constant in cost."""

import gzip
import re
from datetime import timedelta

import pytest
from django.utils.html import escape

from devopsweb.iam import api as iam
from devopsweb.iam.actions import ensure
from devopsweb.iam.models import Policy, PolicyAttachment, User
from devopsweb.kernel import clock
from devopsweb.kernel.principals import Principal
from monitoring.dashboards.models import Dashboard
from monitoring.logs import api as logs
from monitoring.logs.models import LogGroup
from monitoring.trail import access
from monitoring.trail.actions import digests
from monitoring.trail.models import Record, Trail, TrailFile
from pipelines.models import ActionExecution
from tests.awsapi.local import aws
from tests.pipelines.conftest import make, pipeline_role, providers, web  # noqa: F401  fixtures
from tests.trail.conftest import NOON, SHOP

pytestmark = pytest.mark.django_db


def names(answer) -> list[str]:
    found = re.findall(r'/trail/records/[^"]+">([^<]+)</a>', answer.content.decode())
    return [name for name in found if name != "History"]


@pytest.fixture
def history(call, told):
    call("CreateRepository")
    call("DeleteRepository", error_code="AccessDenied", error_message="no", at=NOON + timedelta(hours=1))
    call("GetRepository", read_only=True, at=NOON + timedelta(hours=2))
    call(
        "CreateUser", service="iam", arns=["arn:aws:iam::123456789012:user/eve"], at=NOON + timedelta(hours=3)
    )
    return told()


class TestTheTrail:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["CreateUser", "GetRepository", "DeleteRepository", "CreateRepository"]),
            ("?who=ana&read_only=true", ["GetRepository"]),
            ("?who=bob", []),
            ("?event=CreateUser", ["CreateUser"]),
            ("?event=iam.amazonaws.com", ["CreateUser"]),
            ("?resource=shop&read_only=false", ["DeleteRepository", "CreateRepository"]),
            (f"?resource={SHOP}", ["GetRepository", "DeleteRepository", "CreateRepository"]),
            ("?resource=arn:aws:iam::123456789012:user/eve", ["CreateUser"]),
            ("?refused=1", ["DeleteRepository"]),
            ("?start=2026-03-17T13:30&end=2026-03-17T14:30", ["GetRepository"]),
            ("?start=nonsense&event=CreateUser", ["CreateUser"]),
        ],
    )
    def test_is_filtered_by_its_address(self, client_of, teammate, history, query, found):
        assert names(client_of(teammate).get(f"/trail/{query}")) == found

    def test_is_refused_to_an_outsider_whose_try_is_recorded(self, client_of, outsider, history, told):
        browser = client_of(outsider)
        assert browser.get("/trail/").status_code == 403
        assert browser.get(f"/trail/records/{history[0]['eventID']}/").status_code == 403

        assert [one["errorCode"] for one in told()[-2:]] == ["AccessDenied", "AccessDenied"]

    def test_says_how_many_are_new(self, client_of, teammate, history, call, told):
        browser = client_of(teammate)
        assert "new record" not in browser.get("/trail/?part=new&since=4").content.decode()
        call("Later")
        told()

        assert "1 new record" in browser.get("/trail/?part=new&since=4").content.decode()
        assert browser.get("/trail/?part=new&since=x").status_code == 200

    def test_turns_pages(self, client_of, teammate, call, told, monkeypatch):
        monkeypatch.setattr("monitoring.trail.views.records.PAGE", 2)
        for number in range(5):
            call(f"Call{number}")
        told()
        browser = client_of(teammate)
        first = browser.get("/trail/")
        second = browser.get(f"/trail/?token={first.context['next']}")

        assert names(first) == ["Call4", "Call3"]
        assert names(second) == ["Call2", "Call1"]
        assert browser.get("/trail/?token=forged").status_code == 400

    def test_costs_the_same_however_long_it_is(
        self, client_of, teammate, call, told, django_assert_max_num_queries
    ):
        for number in range(40):
            call(f"Call{number}")
        told()
        browser = client_of(teammate)

        with django_assert_max_num_queries(15):
            browser.get("/trail/?resource=shop")

    def test_is_watched_live_by_those_who_may_read_it(self, teammate, outsider):
        assert access.may_look_up(iam.principal_of(teammate))
        assert not access.may_look_up(iam.principal_of(outsider))


class TestARecord:
    def test_shows_all_that_is_known(self, client_of, teammate, history):
        page = client_of(teammate).get(f"/trail/records/{history[1]['eventID']}/").content.decode()

        for text in ("DeleteRepository", "AccessDenied", "ana", SHOP, "Refused"):
            assert text in page

    def test_folds_what_is_long(self, client_of, teammate, call, told):
        call("PutDashboard", parameters={"dashboardBody": "x" * 5000, "dashboardName": "short"})
        (record,) = told()

        page = client_of(teammate).get(f"/trail/records/{record['eventID']}/").content.decode()

        assert "5000 characters" in page
        assert page.count('class="trl-long"') == 1

    def test_of_a_session_names_its_role(self, client_of, teammate, call, told):
        arn = "arn:aws:sts::123456789012:assumed-role/builder/run-1"
        call(principal=Principal(arn=arn, name="builder/run-1", kind="AssumedRole", unique_id="AROA:run-1"))
        (record,) = told()
        browser = client_of(teammate)

        assert '<div class="dim">builder</div>' in browser.get("/trail/").content.decode()
        page = browser.get(f"/trail/records/{record['eventID']}/").content.decode()
        assert "?resource=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fbuilder" in page

    def test_of_a_push_says_where_each_reference_went(self, client_of, teammate, call, told):
        references = [
            {"ref": "refs/heads/main", "commit": "a" * 40},
            {"ref": "refs/heads/old", "commit": "0" * 40},
            {"ref": "refs/tags/v1", "commit": "b" * 40},
        ]
        call("GitPush", parameters={"references": references}, more={"repositoryName": "shop"})
        (record,) = told()

        page = client_of(teammate).get(f"/trail/records/{record['eventID']}/").content.decode()

        assert "Branch main" in page
        assert f"/repositories/shop/commit/{'a' * 40}/" in page
        for text in ("Branch old", "deleted", "Tag v1", "bbbbbbb"):
            assert text in page

    def test_that_never_was_is_not_found(self, client_of, teammate, history):
        assert client_of(teammate).get("/trail/records/nothing/").status_code == 404

    def test_shows_what_a_caller_wrote_as_text(self, client_of, teammate, call, told):
        script = "<script>alert(1)</script>"
        call("CreateRepository", parameters={"repositoryDescription": script}, user_agent=script)
        (record,) = told()
        browser = client_of(teammate)

        for page in ("/trail/", f"/trail/records/{record['eventID']}/"):
            assert script not in browser.get(page).content.decode()


class TestAnAuditor:
    @pytest.fixture
    def approved(self, web, owner, client_of):  # noqa: F811
        web.end("compile")
        web.end("lint")
        asked = ActionExecution.objects.get(name="approve")
        ActionExecution.objects.update(due_at=clock.now() + timedelta(days=1))
        answer = client_of(owner).post(
            "/pipelines/web/executions/1/actions/approve/",
            {"token": asked.token, "result": "Approved", "comment": "Looks good"},
        )
        assert answer.status_code == 302
        return asked

    def test_learns_who_approved_and_what_they_saw_in_three_clicks(self, client_of, teammate, approved, told):
        told()
        browser = client_of(teammate)
        execution = browser.get("/pipelines/web/executions/1/").content.decode()
        approval = _first(r'href="([^"]+/actions/approve/)"', execution)
        page = browser.get(approval).content.decode()
        history = _first(r'href="(/trail/\?resource=[^"]+)"[^>]*>Who decided, and what they could see', page)
        records = browser.get(history).content.decode()
        record = browser.get(
            _first(r'href="(/trail/records/[^"]+)">PutApprovalResult', records)
        ).content.decode()

        assert "What they could see" in record
        for text in ("owner", "Approved", "Looks good", "#1", "compile: Succeeded"):
            assert text in record
        for revision in approved.execution.revisions:
            assert escape(revision["revisionSummary"]) in record

    def test_needs_nothing_but_the_audit_policy_and_starts_at_home(self, client_of, approved, told):
        told()
        browser = client_of(_auditor("SecurityAudit"))
        assert 'href="/trail/"' in browser.get("/").content.decode()
        records = browser.get("/trail/").content.decode()
        record = browser.get(
            _first(r'href="(/trail/records/[^"]+)">PutApprovalResult', records)
        ).content.decode()

        for text in ("What they could see", "owner", "Approved", "Looks good", "#1", "compile: Succeeded"):
            assert text in record
        execution = browser.get("/pipelines/web/executions/1/").content.decode()
        assert browser.get(_first(r'href="([^"]+/actions/approve/)"', execution)).status_code == 200

    def test_reads_what_is_missing_to_see_more(self, client_of, approved, told):
        told()
        browser = client_of(_auditor("AWSCloudTrail_ReadOnlyAccess"))
        records = browser.get("/trail/").content.decode()
        record = browser.get(
            _first(r'href="(/trail/records/[^"]+)">PutApprovalResult', records)
        ).content.decode()

        assert "you need codepipeline:GetPipelineExecution on arn:aws:codepipeline" in record
        assert "compile" not in record

    def test_is_not_told_that_a_refused_answer_was_one(self, client_of, owner, teammate, web, told):  # noqa: F811
        web.end("compile")
        web.end("lint")
        ActionExecution.objects.update(due_at=clock.now() + timedelta(days=1))
        asked = ActionExecution.objects.get(name="approve")
        address, answer = (
            "/pipelines/web/executions/1/actions/approve/",
            {"token": asked.token, "result": "Approved"},
        )
        assert client_of(teammate).post(address, answer).status_code == 403
        assert client_of(owner).post(address, answer).status_code == 302
        refused = next(one for one in told() if one.get("errorCode") == "AccessDenied")

        page = client_of(teammate).get(f"/trail/records/{refused['eventID']}/").content.decode()

        assert "None: this call was refused" in page
        assert "Approved by owner" in page

    def test_learns_it_for_an_approval_by_the_api_too(self, client_of, owner, teammate, web, told):  # noqa: F811
        web.end("compile")
        web.end("lint")
        ActionExecution.objects.update(due_at=clock.now() + timedelta(days=1))
        asked = ActionExecution.objects.get(name="approve")
        aws(owner)(
            "codepipeline",
            "PutApprovalResult",
            pipelineName="web",
            stageName="Production",
            actionName="approve",
            token=asked.token,
            result={"status": "Approved", "summary": "By the API"},
        )
        record = next(one for one in told() if one["eventName"] == "PutApprovalResult")

        page = client_of(teammate).get(f"/trail/records/{record['eventID']}/").content.decode()

        assert asked.token not in str(record)
        assert "What they could see" in page
        assert "By the API" in page

    def test_finds_stages_and_actions_in_the_history_of_the_pipeline(
        self, client_of, teammate, approved, told
    ):
        told()
        found = client_of(teammate).get("/trail/?resource=arn:aws:codepipeline:us-east-1:123456789012:web")

        assert "PutApprovalResult" in names(found)


class TestHistoryLinks:
    def test_stand_on_the_pages_of_objects(self, client_of, owner, web):  # noqa: F811
        browser = client_of(owner)
        for page in ("/pipelines/web/", "/pipelines/web/executions/1/", "/access/users/owner/"):
            assert "/trail/?resource=arn" in browser.get(page).content.decode(), page

    def test_stand_on_log_groups_and_dashboards_too(self, client_of, owner, told):
        logs.create_stream(group="/shop/web", name="1", at=NOON)
        Dashboard.objects.create(name="shop", body='{"widgets": []}', updated_at=NOON)
        browser = client_of(owner)
        aws(owner)("logs", "PutRetentionPolicy", logGroupName="/shop/web", retentionInDays=7)
        told()

        for page in ("/logs/group/?name=/shop/web", "/dashboards/shop/"):
            assert "/trail/?resource=arn" in browser.get(page).content.decode(), page
        group = LogGroup.objects.get().arn
        assert names(browser.get("/trail/", {"resource": group})) == ["PutRetentionPolicy"]

    def test_are_not_offered_to_those_who_may_not_follow(self, client_of, outsider):
        assert "/trail/" not in client_of(outsider).get("/settings/").content.decode()


def _auditor(policy: str) -> User:
    """Somebody with nothing but this policy of the product's own."""
    ensure.builtin_policies(at=NOON)
    person = User.objects.create_user(f"with-{policy}", password="correct horse battery")
    PolicyAttachment.objects.create(policy=Policy.objects.get(name=policy), user=person)
    return person


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, f"no {pattern} in the page"
    return found[1].replace("&amp;", "&")


class TestATrail:
    NEW = {
        "name": "copies",
        "bucket": "audit-copies",
        "read_write": "WriteOnly",
        "validation": "on",
        "start": "on",
    }

    @pytest.fixture
    def copies(self, client_of, owner):
        assert client_of(owner).post("/trail/trails/-/new/", self.NEW).status_code == 302
        return Trail.objects.get()

    def test_is_made_by_a_form_and_logs(self, client_of, owner, copies):
        assert (copies.bucket, copies.read_write, copies.validation) == ("audit-copies", "WriteOnly", True)
        assert copies.is_logging
        page = client_of(owner).get("/trail/files/").content.decode()
        for text in ("copies", "Logging", "changes only"):
            assert text in page

    def test_says_at_the_field_what_is_wrong(self, client_of, owner, copies):
        browser = client_of(owner)
        for change, message in (
            ({"name": "x"}, "id_name-error"),
            ({"name": "copies"}, "already exists"),
            ({"name": "other", "bucket": "No Bucket"}, "id_bucket-error"),
            ({"name": "other", "log_group_arn": "nonsense"}, "id_log_group_arn-error"),
        ):
            answer = browser.post("/trail/trails/-/new/", {**self.NEW, **change})
            assert answer.status_code == 422
            assert message in answer.content.decode()

    def test_is_changed_stopped_started_and_deleted(self, client_of, owner, copies):
        browser = client_of(owner)
        page = browser.get("/trail/trails/copies/").content.decode()
        assert "audit-copies" in page
        browser.post(
            "/trail/trails/copies/", {"bucket": "elsewhere", "key_prefix": "house", "read_write": "All"}
        )
        browser.post("/trail/trails/copies/logging/", {"stop": "1"})

        copies.refresh_from_db()
        assert (copies.bucket, copies.prefix, copies.read_write, copies.validation, copies.is_logging) == (
            "elsewhere", "house", "All", False, False,
        )  # fmt: skip
        browser.post("/trail/trails/copies/logging/", {"start": "1"})
        copies.refresh_from_db()
        assert copies.is_logging
        browser.post("/trail/trails/copies/delete/")
        assert not Trail.objects.exists()
        assert "No trails" in browser.get("/trail/files/").content.decode()

    def test_is_seen_by_readers_and_changed_by_none_of_them(self, client_of, teammate, outsider, copies):
        browser = client_of(teammate)
        page = browser.get("/trail/trails/copies/").content.decode()
        assert "Changing it needs cloudtrail:UpdateTrail" in page
        assert "Create trail" not in browser.get("/trail/files/").content.decode()
        for path, form in (
            ("-/new/", self.NEW | {"name": "mine"}),
            ("copies/", {"bucket": "mine", "read_write": "All"}),
            ("copies/logging/", {"stop": "1"}),
            ("copies/delete/", {}),
        ):
            assert browser.post(f"/trail/trails/{path}", form).status_code == 403, path
            assert client_of(outsider).post(f"/trail/trails/{path}", form).status_code == 403, path
        assert Trail.objects.get().is_logging

    def test_is_in_the_trail_once(self, client_of, owner, copies, told):
        client_of(owner).post("/trail/trails/copies/logging/", {"stop": "1"})

        assert [one["eventName"] for one in told()] == ["CreateTrail", "StartLogging", "StopLogging"]


class TestDeliveredFiles:
    def test_are_listed_and_can_be_downloaded(self, client_of, owner, teammate, outsider, history):
        digests.make_due(at=NOON + timedelta(hours=2))
        row = TrailFile.objects.order_by("-pk").first()

        page = client_of(teammate).get("/trail/files/").content.decode()
        assert row.key in page
        assert "number 4" in page
        assert Record.objects.order_by("-pk").first().hash in page
        answer = client_of(owner).get(f"/trail/files/{row.pk}/")
        assert gzip.decompress(b"".join(answer.streaming_content)).startswith(b"{")
        for page in ("/trail/files/", f"/trail/files/{row.pk}/"):
            assert client_of(outsider).get(page).status_code == 403
        assert client_of(owner).get("/trail/files/999999/").status_code == 404
