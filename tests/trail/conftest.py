"""Tools of the trail's tests."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from devopsweb.kernel.principals import Principal
from monitoring.trail import api
from monitoring.trail.adapters import spool
from tests.trail import said

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
ANA = Principal(arn="arn:aws:iam::123456789012:user/ana", name="ana", unique_id="AIDAANA", user_id=1)
SHOP = "arn:aws:codecommit:us-east-1:123456789012:shop"


@pytest.fixture(autouse=True)
def own_spool():
    """Files of one test are not written on by the next, nor is what tests elsewhere left synced in one."""
    spool.own.close()
    yield
    spool.own.close()


@pytest.fixture
def told() -> Callable[[], list[dict]]:
    """Takes what was spooled into the chain; all records, oldest first."""

    return said.told


@pytest.fixture
def call() -> Callable[..., str]:
    """Writes one record."""

    def write(name: str = "CreateRepository", **changes: object) -> str:
        values: dict = {
            "principal": ANA,
            "service": "codecommit",
            "at": NOON,
            "read_only": False,
            "arns": [SHOP],
        }
        return api.record(name=name, **{**values, **changes})

    return write
