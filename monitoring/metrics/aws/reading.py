"""CloudWatch's operations that read metrics."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from devopsweb.awsapi.errors import AwsError, ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from monitoring.metrics import access, queries
from monitoring.metrics.aws.words import COMBINATION, INVALID, cloudwatch
from monitoring.metrics.engine import ranges, statistics
from monitoring.metrics.engine.identity import metric_key
from monitoring.metrics.queries import Request, Series

MOST_POINTS = 1440
MOST_DATA = 100_800
MOST_QUERIES = 500
PAGE = 500
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")


def _dimensions(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in given}


def _begin(start: datetime, now: datetime) -> datetime:
    """``start`` rounded down: to the minute, of older times to what is stored of them."""
    age = now - start
    step = 60 if age < timedelta(days=15) else 300 if age < timedelta(days=63) else 3600
    return datetime.fromtimestamp(int(start.timestamp()) // step * step, UTC)


def _check_times(params: Params) -> None:
    if params["StartTime"] >= params["EndTime"]:
        raise AwsError(INVALID, "The parameter StartTime must be less than the parameter EndTime.")


@cloudwatch.operation(
    "GetMetricStatistics", partial="Periods are multiples of 60 s; extended statistics are percentiles."
)
def get_metric_statistics(call: Call, params: Params) -> Result:
    """Statistics of one metric, by period."""
    access.ask(call.principal, "GetMetricStatistics")
    _check_times(params)
    plain, extended = params.get("Statistics", []), params.get("ExtendedStatistics", [])
    if plain and extended:
        raise AwsError(
            COMBINATION, "The parameters Statistics and ExtendedStatistics are mutually exclusive."
        )
    if not plain and not extended:
        raise AwsError(
            "MissingRequiredParameterException",
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        )
    for statistic in plain:
        if statistic not in statistics.STATISTICS:
            raise AwsError(
                INVALID, f"The parameter Statistics holds {statistic!r}, which is not a statistic."
            )
    for statistic in extended:
        statistics.reader(statistic)
    period, start = params["Period"], _begin(params["StartTime"], call.at)
    ranges.check_period(period)
    asked = int((params["EndTime"] - start).total_seconds()) // period
    if asked > MOST_POINTS:
        raise AwsError(
            COMBINATION,
            f"You have requested up to {asked} datapoints, which exceeds the limit of {MOST_POINTS}. You may "
            "reduce the datapoints requested by increasing Period, or decreasing the time range.",
        )
    found = queries.series(
        _requests(params, [*plain, *extended]), period=period, start=start, end=params["EndTime"]
    )
    return {"Label": params["MetricName"], "Datapoints": _datapoints(found, extended)}


def _requests(params: Params, wanted: Sequence[str]) -> list[Request]:
    """Each statistic in each unit that the metric has, or in the one that is asked for."""
    dimensions = _dimensions(params.get("Dimensions", []))
    metric = (params["Namespace"], params["MetricName"], dimensions)
    units = [params["Unit"]] if "Unit" in params else queries.units([metric])[metric_key(*metric)]
    return [Request(*metric, statistic, unit) for unit in units for statistic in wanted]


def _datapoints(found: Sequence[Series], extended: Sequence[str]) -> list[dict[str, Any]]:
    points: dict[tuple[datetime, str], dict[str, Any]] = {}
    for series in found:
        statistic = series.request.statistic
        for point in series.points:
            row = points.setdefault((point.at, series.unit), {"Timestamp": point.at, "Unit": series.unit})
            if statistic in extended:
                row.setdefault("ExtendedStatistics", {})[statistic] = point.value
            else:
                row[statistic] = point.value
    return list(points.values())


@dataclass(frozen=True)
class Query:
    """One entry of MetricDataQueries."""

    id: str
    request: Request
    period: int
    label: str
    is_returned: bool


@cloudwatch.operation(
    "GetMetricData",
    partial="Queries name metrics; expressions (metric math, SEARCH, SQL) and dynamic labels are refused.",
)
def get_metric_data(call: Call, params: Params) -> Result:
    """Series of many metrics."""
    access.ask(call.principal, "GetMetricData")
    _check_times(params)
    asked = _queries(params["MetricDataQueries"])
    most = min(params.get("MaxDatapoints", MOST_DATA), MOST_DATA)
    if most < 1:
        raise ParameterProblem("MaxDatapoints must be 1 or more.")
    scope = f"cloudwatch:GetMetricData {params['StartTime']} {params['EndTime']} {len(asked)}"
    token = params.get("NextToken", "")
    skip = int(paging.unseal(token, scope)) if token else 0
    series = _series(asked, _begin(params["StartTime"], call.at), params["EndTime"])
    units = queries.units([(q.request.namespace, q.request.name, q.request.dimensions) for q in asked])
    is_ascending = params.get("ScanBy") == "TimestampAscending"
    results, place = [], 0
    for query in (query for query in asked if query.is_returned):
        points = series[query.id].points if is_ascending else series[query.id].points[::-1]
        begin, end = max(skip - place, 0), max(skip + most - place, 0)
        shown = points[begin:end]
        if shown or (not points and not token):
            result: dict[str, Any] = {
                "Id": query.id,
                "Label": query.label,
                "Timestamps": [point.at for point in shown],
                "Values": [point.value for point in shown],
                "StatusCode": "Complete" if end >= len(points) else "PartialData",
            }
            results.append(result | _messages(query, units))
        place += len(points)
    answer: dict[str, Any] = {"MetricDataResults": results, "Messages": []}
    return answer | ({"NextToken": paging.seal(skip + most, scope)} if place > skip + most else {})


def _series(asked: Sequence[Query], start: datetime, end: datetime) -> dict[str, Series]:
    """The series by query; those of one period are read together."""
    found: dict[str, Series] = {}
    for period in {query.period for query in asked}:
        mine = [query for query in asked if query.period == period]
        read = queries.series([query.request for query in mine], period=period, start=start, end=end)
        found |= {query.id: series for query, series in zip(mine, read, strict=True)}
    return found


def _messages(query: Query, units: Mapping[str, list[str]]) -> dict[str, Any]:
    several = units.get(query.request.key, [])
    if query.request.unit or len(several) < 2:
        return {}
    told = f"Multiple units returned: '[{', '.join(several)}]'"
    return {"Messages": [{"Code": "MultipleUnits", "Value": told}]}


def _queries(given: Sequence[dict[str, Any]]) -> list[Query]:
    if not 1 <= len(given) <= MOST_QUERIES:
        raise ParameterProblem(f"MetricDataQueries must have 1 to {MOST_QUERIES} members.")
    for one in given:
        if not _ID.fullmatch(one["Id"]):
            raise ParameterProblem(
                f"The value {one['Id']} for parameter MetricDataQueries.Id is not matching the expected pattern "
                "^[a-z][a-zA-Z0-9_]*$."
            )
        if "Expression" in one:
            raise ParameterProblem(f"{one['Id']}: expressions are not evaluated here; name a metric.")
        if "MetricStat" not in one:
            raise ParameterProblem(f"{one['Id']}: a query needs a MetricStat.")
        if "${" in one.get("Label", ""):
            raise ParameterProblem(f"{one['Id']}: dynamic labels are not available here.")
        ranges.check_period(one["MetricStat"]["Period"])
    if len({one["Id"] for one in given}) < len(given):
        raise ParameterProblem("Each of the MetricDataQueries needs an Id of its own.")
    return [_query(one, given) for one in given]


def _query(one: dict[str, Any], given: Sequence[dict[str, Any]]) -> Query:
    stat = one["MetricStat"]
    metric = stat["Metric"]
    if "Namespace" not in metric or "MetricName" not in metric:
        raise ParameterProblem(f"{one['Id']}: a metric needs Namespace and MetricName.")
    dimensions = _dimensions(metric.get("Dimensions", []))
    words = [metric["MetricName"]]
    for key in ("Stat", "Period"):
        if len({other["MetricStat"][key] for other in given}) > 1:
            words.append(str(stat[key]))
    return Query(
        one["Id"],
        Request(metric["Namespace"], metric["MetricName"], dimensions, stat["Stat"], stat.get("Unit", "")),
        stat["Period"],
        one.get("Label") or " ".join(words),
        one.get("ReturnData", True),
    )


@cloudwatch.operation("ListMetrics", partial="There are no linked accounts.")
def list_metrics(call: Call, params: Params) -> Result:
    """Metrics with data of the last two weeks, or of the last three hours."""
    access.ask(call.principal, "ListMetrics")
    if params.get("IncludeLinkedAccounts") or params.get("OwningAccount"):
        raise AwsError(INVALID, "There are no linked accounts here.")
    recent = params.get("RecentlyActive")
    if recent not in (None, "PT3H"):
        raise AwsError(INVALID, "The parameter RecentlyActive must be PT3H.")
    namespace, name = params.get("Namespace", ""), params.get("MetricName", "")
    dimensions = [(one["Name"], one.get("Value")) for one in params.get("Dimensions", [])]
    scope = f"cloudwatch:ListMetrics {namespace} {name} {dimensions} {recent}"
    token = params.get("NextToken", "")
    rows, following = queries.listed(
        namespace=namespace,
        name=name,
        dimensions=dimensions,
        since=call.at - (timedelta(hours=3) if recent else timedelta(days=14)),
        after=int(paging.unseal(token, scope)) if token else 0,
        limit=PAGE,
    )
    answer: dict[str, Any] = {
        "Metrics": [
            {
                "Namespace": row.namespace,
                "MetricName": row.name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in row.dimensions.items()],
            }
            for row in rows
        ]
    }
    return answer | ({"NextToken": paging.seal(following, scope)} if following else {})
