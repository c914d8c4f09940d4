"""Callers who ask too often."""

import pytest
from botocore.exceptions import ClientError

from devopsweb.awsapi import throttle
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

    def test_can_be_switched_off(self, settings):
        settings.DEVOPSWEB_API_RATE = 0

        assert not any(throttle.is_too_much("ana", "iam", now=0) for _ in range(100))

    def test_forgets_callers_who_have_rested(self, monkeypatch):
        monkeypatch.setattr(throttle, "_MOST_BUCKETS", 10)

        for number in range(1000):
            throttle.is_too_much(str(number), "iam", now=number * 10)

        assert len(throttle._buckets) <= 10


@pytest.mark.django_db
def test_a_client_reads_aws_throttling_error(owner):
    call = aws(owner)
    for _ in range(3):
        call("sts", "GetCallerIdentity")

    with pytest.raises(ClientError, match="Rate exceeded") as error:
        call("sts", "GetCallerIdentity")

    assert error.value.response["Error"]["Code"] == "Throttling"
