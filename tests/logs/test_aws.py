"""CloudWatch Logs' operations, through the door."""

import time
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from devopsweb.kernel import clock
from monitoring.logs import api
from monitoring.logs.actions import retention
from monitoring.logs.engine.patterns import matcher
from monitoring.logs.errors import InvalidPattern
from monitoring.logs.models import LogGroup, LogStream
from monitoring.logs.types import Line
from tests.awsapi.local import aws

pytestmark = pytest.mark.django_db

GROUP = {"logGroupName": "/app/shop"}
STREAM = {**GROUP, "logStreamName": "web-1"}
ARN = "arn:aws:logs:us-east-1:123456789012:log-group:/app/shop"
HOUR = 3_600_000


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def sentence_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Message"]


@pytest.fixture
def logs(owner):
    """Calls CloudWatch Logs as the owner."""
    call = aws(owner)
    return lambda operation, **params: call("logs", operation, **params)


@pytest.fixture
def now() -> int:
    return int(time.time() * 1000)


@pytest.fixture
def stream(logs) -> dict:
    logs("CreateLogGroup", **GROUP)
    logs("CreateLogStream", **STREAM)
    return STREAM


@pytest.fixture
def put(logs, stream, now):
    """Puts messages, each a second after the one before, from ``offset`` milliseconds from now."""

    def put(*messages: str, offset: int = -60_000, into: dict = stream) -> dict:
        events = [{"timestamp": now + offset + n * 1000, "message": m} for n, m in enumerate(messages)]
        return logs("PutLogEvents", **into, logEvents=events)

    return put


def messages(page: dict) -> list[str]:
    return [event["message"] for event in page["events"]]


class TestGroups:
    def test_are_described_with_their_arns(self, logs):
        logs("CreateLogGroup", **GROUP, tags={"team": "shop"}, logGroupClass="INFREQUENT_ACCESS")

        (told,) = logs("DescribeLogGroups")["logGroups"]

        assert (told["arn"], told["logGroupArn"]) == (f"{ARN}:*", ARN)
        assert (told["storedBytes"], told["metricFilterCount"]) == (0, 0)
        assert told["logGroupClass"] == "INFREQUENT_ACCESS"
        assert "retentionInDays" not in told

    def test_are_found_by_prefix_pattern_and_identifier(self, logs):
        for name in ("/app/a", "/app/b", "/App/c"):
            logs("CreateLogGroup", logGroupName=name)

        def names(**params):
            return [one["logGroupName"] for one in logs("DescribeLogGroups", **params)["logGroups"]]

        assert names(logGroupNamePrefix="/app") == ["/app/a", "/app/b"]
        assert names(logGroupNamePattern="pp/c") == ["/App/c"]
        assert names(logGroupIdentifiers=["/app/a"]) == ["/app/a"]
        with pytest.raises(ClientError) as error:
            names(logGroupNamePrefix="/app", logGroupNamePattern="a")
        assert "mutually exclusive" in sentence_of(error)

    def test_come_in_pages(self, logs):
        for number in range(5):
            logs("CreateLogGroup", logGroupName=f"g{number}")
        page = logs("DescribeLogGroups", limit=3)
        rest = logs("DescribeLogGroups", limit=3, nextToken=page["nextToken"])
        assert [one["logGroupName"] for one in rest["logGroups"]] == ["g3", "g4"]
        assert "nextToken" not in rest
        with pytest.raises(ClientError) as error:
            logs("DescribeLogGroups", nextToken="mine")
        assert code_of(error) == "InvalidParameterException"

    def test_exist_once(self, logs, stream):
        with pytest.raises(ClientError) as error:
            logs("CreateLogGroup", **GROUP)
        assert code_of(error) == "ResourceAlreadyExistsException"
        assert sentence_of(error) == "The specified log group already exists"

    @pytest.mark.parametrize(
        "members",
        [{"logGroupName": "aws/mine"}, {"logGroupName": "a b"}, GROUP | {"kmsKeyId": "k"}, GROUP | {"logGroupClass": "DELIVERY"}],
    )  # fmt: skip
    def test_keep_to_the_rules(self, logs, members):
        with pytest.raises(ClientError) as error:
            logs("CreateLogGroup", **members)
        assert code_of(error) == "InvalidParameterException"

    def test_go_with_their_streams_unless_protected(self, logs, put):
        put("one")
        assert logs("DeleteLogGroup", **GROUP) == {}
        assert not LogStream.objects.exists()
        with pytest.raises(ClientError) as error:
            logs("DeleteLogGroup", **GROUP)
        assert code_of(error) == "ResourceNotFoundException"
        logs("CreateLogGroup", **GROUP, deletionProtectionEnabled=True)
        with pytest.raises(ClientError) as error:
            logs("DeleteLogGroup", **GROUP)
        assert code_of(error) == "ValidationException"

    def test_stay_while_a_build_writes(self, logs):
        written = api.create_stream(group="/aws/codebuild/web", name="b", at=clock.now())
        api.append(stream_id=written, first=0, lines=[Line(1, "x")])
        with pytest.raises(ClientError) as error:
            logs("DeleteLogGroup", logGroupName="/aws/codebuild/web")
        assert code_of(error) == "OperationAbortedException"

    def test_keep_tags_by_arn_and_by_name(self, logs, stream):
        logs("TagResource", resourceArn=ARN, tags={"team": "shop", "env": "test"})
        logs("TagLogGroup", **GROUP, tags={"env": "prod"})
        logs("UntagResource", resourceArn=ARN, tagKeys=["team"])
        assert logs("ListTagsForResource", resourceArn=ARN) == {"tags": {"env": "prod"}}
        logs("UntagLogGroup", **GROUP, tags=["env"])
        assert logs("ListTagsLogGroup", **GROUP) == {"tags": {}}
        with pytest.raises(ClientError) as error:
            logs("TagResource", resourceArn=ARN, tags={f"k{n}": "" for n in range(51)})
        assert code_of(error) in {"TooManyTagsException", "InvalidParameterException"}
        with pytest.raises(ClientError) as error:
            logs("ListTagsForResource", resourceArn="arn:aws:logs:us-east-1:123456789012:destination:d")
        assert code_of(error) == "ResourceNotFoundException"


class TestRetention:
    def test_is_one_of_the_known_periods(self, logs, stream):
        logs("PutRetentionPolicy", **GROUP, retentionInDays=7)
        assert logs("DescribeLogGroups")["logGroups"][0]["retentionInDays"] == 7
        with pytest.raises(ClientError) as error:
            logs("PutRetentionPolicy", **GROUP, retentionInDays=6)
        assert code_of(error) == "InvalidParameterException"
        logs("DeleteRetentionPolicy", **GROUP)
        assert "retentionInDays" not in logs("DescribeLogGroups")["logGroups"][0]

    def test_hides_what_has_expired_at_once(self, logs, put):
        put("old", offset=-30 * HOUR)
        put("new")
        logs("PutRetentionPolicy", **GROUP, retentionInDays=1)
        assert messages(logs("GetLogEvents", **STREAM)) == ["new"]
        assert messages(logs("FilterLogEvents", **GROUP)) == ["new"]

    def test_deletes_what_has_expired(self, logs, put):
        put("one")
        logs("PutRetentionPolicy", **GROUP, retentionInDays=1)
        later = clock.now() + timedelta(days=2)
        assert retention.delete_expired(at=later) == 1
        assert retention.delete_expired(at=later) == 0
        logs("DeleteRetentionPolicy", **GROUP)
        assert messages(logs("GetLogEvents", **STREAM)) == []
        put("two")
        assert messages(logs("GetLogEvents", **STREAM)) == ["two"]


class TestStreams:
    def test_exist_once_in_a_group_that_exists(self, logs, stream):
        with pytest.raises(ClientError) as error:
            logs("CreateLogStream", **STREAM)
        assert sentence_of(error) == "The specified log stream already exists"
        with pytest.raises(ClientError) as error:
            logs("CreateLogStream", logGroupName="gone", logStreamName="s")
        assert sentence_of(error) == "The specified log group does not exist."

    def test_are_described_by_name_and_by_last_event(self, logs, put, now):
        for name, offset in (("a", -3000), ("b", -1000), ("c", -2000)):
            into = {**GROUP, "logStreamName": name}
            logs("CreateLogStream", **into)
            put("x", offset=offset, into=into)

        def names(**params):
            found = logs("DescribeLogStreams", **GROUP, **params)
            return [one["logStreamName"] for one in found["logStreams"]], found.get("nextToken")

        assert names(logStreamNamePrefix="a")[0] == ["a"]
        assert names()[0] == ["a", "b", "c", "web-1"]
        assert names(descending=True)[0] == ["web-1", "c", "b", "a"]
        first, token = names(orderBy="LastEventTime", descending=True, limit=2)
        assert first == ["b", "c"]
        assert names(orderBy="LastEventTime", descending=True, limit=2, nextToken=token)[0] == ["a", "web-1"]
        told = logs("DescribeLogStreams", **GROUP, logStreamNamePrefix="b")["logStreams"][0]
        assert told["lastEventTimestamp"] == told["firstEventTimestamp"] == now - 1000
        assert told["storedBytes"] == 0
        assert told["arn"] == f"{ARN}:log-stream:b"
        with pytest.raises(ClientError) as error:
            names(orderBy="LastEventTime", logStreamNamePrefix="a")
        assert code_of(error) == "InvalidParameterException"

    def test_are_deleted_with_their_events(self, logs, put):
        put("x")
        logs("DeleteLogStream", **STREAM)
        with pytest.raises(ClientError) as error:
            logs("GetLogEvents", **STREAM)
        assert sentence_of(error) == "The specified log stream does not exist."


class TestPutting:
    def test_keeps_messages_as_they_are(self, logs, put, now):
        put("first\nsecond\n", "näh ☃ \x1b[1mbold")
        page = logs("GetLogEvents", **STREAM)
        assert messages(page) == ["first\nsecond\n", "näh ☃ \x1b[1mbold"]
        assert page["events"][0]["timestamp"] == now - 60_000
        assert page["events"][0]["ingestionTime"] >= now

    def test_stores_the_rest_when_some_are_too_old_or_too_new(self, logs, stream, now):
        ages = [-15 * 24 * HOUR, -15 * 24 * HOUR + HOUR]
        events = [{"timestamp": now + age, "message": "old"} for age in ages]
        told = logs("PutLogEvents", **STREAM, logEvents=events)
        assert told["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2}
        ages = [0, HOUR, 3 * HOUR]
        events = [{"timestamp": now + age, "message": str(age)} for age in ages]
        told = logs("PutLogEvents", **STREAM, logEvents=events)
        assert told["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 2}
        assert messages(logs("GetLogEvents", **STREAM)) == ["0", str(HOUR)]

    def test_tells_what_has_expired(self, logs, stream, now):
        logs("PutRetentionPolicy", **GROUP, retentionInDays=1)
        events = [
            {"timestamp": now - 25 * HOUR, "message": "x"},
            {"timestamp": now - 2 * HOUR, "message": "y"},
        ]
        told = logs("PutLogEvents", **STREAM, logEvents=events)
        assert told["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}

    def test_ignores_sequence_tokens(self, put, logs, now):
        event = {"timestamp": now, "message": "x"}
        assert logs("PutLogEvents", **STREAM, logEvents=[event], sequenceToken="1")["nextSequenceToken"]

    @pytest.mark.parametrize(
        ("events", "word"),
        [
            ([(0, "a"), (-1, "b")], "chronological"),
            ([(-25 * HOUR, "a"), (0, "b")], "24 hours"),
            ([(0, "x" * 1_048_576)], "too large"),
        ],
    )
    def test_refuses_a_batch_that_breaks_a_rule(self, logs, stream, now, events, word):
        given = [{"timestamp": now + offset, "message": text} for offset, text in events]
        with pytest.raises(ClientError) as error:
            logs("PutLogEvents", **STREAM, logEvents=given)
        assert code_of(error) == "InvalidParameterException"
        assert word in sentence_of(error)
        assert not logs("GetLogEvents", **STREAM)["events"]

    def test_into_a_build_s_log_is_refused(self, logs, now):
        api.create_stream(group="/aws/codebuild/web", name="b", at=clock.now())
        where = {"logGroupName": "/aws/codebuild/web", "logStreamName": "b"}
        with pytest.raises(ClientError) as error:
            logs("PutLogEvents", **where, logEvents=[{"timestamp": now, "message": "x"}])
        assert code_of(error) == "InvalidParameterException"


class TestReadingAStream:
    def test_walks_forward_until_the_token_repeats(self, logs, put):
        put(*[f"m{n}" for n in range(5)])
        page = logs("GetLogEvents", **STREAM, startFromHead=True, limit=2)
        seen = messages(page)
        while True:
            token = page["nextForwardToken"]
            page = logs("GetLogEvents", **STREAM, limit=2, nextToken=token)
            seen += messages(page)
            if page["nextForwardToken"] == token:
                break
        assert seen == [f"m{n}" for n in range(5)]
        assert page["events"] == []
        put("later", offset=0)
        assert messages(logs("GetLogEvents", **STREAM, nextToken=token)) == ["later"]

    def test_begins_at_the_end_and_walks_back(self, logs, put):
        put(*[f"m{n}" for n in range(5)])
        page = logs("GetLogEvents", **STREAM, limit=2)
        assert messages(page) == ["m3", "m4"]
        page = logs("GetLogEvents", **STREAM, limit=2, nextToken=page["nextBackwardToken"])
        assert messages(page) == ["m1", "m2"]
        page = logs("GetLogEvents", **STREAM, limit=2, nextToken=page["nextBackwardToken"])
        assert messages(page) == ["m0"]
        last = logs("GetLogEvents", **STREAM, limit=2, nextToken=page["nextBackwardToken"])
        assert last["events"] == []
        assert last["nextBackwardToken"] == page["nextBackwardToken"]
        assert messages(logs("GetLogEvents", **STREAM, limit=1, nextToken=last["nextForwardToken"])) == ["m0"]

    def test_turns_round_at_either_end(self, logs, put):
        put("a", "b")
        end = logs("GetLogEvents", **STREAM)["nextForwardToken"]
        empty = logs("GetLogEvents", **STREAM, nextToken=end)
        back = logs("GetLogEvents", **STREAM, nextToken=empty["nextBackwardToken"], limit=1)
        assert messages(back) == ["b"]

    def test_knows_start_and_end(self, logs, put, now):
        put(*[f"m{n}" for n in range(5)])
        times = {"startTime": now - 59_000, "endTime": now - 57_000}
        assert messages(logs("GetLogEvents", **STREAM, **times)) == ["m1", "m2"]
        assert messages(logs("GetLogEvents", **STREAM, **times, startFromHead=True)) == ["m1", "m2"]

    def test_sorts_what_came_late(self, logs, put):
        put("b", "d", offset=-40_000)
        put("a", "c", offset=-40_500)
        assert not LogStream.objects.get(name="web-1").is_ordered
        assert messages(logs("GetLogEvents", **STREAM)) == ["a", "b", "c", "d"]
        page = logs("GetLogEvents", **STREAM, startFromHead=True, limit=3)
        assert messages(page) == ["a", "b", "c"]
        page = logs("GetLogEvents", **STREAM, nextToken=page["nextForwardToken"])
        assert messages(page) == ["d"]
        page = logs("GetLogEvents", **STREAM, nextToken=page["nextBackwardToken"], limit=2)
        assert messages(page) == ["b", "c"]

    def test_of_an_empty_stream_gives_tokens_that_lead_on(self, logs, put):
        page = logs("GetLogEvents", **STREAM)
        assert page["events"] == []
        put("x")
        assert messages(logs("GetLogEvents", **STREAM, nextToken=page["nextForwardToken"])) == ["x"]

    def test_reads_the_log_of_a_build(self, logs):
        written = api.create_stream(group="/aws/codebuild/web", name="b", at=clock.now())
        at = int(time.time() * 1000)
        api.append(
            stream_id=written, first=0, lines=[Line(at, "[Container] go", "phase:BUILD"), Line(at, "")]
        )
        api.close(stream_id=written)
        where = {"logGroupIdentifier": "/aws/codebuild/web", "logStreamName": "b"}
        assert messages(logs("GetLogEvents", **where)) == ["[Container] go", "\n"]

    @pytest.mark.parametrize("token", ["x", "f/x", "z/1.1:abc"])
    def test_refuses_tokens_that_it_did_not_give(self, logs, stream, token):
        with pytest.raises(ClientError) as error:
            logs("GetLogEvents", **STREAM, nextToken=token)
        assert sentence_of(error) == "The specified nextToken is invalid."

    def test_refuses_too_large_a_page(self, logs, stream):
        with pytest.raises(ClientError) as error:
            logs("GetLogEvents", **STREAM, limit=10_001)
        assert code_of(error) == "InvalidParameterException"
        assert "less than or equal to 10000" in sentence_of(error)


class TestFiltering:
    @pytest.fixture
    def two(self, logs, put):
        other = {**GROUP, "logStreamName": "web-2"}
        logs("CreateLogStream", **other)
        put("ERROR a", "b", "ERROR c", offset=-50_000)
        put("ERROR x", "y", "z", offset=-49_500, into=other)

    def test_merges_streams_by_time(self, logs, two):
        page = logs("FilterLogEvents", **GROUP)
        assert messages(page) == ["ERROR a", "ERROR x", "b", "y", "ERROR c", "z"]
        assert page["searchedLogStreams"] == []
        assert len(page["events"][0]["eventId"]) == 56
        assert len({event["eventId"] for event in page["events"]}) == 6

    def test_goes_on_where_it_stopped(self, logs, two):
        seen, token = [], {}
        for _ in range(10):
            page = logs("FilterLogEvents", **GROUP, limit=2, filterPattern="ERROR", **token)
            seen += messages(page)
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        assert seen == ["ERROR a", "ERROR x", "ERROR c"]

    def test_keeps_to_streams_and_times(self, logs, two, now):
        assert messages(logs("FilterLogEvents", **GROUP, logStreamNames=["web-2"])) == ["ERROR x", "y", "z"]
        assert messages(logs("FilterLogEvents", **GROUP, logStreamNamePrefix="web-1")) == [
            "ERROR a",
            "b",
            "ERROR c",
        ]
        times = {"startTime": now - 49_500, "endTime": now - 49_000}
        assert messages(logs("FilterLogEvents", **GROUP, **times)) == ["ERROR x", "b"]

    @pytest.mark.parametrize(
        "members",
        [
            {"filterPattern": "{ $.a = "},
            {"filterPattern": "[a, b]"},
            {"filterPattern": "%E.*%"},
            {"logStreamNames": ["a"], "logStreamNamePrefix": "b"},
            {"startTime": 2, "endTime": 1},
        ],
    )
    def test_refuses_what_makes_no_sense(self, logs, two, members):
        with pytest.raises(ClientError) as error:
            logs("FilterLogEvents", **GROUP, **members)
        assert code_of(error) == "InvalidParameterException"

    def test_misses_a_stream_that_is_not_there(self, logs, two):
        with pytest.raises(ClientError) as error:
            logs("FilterLogEvents", **GROUP, logStreamNames=["gone"])
        assert code_of(error) == "ResourceNotFoundException"


JSON = '{"user": {"id": 1, "email": "John.Stiles@example.com"}, "actions": ["GET", "PUT"], "ok": true, "n": null}'


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "message", "matches"),
        [
            ("", "anything", True),
            ("ERROR", "an ERROR here", True),
            ("ERROR", "an error here", False),
            ("ERROR", "ERRORS", False),
            ("ERROR ARGS", "ARGS of ERROR", True),
            ("ERROR ARGS", "ERROR", False),
            ('"exit status"', "exit status 2", True),
            ('"exit status"', "status exit", False),
            ("?A ?B", "x B", True),
            ("?A ?B", "x C", False),
            ("?A B", "B", True),
            ("ERROR -timeout", "ERROR timeout", False),
            ("ERROR -timeout", "ERROR", True),
            ('-"a b"', "a b", False),
            ("{ $.user.id = 1 }", JSON, True),
            ("{ $.user.id != 1 }", JSON, False),
            ("{ $.user.id >= 2 }", JSON, False),
            ('{ $.user.email = "John*" }', JSON, True),
            ('{ $.user.email = "*Stiles*com" }', JSON, True),
            ('{ $.user.email = "*Stiles" }', JSON, False),
            ('{ $.actions[1] = "PUT" }', JSON, True),
            ('{ $.actions[*] = "PUT" }', JSON, True),
            ("{ $.ok IS TRUE }", JSON, True),
            ("{ $.n IS NULL }", JSON, True),
            ("{ $.gone NOT EXISTS }", JSON, True),
            ("{ $.user = 1 }", JSON, False),
            ("{ $.user.id = 1 }", "no JSON", False),
            ('{ $.user.id = 1 || $.ok IS FALSE && $.actions[0] = "no" }', JSON, True),
            ('{ ($.user.id = 1 || $.ok IS FALSE) && $.actions[0] = "no" }', JSON, False),
            ("{ $.['a.b'] = 1 }", '{"a.b": 1}', True),
        ],
    )
    def test_match_as_written(self, pattern, message, matches):
        assert matcher(pattern)(message) is matches

    @pytest.mark.parametrize(
        "pattern", ['"open', "{ $.a }", "{ $.a = 1", "{ $.a > x }", "{ a = 1 }", "{ $.a = 1 } x", "{" + "(" * 99, "x" * 1025]
    )  # fmt: skip
    def test_are_refused_when_they_cannot_be_read(self, pattern):
        with pytest.raises(InvalidPattern):
            matcher(pattern)


OPERATIONS = [
    ("CreateLogGroup", {"logGroupName": "other"}),
    ("DeleteLogGroup", GROUP),
    ("DescribeLogGroups", {}),
    ("PutRetentionPolicy", GROUP | {"retentionInDays": 1}),
    ("DeleteRetentionPolicy", GROUP),
    ("CreateLogStream", GROUP | {"logStreamName": "s"}),
    ("DeleteLogStream", STREAM),
    ("DescribeLogStreams", GROUP),
    ("PutLogEvents", STREAM | {"logEvents": [{"timestamp": 1, "message": "x"}]}),
    ("GetLogEvents", STREAM),
    ("FilterLogEvents", GROUP),
    ("TagResource", {"resourceArn": ARN, "tags": {"a": "b"}}),
    ("UntagResource", {"resourceArn": ARN, "tagKeys": ["a"]}),
    ("ListTagsForResource", {"resourceArn": ARN}),
    ("TagLogGroup", GROUP | {"tags": {"a": "b"}}),
    ("UntagLogGroup", GROUP | {"tags": ["a"]}),
    ("ListTagsLogGroup", GROUP),
]


@pytest.mark.parametrize(("operation", "params"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_refuses_an_outsider(operation, params, outsider, stream):
    with pytest.raises(ClientError) as error:
        aws(outsider)("logs", operation, **params)
    assert code_of(error) == "AccessDeniedException"
    assert LogGroup.objects.filter(name="/app/shop").exists()
