"""What tests of IAM's operations share."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.awsapi.local import aws


@pytest.fixture
def iam(owner) -> Callable[..., Any]:
    """IAM's operations as boto3 gives them to somebody who may do everything but is no administrator."""
    call = aws(owner)
    return lambda operation, **params: call("iam", operation, **params)
