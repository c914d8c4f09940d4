"""Every kind of thing in the panel: its list and its page open quickly, find, and are refused precisely."""

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.panel.kinds import KINDS, join_token, metric

pytestmark = pytest.mark.django_db
EVERY = pytest.mark.parametrize("make", [kind[0] for kind in KINDS], ids=lambda make: make.__name__)
# Policies know no single metric, and no single token: with one a host of any name may join.
PRECISE = [kind[0] for kind in KINDS if kind[0] not in (join_token, metric)]
FOUND = pytest.mark.parametrize(
    ("make", "search", "filtered", "other"), KINDS, ids=[kind[0].__name__ for kind in KINDS]
)
# Session, user, policies, the rows and their counts; filters and dates ask on their own.
QUERIES = 16


def page(row, name="change"):
    meta = row._meta
    address = f"admin:{meta.app_label}_{meta.model_name}_{name}"
    return reverse(address, args=[] if name == "changelist" else [row.pk])


def queries_of(browser, address):
    with CaptureQueriesContext(connection) as found:
        answer = browser.get(address)
    assert answer.status_code == 200
    return len(found)


class TestLists:
    @EVERY
    def test_ask_as_much_for_thirty_as_for_one(self, panel, make):
        address = page(make(1), "changelist")
        panel.get(address)
        one = queries_of(panel, address)
        for number in range(2, 31):
            make(number)

        assert queries_of(panel, address) == one <= QUERIES

    @FOUND
    def test_search_and_filter(self, panel, make, search, filtered, other):
        address = page(make(1), "changelist")

        counts = [
            len(panel.get(address + query).context["cl"].result_list) for query in (search, filtered, other)
        ]

        assert counts == [1, 1, 0]

    @EVERY
    def test_say_when_there_is_nothing(self, panel, make):
        row = make(1)
        address = page(row, "changelist")
        row.delete()

        assert b"kept-empty" in panel.get(address).content

    @EVERY
    def test_are_refused_with_the_missing_action(self, keeper, make):
        row = make(1)

        answer = keeper().get(page(row, "changelist"))

        assert answer.status_code == 403
        assert site.get_model_admin(type(row)).listing[0] in answer.content.decode()


class TestThings:
    @EVERY
    def test_open_with_few_queries_and_lead_on(self, panel, make):
        row = make(1)
        with CaptureQueriesContext(connection) as asked:
            text = panel.get(page(row)).content.decode()

        assert len(asked) <= QUERIES
        assert ("/trail/?resource=" in text) == (make is not metric)
        assert panel.get(page(row, "history")).status_code == 200

    @pytest.mark.parametrize("make", PRECISE, ids=lambda make: make.__name__)
    def test_are_looked_at_only_by_those_who_may_see_this_very_thing(self, keeper, make):
        row, other = make(1), make(2)
        kept = site.get_model_admin(type(row))
        browser = keeper(kept.viewing, on=kept.guard(row))

        assert browser.get(page(row)).status_code == 200
        assert browser.get(page(other)).status_code == 403
        assert browser.get(page(other, "history")).status_code == 403

    @EVERY
    def test_show_readers_no_button_and_refuse_them_every_verb(self, client_of, teammate, make, press):
        row = make(1)
        browser = client_of(teammate)

        answer = browser.get(page(row))

        assert answer.status_code == 200
        assert answer.context["verbs"] == []
        for verb in site.get_model_admin(type(row)).verbs:
            assert press(browser, verb.name, row).status_code == 403

    @EVERY
    def test_are_closed_to_outsiders(self, client_of, outsider, make):
        answer = client_of(outsider).get(page(make(1)), follow=True)

        assert answer.status_code == 403
        assert b"iam:GetAccountSummary" in answer.content


class TestTheFirstPage:
    def test_begins_with_identity_and_names_everything_that_is_kept(self, panel):
        shown = panel.get("/admin/").context["app_list"]

        names = [app["name"] for app in shown]
        assert names[0] == "Identity and access"
        assert names[4:] == sorted(names[4:], key=str.lower)
        assert {"Repositories", "Pipelines", "Builds", "Deployments", "Agents", "Alarms", "Logs"} <= set(
            names
        )
        assert "Deliveries" in [model["name"] for app in shown for model in app["models"]]
