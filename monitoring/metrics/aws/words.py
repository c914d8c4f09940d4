"""The service's registration, and its names for our errors on metrics."""

from devopsweb.awsapi.registry import service
from devopsweb.kernel.paging import InvalidToken
from monitoring.metrics.engine.limits import InvalidMetric
from monitoring.metrics.engine.ranges import InvalidPeriod
from monitoring.metrics.engine.statistics import InvalidStatistic

INVALID = "InvalidParameterValueException"
COMBINATION = "InvalidParameterCombinationException"

cloudwatch = service(
    "cloudwatch",
    errors={
        InvalidMetric: INVALID,
        InvalidPeriod: INVALID,
        InvalidStatistic: INVALID,
        InvalidToken: "InvalidNextToken",
    },
    # Where an operation names this error, it says so of units and statistics too.
    violations={
        (member, "enum"): INVALID for member in ("MetricData", "Statistics", "Unit", "RecentlyActive")
    },
)
