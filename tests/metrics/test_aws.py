"""CloudWatch's operations on metrics, alarms and dashboards, through the door."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from devopsweb.kernel import clock
from monitoring.alarms.actions import evaluations
from monitoring.alarms.models import Alarm
from monitoring.metrics.actions import folding
from tests.awsapi.local import aws

pytestmark = pytest.mark.django_db

NAMESPACE = {"Namespace": "Shop"}
METRIC = {**NAMESPACE, "MetricName": "Orders"}
EAST = [{"Name": "Region", "Value": "east"}]
ALARM_ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:many-orders"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def sentence_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Message"]


@pytest.fixture
def cloudwatch(owner):
    """Calls CloudWatch as the owner."""
    call = aws(owner)
    return lambda operation, **params: call("cloudwatch", operation, **params)


@pytest.fixture
def minute() -> datetime:
    """A whole minute, a while ago."""
    return datetime.fromtimestamp(int(clock.now().timestamp()) // 3600 * 3600, UTC) - timedelta(hours=1)


@pytest.fixture
def put(cloudwatch, minute):
    """Puts one datum of the metric, so many seconds after ``minute``."""

    def put(after: int = 0, **datum) -> None:
        told = {"MetricName": "Orders", "Timestamp": minute + timedelta(seconds=after), **datum}
        cloudwatch("PutMetricData", **NAMESPACE, MetricData=[told])

    return put


@pytest.fixture
def statistics(cloudwatch, minute):
    def statistics(*wanted: str, **params) -> list[dict]:
        asked = {"Period": 60, "StartTime": minute, "EndTime": minute + timedelta(minutes=5), **params}
        kind = "ExtendedStatistics" if wanted and wanted[0].startswith("p") else "Statistics"
        found = cloudwatch("GetMetricStatistics", **METRIC, **asked, **{kind: list(wanted)})["Datapoints"]
        return sorted(found, key=lambda point: point["Timestamp"])

    return statistics


class TestPutting:
    def test_adds_samples_of_one_minute_up(self, put, statistics, minute):
        put(Value=1)
        put(30, Value=3)
        (point,) = statistics("Average", "Sum", "SampleCount", "Minimum", "Maximum")
        assert point == {
            "Timestamp": minute, "Unit": "None", "Average": 2, "Sum": 4, "SampleCount": 2, "Minimum": 1, "Maximum": 3,
        }  # fmt: skip

    def test_takes_values_with_counts(self, put, statistics):
        put(Values=[1, 10], Counts=[9, 1])
        (point,) = statistics("Sum", "SampleCount")
        assert (point["Sum"], point["SampleCount"]) == (19, 10)
        assert statistics("p50")[0]["ExtendedStatistics"]["p50"] == pytest.approx(1, rel=0.02)

    def test_takes_statistic_sets_without_percentiles(self, put, statistics):
        known = {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4}
        put(StatisticValues=known)
        (point,) = statistics("Sum", "Average", "Minimum", "Maximum")
        assert (point["Sum"], point["Average"], point["Minimum"], point["Maximum"]) == (10, 2.5, 1, 4)
        assert statistics("p50") == []
        folding.fold()
        assert statistics("p50") == []
        assert statistics("Sum")[0]["Sum"] == 10

    def test_keeps_dimensions_and_units_apart(self, put, statistics):
        put(Value=1, Unit="Count")
        put(Value=2, Unit="Seconds")
        put(Value=4, Dimensions=EAST)
        assert sorted(point["Sum"] for point in statistics("Sum")) == [1, 2]
        assert [point["Sum"] for point in statistics("Sum", Unit="Seconds")] == [2]
        assert [point["Sum"] for point in statistics("Sum", Dimensions=EAST)] == [4]
        assert statistics("Sum", Unit="Bytes") == []

    @pytest.mark.parametrize(
        ("datum", "code"),
        [
            ({"Value": 1, "Values": [1]}, "InvalidParameterCombination"),
            ({}, "MissingParameter"),
            ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue"),
            ({"Values": list(range(151))}, "InvalidParameterValue"),
            ({"Value": 1, "Unit": "Apples"}, "InvalidParameterValue"),
            ({"Value": 2.0**361}, "InvalidParameterValue"),
            ({"Value": 1, "StorageResolution": 1}, "InvalidParameterValue"),
            ({"Value": 1, "Timestamp": datetime(2020, 1, 1, tzinfo=UTC)}, "InvalidParameterValue"),
            ({"Value": 1, "Timestamp": datetime(2099, 1, 1, tzinfo=UTC)}, "InvalidParameterValue"),
            ({"Values": [1], "Counts": [0]}, "InvalidParameterValue"),
        ],
    )
    def test_refuses_a_datum_that_breaks_a_rule_and_all_with_it(self, cloudwatch, statistics, datum, code):
        data = [{"MetricName": "Orders", "Value": 1}, {"MetricName": "Orders", **datum}]
        with pytest.raises(ClientError) as error:
            cloudwatch("PutMetricData", **NAMESPACE, MetricData=data)
        assert code_of(error) == code
        assert cloudwatch("ListMetrics")["Metrics"] == []

    def test_refuses_entities(self, cloudwatch):
        with pytest.raises(ClientError) as error:
            cloudwatch("PutMetricData", **NAMESPACE, EntityMetricData=[{"MetricData": []}])
        assert code_of(error) == "InvalidParameterValue"


class TestStatistics:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"Period": 61}, "InvalidParameterValue"),
            ({"EndTime": datetime(2020, 1, 1, tzinfo=UTC)}, "InvalidParameterValue"),
            ({"StartTime": datetime(2026, 1, 1, tzinfo=UTC)}, "InvalidParameterCombination"),
            ({"Statistics": ["Median"]}, "InvalidParameterValue"),
            ({"Statistics": []}, "ValidationError"),
            ({"ExtendedStatistics": ["p50"]}, "InvalidParameterCombination"),
            ({"Statistics": None, "ExtendedStatistics": ["tm99"]}, "InvalidParameterValue"),
        ],
    )
    def test_refuse_what_makes_no_sense(self, cloudwatch, minute, changes, code):
        asked = {
            "Period": 60,
            "StartTime": minute,
            "EndTime": minute + timedelta(hours=1),
            "Statistics": ["Sum"],
            **changes,
        }
        with pytest.raises(ClientError) as error:
            cloudwatch("GetMetricStatistics", **METRIC, **{k: v for k, v in asked.items() if v is not None})
        assert code_of(error) in {code, "InvalidParameterCombination"}


class TestData:
    @pytest.fixture
    def data(self, cloudwatch, minute):
        def data(*queries: dict, **params) -> dict:
            times = {"StartTime": minute, "EndTime": minute + timedelta(minutes=10)}
            return cloudwatch("GetMetricData", MetricDataQueries=list(queries), **times, **params)

        return data

    @staticmethod
    def query(name: str = "a", stat: str = "Sum", period: int = 60, **members) -> dict:
        metric = {"Namespace": "Shop", "MetricName": "Orders"}
        return {"Id": name, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}, **members}

    def test_comes_newest_first_unless_asked_otherwise(self, data, put, minute):
        put(Value=1)
        put(60, Value=2)
        (found,) = data(self.query())["MetricDataResults"]
        assert (found["Values"], found["Label"], found["StatusCode"]) == ([2, 1], "Orders", "Complete")
        assert found["Timestamps"] == [minute + timedelta(minutes=1), minute]
        (found,) = data(self.query(), ScanBy="TimestampAscending")["MetricDataResults"]
        assert found["Values"] == [1, 2]

    def test_labels_tell_queries_apart(self, data, put):
        put(Value=1)
        found = data(
            self.query("a"),
            self.query("b", stat="Average", period=300),
            self.query("c", Label="mine", ReturnData=True),
            self.query("d", ReturnData=False),
        )
        labels = [one["Label"] for one in found["MetricDataResults"]]
        assert labels == ["Orders Sum 60", "Orders Average 300", "mine"]

    def test_comes_in_pages(self, data, put):
        for number in range(5):
            put(60 * number, Value=number)
        first = data(self.query(), MaxDatapoints=3, ScanBy="TimestampAscending")
        assert first["MetricDataResults"][0]["Values"] == [0, 1, 2]
        assert first["MetricDataResults"][0]["StatusCode"] == "PartialData"
        rest = data(self.query(), MaxDatapoints=3, ScanBy="TimestampAscending", NextToken=first["NextToken"])
        assert rest["MetricDataResults"][0]["Values"] == [3, 4]
        assert "NextToken" not in rest

    def test_says_that_there_are_several_units(self, data, put):
        put(Value=1, Unit="Seconds")
        put(Value=2, Unit="Count")
        (found,) = data(self.query())["MetricDataResults"]
        assert found["Values"] == [2]
        assert found["Messages"][0]["Value"] == "Multiple units returned: '[Count, Seconds]'"

    def test_of_an_unknown_metric_is_empty(self, data):
        (found,) = data(self.query())["MetricDataResults"]
        assert (found["Values"], found["StatusCode"]) == ([], "Complete")

    @pytest.mark.parametrize(
        "query",
        [
            {"Id": "e", "Expression": "m1 * 2"},
            {"Id": "A", "MetricStat": {}},
            {"Id": "a"},
        ],
    )
    def test_refuses_what_it_does_not_evaluate(self, data, query):
        with pytest.raises(ClientError) as error:
            data(query)
        assert code_of(error) == "ValidationError"


class TestListing:
    def test_finds_metrics_by_name_and_dimension(self, cloudwatch, put):
        put(Value=1)
        put(Value=1, Unit="Count")
        put(Value=1, Dimensions=EAST)
        put(Value=1, MetricName="Visits")

        def count(**params) -> int:
            return len(cloudwatch("ListMetrics", **params)["Metrics"])

        assert count() == 3
        assert count(**METRIC) == 2
        assert count(Dimensions=[{"Name": "Region"}]) == 1
        assert count(Dimensions=[{"Name": "Region", "Value": "west"}]) == 0
        assert count(RecentlyActive="PT3H") == 3
        assert cloudwatch("ListMetrics", Dimensions=EAST)["Metrics"] == [{**METRIC, "Dimensions": EAST}]
        with pytest.raises(ClientError) as error:
            count(RecentlyActive="PT1H")
        assert code_of(error) == "InvalidParameterValue"

    def test_forgets_metrics_after_two_weeks(self, cloudwatch, put, minute):
        put(Value=1, Timestamp=minute - timedelta(days=13, hours=20))
        assert len(cloudwatch("ListMetrics")["Metrics"]) == 1
        assert cloudwatch("ListMetrics", RecentlyActive="PT3H")["Metrics"] == []


ALARM = {
    **METRIC,
    "AlarmName": "many-orders",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 10.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


class TestAlarms:
    @pytest.fixture
    def alarm(self, cloudwatch) -> dict:
        actions = {"AlarmActions": ["mailto:ops@example.com"], "Tags": [{"Key": "team", "Value": "shop"}]}
        cloudwatch("PutMetricAlarm", **ALARM, **actions, AlarmDescription="Too many")
        return cloudwatch("DescribeAlarms")["MetricAlarms"][0]

    def test_are_described_as_they_were_put(self, alarm):
        assert alarm["AlarmArn"] == ALARM_ARN
        assert {key: alarm[key] for key in ALARM} == ALARM
        assert alarm["StateValue"] == "INSUFFICIENT_DATA"
        assert alarm["StateReason"] == "Unchecked: Initial alarm creation"
        assert alarm["AlarmActions"] == ["mailto:ops@example.com"]
        assert (alarm["OKActions"], alarm["TreatMissingData"]) == ([], "missing")
        assert "ExtendedStatistic" not in alarm

    def test_of_percentiles_have_an_extended_statistic(self, cloudwatch):
        changes = {"Statistic": None, "ExtendedStatistic": "p99", "DatapointsToAlarm": 1}
        given = {key: value for key, value in (ALARM | changes).items() if value is not None}
        cloudwatch("PutMetricAlarm", **given)
        told = cloudwatch("DescribeAlarms")["MetricAlarms"][0]
        assert told["ExtendedStatistic"] == "p99"
        assert "Statistic" not in told

    def test_go_off_by_their_metric(self, cloudwatch, alarm):
        at = clock.now()
        datum = {"MetricName": "Orders", "Value": 11, "Timestamp": at - timedelta(seconds=60)}
        cloudwatch("PutMetricData", **NAMESPACE, MetricData=[datum])
        evaluations.evaluate_due(at=at + timedelta(seconds=1))
        (told,) = cloudwatch("DescribeAlarms", StateValue="ALARM")["MetricAlarms"]
        assert "greater than the threshold (10.0)" in told["StateReason"]
        assert json.loads(told["StateReasonData"])["threshold"] == 10.0

    def test_keep_state_and_tags_when_put_again(self, cloudwatch, alarm):
        cloudwatch("SetAlarmState", AlarmName="many-orders", StateValue="OK", StateReason="tried")
        cloudwatch("PutMetricAlarm", **ALARM | {"Threshold": 20.0}, Tags=[{"Key": "x", "Value": "y"}])
        told = cloudwatch("DescribeAlarms")["MetricAlarms"][0]
        assert (told["StateValue"], told["Threshold"], told["AlarmActions"]) == ("OK", 20.0, [])
        assert cloudwatch("ListTagsForResource", ResourceARN=ALARM_ARN)["Tags"] == [
            {"Key": "team", "Value": "shop"}
        ]

    def test_are_set_and_remember_it(self, cloudwatch, alarm):
        why = {"StateReason": "a drill", "StateReasonData": '{"drill": true}'}
        cloudwatch("SetAlarmState", AlarmName="many-orders", StateValue="ALARM", **why)
        told = cloudwatch("DescribeAlarms")["MetricAlarms"][0]
        assert (told["StateReason"], told["StateReasonData"]) == ("a drill", '{"drill": true}')
        history = cloudwatch("DescribeAlarmHistory", AlarmName="many-orders")["AlarmHistoryItems"]
        assert [item["HistoryItemType"] for item in history] == [
            "Action",
            "StateUpdate",
            "ConfigurationUpdate",
        ]
        assert history[1]["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
        assert json.loads(history[1]["HistoryData"])["newState"]["stateValue"] == "ALARM"
        asked = {"HistoryItemType": "StateUpdate", "ScanBy": "TimestampAscending", "MaxRecords": 1}
        assert len(cloudwatch("DescribeAlarmHistory", **asked)["AlarmHistoryItems"]) == 1

    def test_are_not_set_to_what_is_no_state(self, cloudwatch, alarm):
        with pytest.raises(ClientError) as error:
            cloudwatch("SetAlarmState", AlarmName="many-orders", StateValue="BAD", StateReason="x")
        assert code_of(error) == "ValidationError"
        with pytest.raises(ClientError) as error:
            cloudwatch("SetAlarmState", AlarmName="gone", StateValue="OK", StateReason="x")
        assert code_of(error) == "ResourceNotFound"

    def test_act_or_do_not(self, cloudwatch, alarm):
        cloudwatch("DisableAlarmActions", AlarmNames=["many-orders", "gone"])
        assert not Alarm.objects.get().actions_enabled
        cloudwatch("EnableAlarmActions", AlarmNames=["many-orders"])
        assert Alarm.objects.get().actions_enabled

    def test_are_found_by_name_state_action_and_metric(self, cloudwatch, alarm):
        cloudwatch("PutMetricAlarm", **ALARM | {"AlarmName": "other", "Dimensions": EAST})

        def names(operation: str = "DescribeAlarms", **params) -> list[str]:
            return [one["AlarmName"] for one in cloudwatch(operation, **params)["MetricAlarms"]]

        assert names() == ["many-orders", "other"]
        assert names(AlarmNames=["other", "gone"]) == ["other"]
        assert names(AlarmNamePrefix="many") == ["many-orders"]
        assert names(StateValue="OK") == []
        assert names(ActionPrefix="mailto:ops") == ["many-orders"]
        assert names(AlarmTypes=["CompositeAlarm"]) == []
        assert names("DescribeAlarmsForMetric", **METRIC) == ["many-orders"]
        assert names("DescribeAlarmsForMetric", **METRIC, Dimensions=EAST) == ["other"]
        assert names("DescribeAlarmsForMetric", **METRIC, Statistic="Average") == []
        page = cloudwatch("DescribeAlarms", MaxRecords=1)
        assert names(MaxRecords=1, NextToken=page["NextToken"]) == ["other"]
        with pytest.raises(ClientError) as error:
            names(NextToken="mine")
        assert code_of(error) == "InvalidNextToken"

    def test_are_tagged(self, cloudwatch, alarm):
        cloudwatch("TagResource", ResourceARN=ALARM_ARN, Tags=[{"Key": "env", "Value": "test"}])
        cloudwatch("UntagResource", ResourceARN=ALARM_ARN, TagKeys=["team"])
        assert cloudwatch("ListTagsForResource", ResourceARN=ALARM_ARN)["Tags"] == [
            {"Key": "env", "Value": "test"}
        ]
        with pytest.raises(ClientError) as error:
            cloudwatch("ListTagsForResource", ResourceARN=ALARM_ARN + "x")
        assert code_of(error) == "ResourceNotFoundException"

    def test_are_deleted_by_those_names_that_exist(self, cloudwatch, alarm):
        cloudwatch("DeleteAlarms", AlarmNames=["gone", "many-orders"])
        assert cloudwatch("DescribeAlarms")["MetricAlarms"] == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"Statistic": None},
            {"Threshold": None},
            {"Period": 90},
            {"ComparisonOperator": "GreaterThanUpperThreshold"},
            {"AlarmActions": ["arn:aws:sns:us-east-1:123456789012:topic"]},
            {"ThresholdMetricId": "ad1"},
            {"DatapointsToAlarm": 2},
            {"TreatMissingData": "maybe"},
            {"EvaluationPeriods": 10_000},
        ],
    )
    def test_refuse_what_cannot_be_honoured(self, cloudwatch, changes):
        given = {key: value for key, value in (ALARM | changes).items() if value is not None}
        with pytest.raises(ClientError) as error:
            cloudwatch("PutMetricAlarm", **given)
        assert code_of(error) == "ValidationError"
        assert not Alarm.objects.exists()


BODY = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "hi"}}]})


class TestDashboards:
    def test_are_kept_letter_by_letter(self, cloudwatch):
        assert cloudwatch("PutDashboard", DashboardName="shop", DashboardBody=BODY) == {
            "DashboardValidationMessages": []
        }
        told = cloudwatch("GetDashboard", DashboardName="shop")
        assert told["DashboardBody"] == BODY
        assert told["DashboardArn"] == "arn:aws:cloudwatch::123456789012:dashboard/shop"
        (entry,) = cloudwatch("ListDashboards", DashboardNamePrefix="sh")["DashboardEntries"]
        assert entry["Size"] == len(BODY)
        assert cloudwatch("ListDashboards", DashboardNamePrefix="x")["DashboardEntries"] == []

    def test_warn_of_what_is_not_drawn(self, cloudwatch):
        body = json.dumps({"widgets": [{"type": "log", "properties": {"query": "x", "region": "r"}}]})
        told = cloudwatch("PutDashboard", DashboardName="shop", DashboardBody=body)
        assert told["DashboardValidationMessages"][0]["DataPath"] == "/widgets/0/type"

    def test_with_errors_are_not_stored(self, cloudwatch):
        with pytest.raises(ClientError) as error:
            cloudwatch("PutDashboard", DashboardName="shop", DashboardBody='{"widgets": [{}]}')
        assert code_of(error) == "InvalidParameterInput"
        assert error.value.response["dashboardValidationMessages"][0]["DataPath"] == "/widgets/0/type"
        with pytest.raises(ClientError) as error:
            cloudwatch("PutDashboard", DashboardName="a b", DashboardBody=BODY)
        assert code_of(error) == "InvalidParameterValue"
        assert cloudwatch("ListDashboards")["DashboardEntries"] == []

    def test_are_deleted_together_or_not_at_all(self, cloudwatch):
        cloudwatch("PutDashboard", DashboardName="shop", DashboardBody=BODY)
        with pytest.raises(ClientError) as error:
            cloudwatch("DeleteDashboards", DashboardNames=["shop", "gone"])
        assert code_of(error) == "ResourceNotFound"
        assert cloudwatch("GetDashboard", DashboardName="shop")
        cloudwatch("DeleteDashboards", DashboardNames=["shop"])
        with pytest.raises(ClientError) as error:
            cloudwatch("GetDashboard", DashboardName="shop")
        assert code_of(error) == "ResourceNotFound"


NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
TIMES = {"StartTime": NOW, "EndTime": NOW + timedelta(hours=1)}
STAT = {"Metric": METRIC, "Period": 60, "Stat": "Sum"}
OPERATIONS = [
    ("PutMetricData", {**NAMESPACE, "MetricData": [{"MetricName": "a", "Value": 1}]}),
    ("GetMetricStatistics", {**METRIC, **TIMES, "Period": 60, "Statistics": ["Sum"]}),
    ("GetMetricData", {**TIMES, "MetricDataQueries": [{"Id": "a", "MetricStat": STAT}]}),
    ("ListMetrics", {}),
    ("PutMetricAlarm", ALARM),
    ("DescribeAlarms", {}),
    ("DescribeAlarmsForMetric", METRIC),
    ("DescribeAlarmHistory", {}),
    ("DeleteAlarms", {"AlarmNames": ["a"]}),
    ("SetAlarmState", {"AlarmName": "a", "StateValue": "OK", "StateReason": "x"}),
    ("EnableAlarmActions", {"AlarmNames": ["a"]}),
    ("DisableAlarmActions", {"AlarmNames": ["a"]}),
    ("TagResource", {"ResourceARN": ALARM_ARN, "Tags": [{"Key": "a", "Value": "b"}]}),
    ("UntagResource", {"ResourceARN": ALARM_ARN, "TagKeys": ["a"]}),
    ("ListTagsForResource", {"ResourceARN": ALARM_ARN}),
    ("PutDashboard", {"DashboardName": "a", "DashboardBody": BODY}),
    ("GetDashboard", {"DashboardName": "a"}),
    ("ListDashboards", {}),
    ("DeleteDashboards", {"DashboardNames": ["a"]}),
]


@pytest.mark.parametrize(("operation", "params"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_refuses_an_outsider(operation, params, outsider):
    with pytest.raises(ClientError) as error:
        aws(outsider)("cloudwatch", operation, **params)
    assert code_of(error) in {"AccessDenied", "AccessDeniedException"}
