"""Who fails to prove who they are is recorded, and a flood of them is only counted."""

from datetime import timedelta

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from django.test import Client

from monitoring.trail import strangers
from tests.awsapi.local import access_key, aws
from tests.trail.conftest import NOON


class TestAFlood:
    def test_from_one_address_is_recorded_ever_more_seldom(self):
        tally = strangers.Tally()
        told = [
            (number, said)
            for number in range(1, 5001)
            if (said := tally.count("page", "10.0.0.1", at=NOON + timedelta(milliseconds=number))) is not None
        ]

        assert [number for number, _ in told] == [*range(1, 11), 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
        assert told[0][1] == {}
        assert told[-1][1] == {"failedAttempts": 4096, "since": "2026-03-17T12:00:00Z"}

    def test_from_many_addresses_has_so_many_records_a_minute_and_says_what_it_left_out(self):
        tally = strangers.Tally()
        told = [tally.count("page", f"10.0.{number}", at=NOON) for number in range(10_000)]
        later = tally.count("page", "10.9.9.9", at=NOON + timedelta(minutes=1))

        assert len([said for said in told if said is not None]) == strangers.MOST_A_MINUTE
        assert later == {"failuresNotRecorded": 10_000 - strangers.MOST_A_MINUTE}
        assert len(tally._sources) <= strangers.MOST_SOURCES

    def test_is_forgotten_after_an_hour(self):
        tally = strangers.Tally()
        for _ in range(20):
            tally.count("git", "10.0.0.1", "ana", at=NOON)

        assert tally.count("git", "10.0.0.1", "ana", at=NOON + timedelta(hours=2)) == {}

    def test_hides_nobody_else(self):
        tally = strangers.Tally()
        for _ in range(20):
            tally.count("page", "10.0.0.1", "ana", at=NOON)

        assert tally.count("page", "10.0.0.1", "ben", at=NOON) == {}
        assert tally.count("page", "10.0.0.2", "ana", at=NOON) == {}


@pytest.mark.django_db
class TestAWrongSignature:
    @pytest.fixture
    def forger(self, owner) -> Credentials:
        return Credentials(access_key(owner).access_key, "a secret that is not the right one")

    def test_is_recorded_with_the_key_that_it_claims(self, forger, told):
        with pytest.raises(ClientError):
            aws(forger)("codecommit", "DeleteRepository", repositoryName="shop")

        (record,) = told()
        assert record["eventName"] == "DeleteRepository"
        assert record["errorCode"] == "InvalidSignatureException"
        assert record["userIdentity"]["type"] == "Unknown"
        assert record["userIdentity"]["accessKeyId"] == forger.access_key
        assert record["requestParameters"] is None

    def test_never_brings_what_stands_in_the_place_of_a_key(self, owner, told):
        with pytest.raises(ClientError):
            aws(Credentials("my-secret-by-mistake", "x"))("sts", "GetCallerIdentity")

        assert "mistake" not in str(told())

    def test_is_counted_when_it_comes_again_and_again(self, forger, told):
        for _ in range(20):
            with pytest.raises(ClientError):
                aws(forger)("sts", "GetCallerIdentity")

        found = told()
        assert len(found) == 11
        assert found[-1]["additionalEventData"]["failedAttempts"] == 16


@pytest.mark.django_db
class TestAWrongPassword:
    def test_is_told_by_the_page_with_the_number_of_attempts(self, owner, told):
        for _ in range(3):
            Client().post("/login/", {"username": "owner", "password": "wrong"})

        assert [one["eventName"] for one in told()] == ["ConsoleLogin"] * 3
        assert told()[-1]["additionalEventData"]["failedAttempts"] == 3
