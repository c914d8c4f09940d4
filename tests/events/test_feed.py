"""The feed shows what happened to those who may look it up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from devopsweb.events import api
from devopsweb.events.models import Event
from devopsweb.iam.api import principal_of

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
WEB = "arn:aws:codepipeline:us-east-1:123456789012:web"

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class Baked(api.EventType):
    source = "test.oven"
    detail_type = "Bread Baked"
    loaf: str
    pipeline: str = "web"
    state: str = "SUCCEEDED"

    def resources(self):
        return (WEB, f"arn:aws:test:::{self.loaf}")


def bake(loaf="rye", at=NOON, by=""):
    return api.publish(Baked(loaf=loaf), at=at, principal_arn=by)


@pytest.fixture
def browser(client_of, owner):
    return client_of(owner)


class TestFeed:
    def test_lists_events_newest_first(self, browser):
        bake("rye")
        bake("oat", NOON + timedelta(hours=1))

        page = browser.get("/events/").content.decode()

        assert page.index("test:::oat") < page.index("test:::rye")
        assert "Bread Baked" in page
        assert "SUCCEEDED" in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("resource=arn:aws:test:::rye", ["rye"]),
            ("resource=oat", ["oat"]),
            (f"resource={WEB}", ["oat", "rye"]),
            ("source=test.oven", ["oat", "rye"]),
            ("detail_type=Bread+Baked", ["oat", "rye"]),
            ("start=2026-03-17T12:30", ["oat"]),
            ("end=2026-03-17T12:30", ["rye"]),
            ("who=owner", ["oat"]),
            ("who=nobody", []),
        ],
    )
    def test_filters_by_the_address(self, browser, owner, query, found):
        bake("rye")
        bake("oat", NOON + timedelta(hours=1), by=principal_of(owner).arn)

        rows = browser.get(f"/events/?{query}").context["rows"]

        assert [row["event"].detail["loaf"] for row in rows] == found

    def test_says_what_it_cannot_understand(self, browser):
        page = browser.get("/events/?start=yesterday")

        assert page.status_code == 200
        assert "Enter a valid date/time" in page.content.decode()

    def test_goes_on_on_further_pages(self, browser):
        for number in range(60):
            bake(f"loaf-{number}")

        first = browser.get("/events/")
        second = browser.get(f"/events/?token={first.context['next']}")

        assert len(first.context["rows"]) == 50
        assert [r["event"].detail["loaf"] for r in second.context["rows"]][-1] == "loaf-0"
        assert second.context["next"] == ""

    def test_costs_the_same_for_few_and_many_events(self, browser, django_assert_max_num_queries):
        for number in range(50):
            bake(f"loaf-{number}")

        with django_assert_max_num_queries(14):
            browser.get("/events/")

    def test_counts_what_came_since(self, browser):
        seen = bake("rye")
        bake("oat")

        part = browser.get(f"/events/?part=new&since={seen.pk}").content.decode()

        assert "1 new event" in part
        assert "<html" not in part

    def test_is_empty_at_first_and_says_why(self, browser):
        assert "No events yet" in browser.get("/events/").content.decode()
        assert "No event matches" in browser.get("/events/?who=nobody").content.decode()

    def test_is_closed_to_an_outsider(self, client_of, outsider):
        seen = bake()

        assert client_of(outsider).get("/events/").status_code == 403
        assert client_of(outsider).get(f"/events/{seen.uuid}/").status_code == 403

    def test_is_open_to_a_reader(self, client_of, teammate):
        assert client_of(teammate).get("/events/").status_code == 200


class TestEventPage:
    def test_shows_the_event_as_eventbridge_tells_it(self, browser):
        seen = bake()

        page = browser.get(f"/events/{seen.uuid}/")

        assert '"account": "123456789012"' in page.context["json"]
        envelope = Event.objects.get().envelope
        assert list(envelope) == [
            "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
        ]  # fmt: skip
        assert envelope["time"] == "2026-03-17T12:00:00Z"

    @pytest.mark.parametrize("name", ["no-such", "00000000-0000-4000-8000-000000000000"])
    def test_of_an_unknown_id_is_not_found(self, browser, name):
        assert browser.get(f"/events/{name}/").status_code == 404
