"""Callers who ask too often."""

import gzip
import time

import pytest
import redis
from botocore.exceptions import ClientError

from devopsweb.awsapi import calls, leases, throttle
from devopsweb.awsapi.calls import Connection
from devopsweb.awsapi.sigv4 import SignedRequest
from devopsweb.kernel import broker
from tests.awsapi.local import aws


@pytest.fixture(autouse=True)
def slow(settings):
    settings.DEVOPSWEB_API_RATE = 1
    settings.DEVOPSWEB_API_BURST = 3
    throttle.forget()
    yield
    throttle.forget()


class TestTheBucket:
    def test_lets_a_burst_through_and_then_a_steady_rate(self):
        at_once = [throttle.is_too_much("ana", "iam", now=0) for _ in range(4)]

        assert at_once == [False, False, False, True]
        assert not throttle.is_too_much("ana", "iam", now=1)
        assert throttle.is_too_much("ana", "iam", now=1.5)

    def test_is_each_callers_and_each_services_own(self):
        for _ in range(4):
            throttle.is_too_much("ana", "iam", now=0)

        assert not throttle.is_too_much("ben", "iam", now=0)
        assert not throttle.is_too_much("ana", "sts", now=0)

    def test_of_strangers_is_smaller(self, settings):
        settings.DEVOPSWEB_API_BURST = 60

        at_once = [
            throttle.is_too_much("192.0.2.1", "sts", share=throttle.OF_STRANGERS, now=0) for _ in "abcd"
        ]

        assert at_once == [False, False, False, True]

    def test_can_be_switched_off(self, settings):
        settings.DEVOPSWEB_API_RATE = 0

        assert not any(throttle.is_too_much("ana", "iam", now=0) for _ in range(100))

    def test_forgets_callers_who_have_rested(self, monkeypatch):
        monkeypatch.setattr(throttle, "_MOST_BUCKETS", 10)

        for number in range(1000):
            throttle.is_too_much(str(number), "iam", now=number * 10)

        assert len(throttle._buckets) <= 10


class TestTheInstallation:
    """Processes are made of this module's state, one after the other."""

    @pytest.fixture
    def processes(self, settings, real_redis, monkeypatch):
        settings.REDIS_URL = real_redis
        # On a busy machine an answer may take longer than a caller would wait.
        monkeypatch.setattr(broker, "PATIENCE", 60.0)
        leases._script.cache_clear()
        broker.forget()
        with redis.from_url(real_redis) as connection:
            connection.flushdb()

        def become(_: int) -> None:
            monkeypatch.setattr(throttle, "_buckets", states.setdefault(_, {}))

        states: dict[int, dict] = {}
        return become

    def test_has_one_bucket_for_all_its_processes(self, processes):
        refused = []
        for number in range(6):
            processes(number % 2)
            refused.append(throttle.is_too_much("ana", "iam"))

        assert refused[:3] == [False, False, False]
        assert True in refused[3:]

    def test_lets_through_no_more_than_the_burst_and_a_handful_of_the_rate(self, processes, settings):
        settings.DEVOPSWEB_API_RATE, settings.DEVOPSWEB_API_BURST = 50, 100
        began, passed = time.monotonic(), 0
        for number in range(600):
            processes(number % 4)
            passed += not throttle.is_too_much("ana", "iam")
        spent = time.monotonic() - began

        assert 100 <= passed <= 100 + 50 * spent + 1

    def test_asks_redis_once_for_many_calls(self, processes, settings, monkeypatch):
        settings.DEVOPSWEB_API_RATE, settings.DEVOPSWEB_API_BURST = 500, 1000
        asked, take = [], leases.take
        monkeypatch.setattr(leases, "take", lambda name, **more: asked.append(name) or take(name, **more))

        assert not any(throttle.is_too_much("ana", "iam") for _ in range(200))

        assert len(asked) == 4

    def test_counts_by_process_while_redis_is_away_and_together_again_afterwards(
        self, processes, settings, real_redis
    ):
        settings.REDIS_URL = "unix:///nowhere/redis.sock"
        processes(0)
        alone = [throttle.is_too_much("ana", "iam", now=0) for _ in range(4)]
        settings.REDIS_URL = real_redis
        throttle.forget()
        together = throttle.is_too_much("ana", "iam", now=0)

        assert alone == [False, False, False, True]
        assert not together
        with redis.from_url(real_redis) as connection:
            assert len(connection.keys("devopsweb:api-rate:*")) == 1


@pytest.mark.django_db
def test_who_has_not_signed_is_held_to_it(settings):
    settings.DEVOPSWEB_API_BURST = 20
    form = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
    headers = [("host", "web"), ("content-type", "application/x-www-form-urlencoded")]
    request = SignedRequest("POST", "/", "", headers, form)

    answers = [calls.handle(request, Connection("192.0.2.1")).body for _ in range(2)]

    assert [b"Rate exceeded" in answer for answer in answers] == [False, True]


@pytest.mark.django_db
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_who_has_not_signed_sends_no_megabytes(pack):
    form = pack(b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&" + b"%41" * 100_000)
    headers = [("host", "web"), ("content-type", "application/x-www-form-urlencoded")]
    headers += [("content-encoding", "gzip")] if pack is gzip.compress else []
    query = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"

    answer = calls.handle(SignedRequest("POST", "/", query, headers, form), Connection("192.0.2.1"))

    assert answer.status == 413


@pytest.mark.django_db
def test_a_client_reads_aws_throttling_error(owner):
    call = aws(owner)
    for _ in range(3):
        call("sts", "GetCallerIdentity")

    with pytest.raises(ClientError, match="Rate exceeded") as error:
        call("sts", "GetCallerIdentity")

    assert error.value.response["Error"]["Code"] == "Throttling"
