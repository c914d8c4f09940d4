"""Pages of pipelines, for those who may and those who may not."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from devopsweb.kernel import clock
from pipelines.actions import executions, transitions
from pipelines.models import ActionExecution, Pipeline
from pipelines.urls_of import action_url
from tests.pipelines.helpers import NOON, action, declare, stage, standard

BY = "arn:aws:iam::123456789012:user/owner"
PAGES = [
    "/pipelines/",
    "/pipelines/web/",
    "/pipelines/web/?follow=1",
    "/pipelines/web/executions/",
    "/pipelines/web/executions/?status=Failed",
    "/pipelines/web/executions/1/",
    "/pipelines/web/definition/",
    "/pipelines/web/executions/1/actions/compile/",
    "/pipelines/web/executions/1/actions/approve/",
]
CHANGES = ["/new/pipeline/", "/new/pipeline/json/", "/pipelines/web/edit/", "/pipelines/web/delete/"]


@pytest.fixture
def waiting(web):
    """An execution that waits for its approval."""
    web.end("compile")
    web.end("lint", summary="42 files")
    # Pages read the real clock: the approval must not have expired by it.
    ActionExecution.objects.filter(name="approve").update(due_at=clock.now() + timedelta(days=7))
    return web


class TestPages:
    @pytest.mark.parametrize("path", PAGES)
    def test_are_shown_to_a_reader(self, waiting, client_of, teammate, path):
        assert client_of(teammate).get(path).status_code == 200

    @pytest.mark.parametrize("path", PAGES + CHANGES)
    def test_are_refused_to_an_outsider(self, waiting, client_of, outsider, path):
        page = client_of(outsider).get(path)

        assert page.status_code == 403
        assert "codepipeline:" in page.text

    @pytest.mark.parametrize("path", CHANGES)
    def test_that_change_are_refused_to_a_reader(self, waiting, client_of, teammate, path):
        assert client_of(teammate).get(path).status_code == 403

    @pytest.mark.parametrize("path", PAGES + CHANGES)
    def test_are_shown_to_the_owner(self, waiting, client_of, owner, path):
        assert client_of(owner).get(path).status_code == 200

    @pytest.mark.parametrize("part", ["summary", "pipe", "history"])
    def test_answer_one_part(self, waiting, client_of, owner, part):
        page = client_of(owner).get(f"/pipelines/web/?part={part}")

        assert page.status_code == 200
        assert "<html" not in page.text

    def test_of_nothing_say_what_will_be_there(self, db, client_of, owner):
        assert "No pipelines yet" in client_of(owner).get("/pipelines/").text

    def test_of_an_unknown_pipeline_are_not_found(self, db, client_of, owner):
        assert client_of(owner).get("/pipelines/nothing/").status_code == 404


class TestBoard:
    def test_shows_what_waits_for_whom(self, waiting, client_of, owner, teammate):
        assert "Waiting for you" in client_of(owner).get("/pipelines/web/").text
        assert "Waiting for approval" in client_of(teammate).get("/pipelines/web/").text

    def test_shows_a_held_execution(self, web, client_of, owner):
        transitions.hold(pipeline=web.pipeline, stage="Production", reason="Stock-take", by=BY, at=NOON)
        web.end("compile")
        web.end("lint")

        text = client_of(owner).get("/pipelines/web/").text

        assert "Held" in text
        assert "Stock-take" in text

    def test_offers_a_retry_where_it_failed(self, web, client_of, owner, teammate):
        web.end("compile", "Failed", error_message="2 of 318 tests failed")
        web.end("lint")

        assert "Retry failed" in client_of(owner).get("/pipelines/web/").text
        assert "Retry failed" not in client_of(teammate).get("/pipelines/web/").text

    def test_costs_the_same_however_many_executions(
        self, waiting, client_of, owner, django_assert_max_num_queries
    ):
        for _ in range(4):
            executions.start(pipeline=waiting.pipeline, trigger_type="StartPipelineExecution", at=NOON)
            waiting.advance()
        client = client_of(owner)
        client.get("/pipelines/web/")

        with django_assert_max_num_queries(24):
            client.get("/pipelines/web/")

    def test_list_costs_the_same_however_many_pipelines(
        self, make, client_of, owner, django_assert_max_num_queries
    ):
        for n in range(6):
            make(declare(stage("Build", action("go")), name=f"p{n}")).advance()
        client = client_of(owner)
        client.get("/pipelines/")

        with django_assert_max_num_queries(18):
            client.get("/pipelines/")


class TestButtons:
    def test_release_starts_an_execution(self, web, client_of, owner):
        client_of(owner).post("/pipelines/web/release/")

        assert web.run(2).trigger_type == "StartPipelineExecution"

    def test_release_says_which_variable_has_no_value(self, make, client_of, owner):
        document = declare(stage("Build", action("go")), pipelineType="V2", variables=[{"name": "COLOUR"}])
        driver = make(document)

        page = client_of(owner).post("/pipelines/web/release/", follow=True)

        assert "&#x27;COLOUR&#x27; has no default value" in page.text
        assert driver.pipeline.executions.count() == 1

    def test_stop_and_its_reason(self, web, client_of, owner):
        client_of(owner).post("/pipelines/web/executions/1/stop/", {"mode": "wait", "reason": "wrong branch"})

        assert (web.run(1).status, web.run(1).stop_reason) == ("Stopping", "wrong branch")

    def test_retry(self, web, client_of, owner):
        web.end("compile", "Failed")
        web.end("lint")

        client_of(owner).post("/pipelines/web/executions/1/retry/", {"stage": "Build"})
        web.advance()

        assert web.action("compile").attempt == 2

    def test_transition_off_and_on(self, web, client_of, owner):
        client = client_of(owner)

        client.post("/pipelines/web/transitions/", {"stage": "Production", "reason": "Stock-take"})
        assert web.pipeline.transitions.get().enabled is False
        client.post("/pipelines/web/transitions/", {"stage": "Production", "enabled": "true"})

        assert web.pipeline.transitions.get().enabled is True

    def test_transition_with_a_wrong_reason_changes_nothing(self, web, client_of, owner):
        page = client_of(owner).post(
            "/pipelines/web/transitions/", {"stage": "Production", "reason": "a < b"}, follow=True
        )

        assert "is unchanged" in page.text
        assert not web.pipeline.transitions.exists()

    @pytest.mark.parametrize(
        "path",
        [
            "/pipelines/web/release/",
            "/pipelines/web/executions/1/stop/",
            "/pipelines/web/executions/1/retry/",
            "/pipelines/web/transitions/",
        ],
    )
    def test_are_refused_to_a_reader(self, web, client_of, teammate, path):
        assert client_of(teammate).post(path, {"stage": "Build"}).status_code == 403
        assert web.run(1).status == "InProgress"

    def test_do_not_lead_elsewhere(self, web, client_of, owner):
        answer = client_of(owner).post("/pipelines/web/release/", {"next": "https://example.com/"})

        assert answer["Location"] == "/pipelines/web/"


class TestApprovalPage:
    def answer(self, client, driver, **data):
        asked = driver.action("approve")
        return client.post(action_url(asked), {"token": asked.token, **data})

    def test_says_what_ships_and_what_follows(self, waiting, client_of, owner):
        text = client_of(owner).get(action_url(waiting.action("approve"))).text

        assert "Look twice" in text
        assert "deploy runs" in text
        assert "42 files" in text

    def test_tells_who_can_when_you_cannot(self, waiting, client_of, owner, teammate):
        text = client_of(teammate).get(action_url(waiting.action("approve"))).text

        assert "You cannot decide" in text
        assert "web/Production/approve" in text
        assert "owner can let you decide" in text
        assert "/access/simulate/?who=teammate&amp;action=codepipeline%3APutApprovalResult" in text

    def test_approves(self, waiting, client_of, owner):
        answer = self.answer(client_of(owner), waiting, result="Approved", comment="Fine")
        waiting.advance()

        assert answer.status_code == 302
        assert waiting.action("approve").summary == "Fine"
        assert waiting.action("deploy").status == "InProgress"

    def test_wants_a_reason_for_a_rejection(self, waiting, client_of, owner):
        refused = self.answer(client_of(owner), waiting, result="Rejected", comment=" ")

        assert refused.status_code == 400
        assert "Say why" in refused.text
        assert waiting.action("approve").status == "InProgress"

    def test_refuses_a_reader(self, waiting, client_of, teammate):
        assert self.answer(client_of(teammate), waiting, result="Approved").status_code == 403

    def test_of_a_decided_approval_says_who_decided(self, waiting, client_of, owner):
        client = client_of(owner)
        self.answer(client, waiting, result="Rejected", comment="Not today")

        text = client.get(action_url(waiting.action("approve"))).text

        assert "owner rejected it" in text
        assert "Not today" in text

    def test_conflict_is_told(self, waiting, client_of, owner):
        client = client_of(owner)
        self.answer(client, waiting, result="Approved")

        assert self.answer(client, waiting, result="Approved").status_code == 409


class TestDefinitions:
    def test_are_created_from_json(self, db, providers, client_of, owner):
        answer = client_of(owner).post("/new/pipeline/json/", {"document": json.dumps(standard())})

        assert answer["Location"] == "/pipelines/web/"
        assert Pipeline.objects.get().executions.count() == 1

    def test_that_break_rules_name_the_path(self, db, providers, client_of, owner):
        broken = standard()
        broken["stages"][1]["actions"][0]["runOrder"] = 0

        page = client_of(owner).post("/new/pipeline/json/", {"document": json.dumps(broken)})

        assert page.status_code == 400
        assert "pipeline.stages[1].actions[0].runOrder" in page.text

    def test_that_are_no_json_name_the_line(self, db, client_of, owner):
        page = client_of(owner).post("/new/pipeline/json/", {"document": "{\n  oops"})

        assert "Line 2, column 3" in page.text

    def test_with_a_taken_name_are_refused(self, web, client_of, owner):
        page = client_of(owner).post("/new/pipeline/json/", {"document": json.dumps(standard())})

        assert "already exists" in page.text

    def test_are_edited_into_a_new_version(self, web, client_of, owner):
        client_of(owner).post("/pipelines/web/edit/", {"document": json.dumps(standard())})

        assert Pipeline.objects.get().version == 2
        assert client_of(owner).get("/pipelines/web/definition/?version=1").status_code == 200

    def test_come_back_as_get_pipeline_prints_them(self, web, client_of, owner):
        printed = client_of(owner).get("/pipelines/web/definition/?format=json").json()

        assert printed["pipeline"]["version"] == 1
        assert printed["pipeline"]["executionMode"] == "SUPERSEDED"

    def test_are_deleted_when_the_name_is_typed(self, web, client_of, owner):
        client = client_of(owner)

        assert client.post("/pipelines/web/delete/", {"confirm": "wrong"}).status_code == 400
        client.post("/pipelines/web/delete/", {"confirm": "web"})

        assert not Pipeline.objects.exists()

    def test_of_the_common_case_need_a_stage_after_the_source(self, db, client_of, owner):
        page = client_of(owner).post(
            "/new/pipeline/", {"name": "web", "repository": "nothing", "branch": "main"}
        )

        assert page.status_code == 400
        assert "nothing" in page.text


class TestHome:
    def test_shows_what_waits_for_me(self, waiting, client_of, owner, teammate):
        assert "Waiting for you" in client_of(owner).get("/").text
        assert "Waiting for you" not in client_of(teammate).get("/").text

    def test_shows_what_is_broken_and_what_runs(self, web, client_of, teammate):
        assert "Running now" in client_of(teammate).get("/").text
        web.end("compile", "Failed", error_message="2 of 318 tests failed")
        web.end("lint")

        text = client_of(teammate).get("/").text

        assert "failed in Build, compile" in text
        assert "2 of 318 tests failed" in text

    def test_forgets_a_failure_that_a_newer_execution_has_passed(self, web, client_of, teammate):
        web.end("compile", "Failed")
        web.end("lint")
        executions.start(pipeline=web.pipeline, trigger_type="StartPipelineExecution", at=NOON)
        web.advance()
        assert "failed in Build" in client_of(teammate).get("/").text

        web.end("compile", number=2)
        web.end("lint", number=2)

        assert "failed in Build" not in client_of(teammate).get("/").text

    def test_offers_a_retry_to_those_who_may(self, web, client_of, owner, teammate):
        web.end("compile", "Failed")
        web.end("lint")

        assert "Retry failed actions of web #1" in client_of(owner).get("/").text
        assert "Retry failed actions of web #1" not in client_of(teammate).get("/").text

    def test_costs_the_same_however_much_there_is(
        self, make, client_of, owner, django_assert_max_num_queries
    ):
        for n in range(5):
            make(declare(stage("Build", action("go")), name=f"p{n}")).advance()
        client = client_of(owner)
        client.get("/")

        with django_assert_max_num_queries(60):
            client.get("/")

    def test_shows_an_outsider_nothing_of_it(self, waiting, client_of, outsider):
        text = client_of(outsider).get("/").text

        assert "web #1" not in text
        assert "Change 1" not in text


class TestPalette:
    def test_finds_approvals_executions_and_pipelines(self, waiting, owner):
        from devopsweb.iam.api import principal_of
        from pipelines.shell import palette

        me = principal_of(owner)

        assert [row.group for row in palette(me, "")] == ["Waiting for you"]
        assert [row.label for row in palette(me, "#1")] == ["Approve web #1 → Production", "web #1"]
        assert reverse("pipeline", kwargs={"name": "web"}) in [row.href for row in palette(me, "we")]
