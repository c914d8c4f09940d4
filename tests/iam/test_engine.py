"""The pure engine: grammar, matching, conditions, decision."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devopsweb.iam.engine.evaluate import Policies, PolicySource, decide, explain, normalise
from devopsweb.iam.engine.matching import action_matches, arn_matches
from devopsweb.iam.engine.policy import LONGEST, parse, parse_text
from devopsweb.iam.errors import MalformedPolicyDocument
from tests.iam import policies_at_random as at_random
from tests.iam import slow_twin

ARN = "arn:aws:codecommit:us-east-1:123456789012:storefront"


def statement(**changes):
    return {"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "*"} | changes


def document(*statements, version="2012-10-17"):
    return {"Version": version, "Statement": list(statements)}


def effect(documents, action="codecommit:GitPull", resource=ARN, **context):
    sources = [PolicySource(f"p{n}", parse(d), "user") for n, d in enumerate(documents)]
    facts = {key.replace("__", ":"): value for key, value in context.items()}
    return decide(Policies(identity=sources), action, resource, normalise(facts)).effect


class TestMatching:
    @pytest.mark.parametrize(
        ("pattern", "action", "answer"),
        [
            ("*", "a:B", True),
            ("codebuild:*", "codebuild:StartBuild", True),
            ("CODEBUILD:startbuild", "codebuild:StartBuild", True),
            ("codebuild:Start*d", "codebuild:StartBuild", True),
            ("codebuild:StartBuil?", "codebuild:StartBuild", True),
            ("codebuild:Start", "codebuild:StartBuild", False),
            ("codebuild.StartBuild", "codebuild:StartBuild", False),
        ],
    )
    def test_of_actions(self, pattern, action, answer):
        assert action_matches(pattern, action) is answer

    @pytest.mark.parametrize(
        ("pattern", "arn", "answer"),
        [
            ("*", ARN, True),
            ("arn:aws:codecommit:*:*:storefront", ARN, True),
            ("arn:aws:codecommit:us-east-1:123456789012:store*", ARN, True),
            ("arn:aws:codecommit:us-east-1:123456789012:Storefront", ARN, False),
            ("arn:aws:codecommit:*:storefront", ARN, False),
            ("arn:aws:codecommit:*", ARN, True),
            ("arn:aws:code*:us-east-1:123456789012:storefront", ARN, True),
            ("arn:aws:iam::1:user/*", "arn:aws:iam::1:user/team/ann", True),
            ("arn:aws:logs:r:a:log-group:*", "arn:aws:logs:r:a:log-group:g:log-stream:s", True),
            (
                "arn:aws:codedeploy:r:a:deploymentgroup:app/*",
                "arn:aws:codedeploy:r:a:deploymentgroup:app/prod",
                True,
            ),
            ("arn:aws:s3:::bucket", "arn:aws:s3:::bucket/key", False),
            ("arn:*:secret", "arn:aws:iam::1:secret", False),
            ("arn:aws:a:b:c:x.y", "arn:aws:a:b:c:xzy", False),
        ],
    )
    def test_of_arns(self, pattern, arn, answer):
        assert arn_matches(pattern, arn) is answer

    @given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
    def test_is_what_every_way_to_read_the_pattern_gives(self, pattern, text):
        def fits(p: str, t: str) -> bool:
            if not p:
                return not t
            if p[0] == "*":
                return fits(p[1:], t) or (bool(t) and fits(p, t[1:]))
            return bool(t) and p[0] in ("?", t[0]) and fits(p[1:], t[1:])

        assert action_matches(f"x:{pattern}", f"x:{text}") is fits(pattern, text)

    @pytest.mark.timeout(10)
    @pytest.mark.parametrize("pattern", ["*a" * 1000, "*a" * 40 + "?c", "*?a" * 500])
    def test_takes_no_time_for_patterns_that_are_made_to_take_it(self, pattern):
        assert not action_matches(f"x:{pattern}", f"x:{'a' * 4000}b")
        assert not arn_matches(f"arn:aws:{pattern}:::x", f"arn:aws:{'a' * 4000}b:::x")
        assert not arn_matches(f"arn:aws:x:::{pattern}", f"arn:aws:x:::{'a' * 4000}b")


class TestGrammar:
    @pytest.mark.parametrize(
        ("raw", "path", "words"),
        [
            ([], "", "invalid Json"),
            ({}, "Statement", "Missing required field Statement"),
            (document(version="2020-01-01"), "Version", "valid version string"),
            (document() | {"Extra": 1}, "Extra", "Syntax errors"),
            (document("x"), "Statement[0]", "must be an object"),
            (document(statement(Effect="allow")), "Statement[0].Effect", "Invalid effect: allow"),
            (document({"Action": "a:B", "Resource": "*"}), "Statement[0].Effect", "Missing required field Effect"),
            (document(statement(Action=[])), "Statement[0].Action", "must contain actions"),
            (document(statement(Action="GitPull")), "Statement[0].Action", "prefaced by a vendor"),
            (document(statement(Action=[1])), "Statement[0].Action", "list of strings"),
            (document(statement(NotAction="a:B")), "Statement[0].NotAction", "both Action and NotAction"),
            (document(statement(Resource=[])), "Statement[0].Resource", "must contain resources"),
            (document(statement(Resource="storefront")), "Statement[0].Resource", "must be in ARN format"),
            (document(statement(Resource="arn:aws:iam::1")), "Statement[0].Resource", "must be in ARN format"),
            (document(statement(NotResource="*")), "Statement[0].NotResource", "both Resource and NotResource"),
            (document(statement(Principal="*")), "Statement[0].Principal", "should not specify a principal"),
            (document(statement(Sid="a b")), "Statement[0].Sid", "alpha-numeric"),
            (document(statement(Sid="a"), statement(Sid="a")), "Statement[1].Sid", "must be unique"),
            (document(statement(Resources="*")), "Statement[0].Resources", "Syntax errors"),
            (document(statement(Condition=[])), "Statement[0].Condition", "must be an object"),
            (document(statement(Condition={"Equals": {"a:b": "c"}})), "Statement[0].Condition.Equals", "Invalid Condition type"),
            (document(statement(Condition={"ForAnyValue:Null": {"a:b": "true"}})), "Statement[0].Condition.ForAnyValue:Null", "Invalid"),
            (document(statement(Condition={"BinaryEquals": {"a:b": "x"}})), "Statement[0].Condition.BinaryEquals.a:b", "Base64"),
            (document(statement(Condition={"NumericEquals": {"a:b": "inf"}})), "Statement[0].Condition.NumericEquals.a:b", "a number"),
            (document(statement(Condition={"NullIfExists": {"a:b": "true"}})), "Statement[0].Condition.NullIfExists", "Invalid"),
            (document(statement(Condition={"StringEquals": "x"})), "Statement[0].Condition.StringEquals", "map condition keys"),
            (document(statement(Condition={"StringEquals": {"b": "c"}})), "Statement[0].Condition.StringEquals.b", "vendor"),
            (document(statement(Condition={"StringEquals": {"a:b": {}}})), "Statement[0].Condition.StringEquals.a:b", "string"),
            (document(statement(Condition={"IpAddress": {"aws:SourceIp": "x"}})), "Statement[0].Condition.IpAddress.aws:SourceIp", "address range"),
            (document(statement(Condition={"NumericLessThan": {"a:b": "x"}})), "Statement[0].Condition.NumericLessThan.a:b", "a number"),
            (document(statement(Condition={"DateLessThan": {"a:b": "x"}})), "Statement[0].Condition.DateLessThan.a:b", "a date"),
            (document(statement(Condition={"Bool": {"a:b": "maybe"}})), "Statement[0].Condition.Bool.a:b", "true or false"),
        ],
    )  # fmt: skip
    def test_refuses_and_names_the_place(self, raw, path, words):
        with pytest.raises(MalformedPolicyDocument) as refused:
            parse(raw)

        assert refused.value.path == path
        assert words in refused.value.reason

    def test_refuses_what_is_too_long(self):
        with pytest.raises(MalformedPolicyDocument, match="PolicySize: 6144"):
            parse(document(statement(Action=["codecommit:" + "x" * LONGEST])))

    def test_takes_one_statement_without_a_list(self):
        assert len(parse({"Statement": statement()}).statements) == 1

    @pytest.mark.parametrize("text", ["{", '{"Statement": ]}', "nonsense"])
    def test_names_the_line_of_broken_json(self, text):
        with pytest.raises(MalformedPolicyDocument, match="line 1, column"):
            parse_text(text)

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["Version", "Statement", "Effect", "Action", "Resource", "Condition", "x"]), x), max_leaves=12))  # fmt: skip
    @settings(max_examples=150, deadline=None)
    def test_never_breaks_in_another_way(self, raw):
        with suppress(MalformedPolicyDocument):
            parse(raw)


class TestDecision:
    def test_is_denial_without_a_word(self):
        assert effect([]) == "implicitDeny"
        assert effect([document(statement(Action="codecommit:GitPush"))]) == "implicitDeny"

    def test_lets_a_deny_win_whatever_the_order(self):
        allow, deny = document(statement()), document(statement(Effect="Deny"))

        assert effect([allow, deny]) == effect([deny, allow]) == "explicitDeny"

    def test_reads_not_action_and_not_resource(self):
        everything_but = document(
            {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:codecommit:*:*:secret"}
        )

        assert effect([everything_but]) == "allowed"
        assert effect([everything_but], action="iam:CreateUser") == "implicitDeny"
        assert effect([everything_but], resource="arn:aws:codecommit:r:a:secret") == "implicitDeny"

    def test_protects_a_branch_in_both_phases_of_a_push(self):
        """The pattern that AWS documents: refs are unknown when the push begins."""
        guard = statement(
            Effect="Deny",
            Action="codecommit:GitPush",
            Condition={
                "StringEqualsIfExists": {"codecommit:References": ["refs/heads/main"]},
                "Null": {"codecommit:References": "false"},
            },
        )
        both = [document(statement(Action="codecommit:*")), document(guard)]

        assert effect(both, action="codecommit:GitPush") == "allowed"
        assert effect(both, action="codecommit:GitPush", codecommit__References=["refs/heads/x"]) == "allowed"
        assert (
            effect(both, action="codecommit:GitPush", codecommit__References=["refs/heads/main"])
            == "explicitDeny"
        )

    def test_explains_every_statement_that_speaks_about_the_request(self):
        office = statement(Sid="Office", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
        source = PolicySource(
            "p", parse(document(office, statement(Sid="Free"), statement(Action="a:B"))), "user"
        )

        reasons = list(
            explain(
                Policies(identity=[source]),
                "codecommit:GitPull",
                ARN,
                normalise({"aws:SourceIp": "192.0.2.1"}),
            )
        )

        assert [(r.statement, r.effect, r.unmet) for r in reasons] == [
            ("Office", "", ("IpAddress aws:SourceIp 10.0.0.0/8",)),
            ("Free", "allow", ()),
        ]


class TestConditions:
    @pytest.mark.parametrize(
        ("operator", "wanted", "given_value", "answer"),
        [
            ("StringEquals", "a", "a", True),
            ("StringEquals", ["a", "b"], "b", True),
            ("StringEquals", "a", "A", False),
            ("StringEquals", "a", None, False),
            ("StringEqualsIfExists", "a", None, True),
            ("StringEqualsIgnoreCase", "a", "A", True),
            ("StringNotEquals", ["a", "b"], "b", False),
            ("StringNotEquals", ["a", "b"], "c", True),
            ("StringNotEquals", "a", None, True),
            ("StringLike", "refs/heads/*", "refs/heads/main", True),
            ("StringLike", "${*}", "*", True),
            ("StringLike", "${*}", "x", False),
            ("StringNotLike", "refs/*", "refs/heads/main", False),
            ("Bool", "true", "true", True),
            ("Bool", True, "TRUE", True),
            ("Bool", "true", None, False),
            ("BoolIfExists", "false", None, True),
            ("Null", "true", None, True),
            ("Null", "false", "x", True),
            ("Null", "true", "x", False),
            ("NumericLessThan", "5", "4.5", True),
            ("NumericLessThan", 5, "5", False),
            ("NumericNotEquals", "5", "6", True),
            ("NumericEquals", "5", "five", False),
            ("DateLessThan", "2026-02-01T00:00:00Z", "2026-01-31T12:00:00+00:00", True),
            ("DateGreaterThan", "2026-02-01", "2026-01-31T12:00:00Z", False),
            ("DateGreaterThanEquals", "1769860800", "2026-01-31T12:00:00Z", True),
            ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
            ("IpAddress", "10.0.0.0/8", "::1", False),
            ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
            ("IpAddress", "10.0.0.0/8", "not an address", False),
            ("NotIpAddress", "10.0.0.0/8", "192.0.2.1", True),
            ("ArnLike", "arn:aws:iam::*:user/a*", "arn:aws:iam::1:user/ann", True),
            ("ArnEquals", "arn:aws:iam::*:user/a*", "arn:aws:iam::1:user/ann", True),
            ("ArnNotLike", "arn:aws:iam::*:user/a*", "arn:aws:iam::1:user/bob", True),
            ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
            ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
            ("ForAllValues:StringEquals", ["a"], None, True),
            ("ForAnyValue:StringEquals", ["a"], ["c", "a"], True),
            ("ForAnyValue:StringEquals", ["a"], ["c"], False),
            ("ForAnyValue:StringEquals", ["a"], None, False),
            ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
            ("ForAnyValue:StringNotEquals", ["a"], None, False),
            ("ForAnyValue:StringEqualsIfExists", ["a"], None, True),
            ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
            ("ForAllValues:StringNotEquals", ["a"], ["a", "c"], False),
            ("ForAllValues:StringEquals", ["a"], [], True),
            ("StringEquals", ["a"], ["c", "a"], True),
            ("StringNotEquals", ["a"], ["c", "a"], False),
            ("Null", "true", [], True),
            ("BinaryEquals", "QUFB", "QUFB", True),
            ("BinaryEquals", "QUFB", "QUFC", False),
            ("BinaryEquals", "QUFB", "not base64!", False),
            ("StringNotEqualsIgnoreCase", "a", "A", False),
            ("ArnNotEquals", "arn:aws:iam::1:user/ann", "arn:aws:iam::1:user/bob", True),
            ("ArnEquals", "arn:aws:iam::*:role/x", "arn:aws:iam:a:b:role/x", False),
            ("NumericEquals", "5", "nan", False),
            ("DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", False),
        ],
    )
    def test_hold_as_documented(self, operator, wanted, given_value, answer):
        policy = document(statement(Condition={operator: {"test:Key": wanted}}))
        context = {} if given_value is None else {"TEST__key": given_value}

        assert effect([policy], **context) == ("allowed" if answer else "implicitDeny")

    def test_must_all_hold(self):
        both = {"StringEquals": {"a:b": "1", "a:c": "2"}}

        assert effect([document(statement(Condition=both))], a__b="1", a__c="2") == "allowed"
        assert effect([document(statement(Condition=both))], a__b="1", a__c="3") == "implicitDeny"


class TestVariables:
    OWN = "arn:aws:iam::*:user/${aws:username}"

    def ask(self, resource, version="2012-10-17", pattern=OWN, **context):
        policy = document(statement(Resource=pattern), version=version)
        return effect([policy], resource=resource, **context)

    def test_stand_for_the_caller(self):
        assert self.ask("arn:aws:iam::1:user/ann", aws__username="ann") == "allowed"
        assert self.ask("arn:aws:iam::1:user/bob", aws__username="ann") == "implicitDeny"

    def test_do_not_bring_wildcards_in(self):
        assert self.ask("arn:aws:iam::1:user/bob", aws__username="*") == "implicitDeny"
        assert self.ask("arn:aws:iam::1:user/*", aws__username="*") == "allowed"

    def test_match_nothing_without_a_value(self):
        assert self.ask("arn:aws:iam::1:user/ann") == "implicitDeny"
        assert self.ask("arn:aws:iam::1:user/") == "implicitDeny"

    def test_have_defaults(self):
        pattern = "arn:aws:iam::*:user/${aws:team, 'all'}"

        assert self.ask("arn:aws:iam::1:user/all", pattern=pattern) == "allowed"

    def test_are_plain_text_in_the_old_version(self):
        assert (
            self.ask("arn:aws:iam::1:user/ann", version="2008-10-17", aws__username="ann") == "implicitDeny"
        )

    def test_deny_nothing_without_a_value(self):
        """An unresolvable variable makes a resource match nothing, a deny's too: keep denials plain."""
        deny = document(statement(), statement(Effect="Deny", Resource=self.OWN))

        assert effect([deny], resource="arn:aws:iam::1:user/ann") == "allowed"


class TestAgainstTheSlowTwin:
    @given(
        documents=at_random.documents(),
        action=at_random.ACTIONS,
        resource=at_random.ARNS,
        context=at_random.contexts(),
    )
    @settings(max_examples=400, deadline=None)
    def test_both_decide_alike(self, documents, action, resource, context):
        sources = [PolicySource("p", parse(d), "user") for d in documents]

        fast = decide(Policies(identity=sources), action, resource, normalise(context)).effect

        assert fast == slow_twin.decide(documents, action, resource, context)

    @given(pattern=st.text("ab*?:", max_size=8), text=st.text("ab:", max_size=8))
    @settings(max_examples=300, deadline=None)
    def test_both_match_alike(self, pattern, text):
        assert arn_matches(pattern, text) == slow_twin.like_arn(pattern, text)
