"""What operators do in the panel goes through the apps' own verbs: asked, told, and refused for their reasons."""

import pytest

from repos.git.models import Repository
from tests.panel import kinds

pytestmark = pytest.mark.django_db


class TestAVerb:
    def test_asks_first_and_does_nothing(self, panel, press, told):
        row = kinds.repository(1)

        answer = press(panel, "delete", row, sure=False)

        assert b"go for good" in answer.content
        assert Repository.objects.exists()
        assert told() == []

    def test_is_done_told_and_kept_in_the_history(self, panel, press, told):
        row = kinds.repository(1)

        answer = press(panel, "delete", row)

        assert answer.url == "/admin/git/repository/"
        assert not Repository.objects.exists()
        (record,) = told()
        assert record["eventName"] == "DeleteRepository"
        assert record["userIdentity"]["userName"] == "root"
        assert record["resources"][0]["ARN"] == row.arn
        assert "errorCode" not in record
        assert b"Deleted: thing-1." in panel.get(answer.url).content

    def test_is_told_for_each_of_several(self, panel, press, told):
        rows = [kinds.repository(1), kinds.repository(2)]

        press(panel, "delete", *rows)

        assert not Repository.objects.exists()
        assert [record["resources"][0]["ARN"] for record in told()] == [row.arn for row in rows]

    def test_is_refused_as_a_whole_when_one_thing_is_not_allowed(self, keeper, also, press, told):
        mine, other = kinds.repository(1), kinds.repository(2)
        browser = keeper("codecommit:List*", "codecommit:Get*")
        also("codecommit:DeleteRepository", mine.arn)

        answer = press(browser, "delete", mine, other)

        assert answer.status_code == 403
        assert b"codecommit:DeleteRepository" in answer.content
        assert Repository.objects.count() == 2
        (record,) = told()
        assert (record["eventName"], record["errorCode"]) == ("DeleteRepository", "AccessDenied")

    def test_is_offered_for_the_very_thing(self, keeper, also, press):
        mine = kinds.repository(1)
        browser = keeper("codecommit:List*", "codecommit:Get*")
        also("codecommit:DeleteRepository", mine.arn)

        shown = browser.get(f"/admin/git/repository/{mine.pk}/change/").context["verbs"]
        press(browser, "delete", mine)

        assert [verb.name for verb in shown] == ["delete"]
        assert not Repository.objects.exists()

    def test_needs_the_token_of_its_form(self, panel):
        row = kinds.repository(1)
        panel.handler.enforce_csrf_checks = True

        sent = {"action": "delete", "_selected_action": str(row.pk), "confirmed": "yes"}

        assert panel.post("/admin/git/repository/", sent).status_code == 403
        assert Repository.objects.exists()


class TestRepositories:
    def test_that_may_not_be_seen_are_not_listed(self, keeper, also):
        mine = kinds.repository(1)
        kinds.repository(2)
        browser = keeper("codecommit:ListRepositories")
        also("codecommit:GetRepository", mine.arn)

        found = browser.get("/admin/git/repository/").context["cl"].result_list

        assert list(found) == [mine]
