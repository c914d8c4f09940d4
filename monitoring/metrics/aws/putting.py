"""CloudWatch's operation that puts metric data."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from monitoring.metrics import access
from monitoring.metrics.actions import points
from monitoring.metrics.aws.words import COMBINATION, INVALID, cloudwatch
from monitoring.metrics.engine import limits
from monitoring.metrics.types import Datum, Summary

MOST = 1000
MOST_VALUES = 150
_FORMS = ("Value", "Values", "StatisticValues")


@cloudwatch.operation(
    "PutMetricData",
    partial="Samples are kept by the minute: StorageResolution 1 is refused, and so is EntityMetricData.",
    read_only=False,
)
def put_metric_data(call: Call, params: Params) -> Result:
    """Store samples, all or nothing."""
    access.put(call.principal, params["Namespace"])
    if params.get("EntityMetricData"):
        raise AwsError(INVALID, "EntityMetricData is not available here.")
    given = params.get("MetricData", [])
    if not given:
        raise AwsError("MissingRequiredParameterException", "The parameter MetricData is required.")
    if len(given) > MOST:
        raise AwsError(INVALID, f"The collection MetricData must not have a size greater than {MOST}.")
    data = [
        datum
        for number, one in enumerate(given, 1)
        for datum in _data(params["Namespace"], one, f"MetricData.member.{number}", call.at)
    ]
    for datum in data:
        limits.check_time(datum, call.at)
    points.put(data)
    return {}


def _data(namespace: str, given: dict[str, Any], path: str, now: datetime) -> Iterator[Datum]:
    forms = [form for form in _FORMS if form in given]
    if len(forms) > 1:
        raise AwsError(
            COMBINATION, f"The parameters {path}.{forms[0]} and {path}.{forms[1]} are mutually exclusive and you have specified both."
        )  # fmt: skip
    if not forms:
        raise AwsError(
            "MissingRequiredParameterException",
            f"At least one of the parameters {path}.Value, {path}.Values and {path}.StatisticValues must be specified.",
        )
    if given.get("StorageResolution", 60) != 60:
        raise AwsError(INVALID, f"The parameter {path}.StorageResolution must be 60 here.")
    common: dict[str, Any] = {
        "namespace": namespace,
        "name": given["MetricName"],
        "at": given.get("Timestamp", now),
        "unit": given.get("Unit", "None"),
        "dimensions": {one["Name"]: one["Value"] for one in given.get("Dimensions", [])},
    }
    if "StatisticValues" in given:
        told = given["StatisticValues"]
        known = Summary(told["SampleCount"], told["Sum"], told["Minimum"], told["Maximum"])
        yield Datum(value=0, summary=known, **common)
        return
    for value, count in _samples(given, path):
        yield Datum(value=value, count=count, **common)


def _samples(given: dict[str, Any], path: str) -> Iterator[tuple[float, float]]:
    if "Value" in given:
        yield given["Value"], 1
        return
    values = given["Values"]
    counts = given.get("Counts", [1] * len(values))
    if len(values) != len(counts):
        raise AwsError(INVALID, f"The parameters {path}.Values and {path}.Counts must be of the same size.")
    if not values:
        raise AwsError(INVALID, f"The parameter {path}.Values must not be empty.")
    if len(values) > MOST_VALUES:
        raise AwsError(
            INVALID, f"The collection {path}.Values must not have a size greater than {MOST_VALUES}."
        )
    yield from zip(values, counts, strict=True)
