"""Names, identifiers, times and pages."""

import re
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from devopsweb.kernel import clock, errors, ids
from devopsweb.kernel.arn import arn
from devopsweb.kernel.paging import InvalidToken, page
from devopsweb.kernel.principals import Principal
from monitoring.notifications.models import Notification

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


class TestArn:
    def test_names_service_region_account_and_resource(self):
        assert arn("codebuild", "project/web") == "arn:aws:codebuild:us-east-1:123456789012:project/web"

    @pytest.mark.parametrize("service", ["iam", "sts"])
    def test_of_a_global_service_has_no_region(self, service):
        assert arn(service, "user/a") == f"arn:aws:{service}::123456789012:user/a"

    def test_follows_the_installation(self, settings):
        settings.DEVOPSWEB_ACCOUNT_ID, settings.DEVOPSWEB_REGION = "210987654321", "eu-west-1"

        assert arn("codecommit", "web") == "arn:aws:codecommit:eu-west-1:210987654321:web"


class TestIds:
    def test_are_uuids_that_never_repeat(self):
        found = {ids.new_uuid() for _ in range(200)}

        assert len(found) == 200
        assert all(str(uuid.UUID(text)) == text for text in found)

    def test_that_are_read_aloud_spell_no_words(self):
        found = [ids.readable(9) for _ in range(200)]

        assert len(set(found)) == 200
        assert all(re.fullmatch(r"[0-9B-DF-HJ-NP-TV-Z]{9}", text) for text in found)


class TestClock:
    def test_is_aware_and_in_utc(self):
        assert clock.now().utcoffset() == timedelta(0)

    def test_counts_milliseconds_whatever_the_zone(self):
        elsewhere = NOON.astimezone(timezone(timedelta(hours=5)))

        assert clock.millis(NOON) == clock.millis(elsewhere) == 1773748800000


class TestErrors:
    @pytest.mark.parametrize(
        ("kind", "base"),
        [
            (errors.Invalid, errors.DevOpsWebError), (errors.NotFound, errors.Invalid),
            (errors.Denied, errors.DevOpsWebError), (errors.Conflict, errors.DevOpsWebError),
            (errors.Fault, errors.DevOpsWebError),
        ],
    )  # fmt: skip
    def test_have_a_common_base(self, kind, base):
        assert issubclass(kind, base)


class TestPrincipal:
    def test_can_be_compared_and_kept_in_sets(self):
        assert len({Principal("arn:a", "a"), Principal("arn:a", "a"), Principal("arn:b", "b")}) == 2


@pytest.mark.django_db
class TestPage:
    @pytest.fixture(autouse=True)
    def rows(self):
        for number in range(7):
            Notification.objects.create(
                recipient=str(number), subject="s", text="t", due_at=NOON, created_at=NOON
            )

    def all_pages(self, size):
        token, found = "", []
        while True:
            part = page(Notification.objects.all(), token=token, size=size)
            found.append([row.recipient for row in part.rows])
            token = part.next_token
            if not token:
                return found

    @pytest.mark.parametrize(
        ("size", "pages"),
        [(3, ["654", "321", "0"]), (7, ["6543210"]), (8, ["6543210"]), (1, list("6543210"))],
    )
    def test_holds_each_row_once_newest_first(self, size, pages):
        assert ["".join(rows) for rows in self.all_pages(size)] == pages

    def test_stays_where_it_was_while_rows_are_added(self):
        first = page(Notification.objects.all(), token="", size=3)
        Notification.objects.create(recipient="new", subject="s", text="t", due_at=NOON, created_at=NOON)

        second = page(Notification.objects.all(), token=first.next_token, size=3)

        assert [row.recipient for row in second.rows] == ["3", "2", "1"]

    @pytest.mark.parametrize("token", ["x", "1:2:3", "Mw:1abc:AAAA"])
    def test_refuses_a_token_that_was_altered(self, token):
        with pytest.raises(InvalidToken):
            page(Notification.objects.all(), token=token, size=3)

    def test_costs_one_query(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            page(Notification.objects.all(), token="", size=3)
