"""IAM's policy simulator through the door, and the places of statements."""

import json

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from devopsweb.iam import api
from devopsweb.iam.engine.positions import spans
from devopsweb.iam.models import InlinePolicy, User, UserGroup
from tests.awsapi.local import aws
from tests.iam.test_api import statement

PROJECT = "arn:aws:codebuild:us-east-1:123456789012:project/web"
OTHER = "arn:aws:codebuild:us-east-1:123456789012:project/shop"
START = json.dumps(statement("codebuild:StartBuild", PROJECT))
ANN = "arn:aws:iam::123456789012:user/ann"


@pytest.fixture
def call(owner):
    """Calls of the owner."""
    return lambda operation, **params: aws(owner)("iam", operation, **params)


@pytest.fixture
def ann(db):
    """A user with an attached, an inline and a group's policy."""
    api.ensure_policy("reader", statement("codebuild:BatchGet*"))
    api.ensure_group("readers", policies=["reader"])
    api.ensure_user("ann", groups=["readers"])
    user = User.objects.get(username="ann")
    office = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    InlinePolicy.objects.create(
        name="starter", user=user, document=statement("codebuild:StartBuild", PROJECT, Condition=office)
    )
    InlinePolicy.objects.create(
        name="stop", group=UserGroup.objects.get(), document=statement("codebuild:StopBuild", effect="Deny")
    )
    return user


def decisions(answer):
    return {one["EvalActionName"]: one["EvalDecision"] for one in answer["EvaluationResults"]}


class TestCustomPolicy:
    def test_names_the_statement_and_its_place(self, call):
        answer = call(
            "SimulateCustomPolicy",
            PolicyInputList=[START],
            ActionNames=["codebuild:StartBuild"],
            ResourceArns=[PROJECT],
        )

        result = answer["EvaluationResults"][0]
        assert (result["EvalResourceName"], result["EvalDecision"]) == (PROJECT, "allowed")
        matched = result["ResourceSpecificResults"][0]["MatchedStatements"][0]
        assert matched["SourcePolicyId"] == "PolicyInputList.1"
        place = START[matched["StartPosition"]["Column"] - 1 : matched["EndPosition"]["Column"]]
        assert json.loads(place) == statement("codebuild:StartBuild", PROJECT)["Statement"][0]

    def test_shows_only_the_denial_when_there_is_one(self, call):
        deny = json.dumps(statement("codebuild:*", effect="Deny"))

        answer = call(
            "SimulateCustomPolicy", PolicyInputList=[START, deny], ActionNames=["codebuild:StartBuild"]
        )

        result = answer["EvaluationResults"][0]
        assert result["EvalDecision"] == "explicitDeny"
        assert [one["SourcePolicyId"] for one in result["MatchedStatements"]] == ["PolicyInputList.2"]

    def test_answers_for_each_resource_and_the_worst_for_all(self, call):
        answer = call(
            "SimulateCustomPolicy", PolicyInputList=[START], ActionNames=["codebuild:StartBuild"], ResourceArns=[PROJECT, OTHER]
        )  # fmt: skip

        result = answer["EvaluationResults"][0]
        assert (result["EvalResourceName"], result["EvalDecision"]) == ("*", "implicitDeny")
        each = {
            one["EvalResourceName"]: one["EvalResourceDecision"] for one in result["ResourceSpecificResults"]
        }
        assert each == {PROJECT: "allowed", OTHER: "implicitDeny"}

    def test_tells_which_context_is_missing(self, call):
        policy = json.dumps(
            statement(
                "codebuild:*",
                "arn:aws:codebuild:*:*:project/${aws:username}",
                Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            )
        )
        ask = {
            "PolicyInputList": [policy],
            "ActionNames": ["codebuild:StartBuild"],
            "ResourceArns": [PROJECT],
        }

        blind = call("SimulateCustomPolicy", **ask)["EvaluationResults"][0]
        entries = [
            {"ContextKeyName": "aws:username", "ContextKeyValues": ["web"], "ContextKeyType": "string"},
            {
                "ContextKeyName": "aws:MultiFactorAuthPresent",
                "ContextKeyValues": ["true"],
                "ContextKeyType": "boolean",
            },
        ]
        told = call("SimulateCustomPolicy", ContextEntries=entries, **ask)["EvaluationResults"][0]

        assert blind["MissingContextValues"] == ["aws:username"]
        assert (told["EvalDecision"], told["MissingContextValues"]) == ("allowed", [])

    def test_weighs_a_boundary_and_an_organisation(self, call):
        nothing = json.dumps(statement("s3:*"))
        ask = {"PolicyInputList": [START], "ActionNames": ["codebuild:StartBuild"], "ResourceArns": [PROJECT]}

        bounded = call("SimulateCustomPolicy", PermissionsBoundaryPolicyInputList=[nothing], **ask)
        member = call(
            "SimulateCustomPolicy",
            OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": [nothing]}],
            **ask,
        )

        first, second = bounded["EvaluationResults"][0], member["EvaluationResults"][0]
        assert first["EvalDecision"] == second["EvalDecision"] == "implicitDeny"
        assert first["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
        assert second["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
        assert first["MatchedStatements"] == []

    def test_weighs_the_resources_policy_for_a_user(self, call, ann):
        open_to_ann = statement("codebuild:StartBuild", Principal={"AWS": ANN})
        ask = {"PolicyInputList": [json.dumps(statement("s3:*"))], "ActionNames": ["codebuild:StartBuild"]}
        ask["ResourcePolicy"] = json.dumps(open_to_ann)

        answer = call("SimulateCustomPolicy", CallerArn=ANN, **ask)["EvaluationResults"][0]

        assert answer["EvalDecision"] == "allowed"
        assert answer["MatchedStatements"][0]["SourcePolicyType"] == "Resource Policy"
        with pytest.raises(ClientError, match="CallerArn must be the ARN of a user"):
            call("SimulateCustomPolicy", **ask)

    @pytest.mark.parametrize(
        ("params", "words"),
        [
            ({"PolicyInputList": ["{"]}, "PolicyInputList.1: line 1"),
            ({"PolicyInputList": ['{"Statement": []}']}, "Missing required field Statement"),
            ({"ActionNames": ["StartBuild"]}, "is not an action"),
            ({"PermissionsBoundaryPolicyInputList": [START, START]}, "Only one permissions boundary"),
            ({"Marker": "nonsense"}, "not valid"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, call, params, words):
        with pytest.raises(ClientError, match=words) as refused:
            call(
                "SimulateCustomPolicy",
                **{"PolicyInputList": [START], "ActionNames": ["codebuild:StartBuild"], **params},
            )

        assert refused.value.response["Error"]["Code"] == "InvalidInput"

    def test_comes_in_pages(self, call):
        actions = [f"codebuild:Get{number}" for number in range(5)]
        first = call("SimulateCustomPolicy", PolicyInputList=[START], ActionNames=actions, MaxItems=3)
        rest = call(
            "SimulateCustomPolicy", PolicyInputList=[START], ActionNames=actions, MaxItems=3, Marker=first["Marker"]
        )  # fmt: skip

        assert (first["IsTruncated"], rest["IsTruncated"]) == (True, False)
        assert [*decisions(first), *decisions(rest)] == actions


class TestPrincipalPolicy:
    ACTIONS = ["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"]

    def test_asks_everything_that_reaches_a_user(self, call, ann):
        ask = {"PolicySourceArn": ANN, "ActionNames": self.ACTIONS, "ResourceArns": [PROJECT]}
        office = {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["10.1.1.1"], "ContextKeyType": "ip"}

        blind = call("SimulatePrincipalPolicy", **ask)
        told = call("SimulatePrincipalPolicy", ContextEntries=[office], **ask)

        assert list(decisions(blind).values()) == ["allowed", "implicitDeny", "explicitDeny"]
        assert list(decisions(told).values()) == ["allowed", "allowed", "explicitDeny"]
        assert blind["EvaluationResults"][1]["MissingContextValues"] == ["aws:SourceIp"]
        sources = [one["MatchedStatements"][0]["SourcePolicyId"] for one in told["EvaluationResults"]]
        assert sources == ["reader", "user_ann_starter", "group_readers_stop"]

    def test_tells_places_in_the_document_that_iam_shows(self, call, ann):
        arn = "arn:aws:iam::123456789012:policy/reader"
        answer = call(
            "SimulatePrincipalPolicy", PolicySourceArn=ANN, ActionNames=["codebuild:BatchGetBuilds"]
        )
        shown = call("GetPolicyVersion", PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]

        matched = answer["EvaluationResults"][0]["MatchedStatements"][0]
        text = json.dumps(shown, separators=(",", ":"))
        place = text[matched["StartPosition"]["Column"] - 1 : matched["EndPosition"]["Column"]]
        assert json.loads(place) == shown["Statement"][0]

    def test_agrees_with_what_is_really_allowed(self, call, ann):
        answer = call("SimulatePrincipalPolicy", PolicySourceArn=ANN, ActionNames=self.ACTIONS)

        principal = api.principal_of(ann)
        assert decisions(answer) == {
            action: api.authorize(principal, action, "*").effect for action in self.ACTIONS
        }

    def test_asks_groups_and_roles_too(self, call, ann):
        group = "arn:aws:iam::123456789012:group/readers"
        allow = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
        role = api.ensure_service_role("builder", service="codebuild", statements=[allow], at=ann.date_joined)

        of_group = call("SimulatePrincipalPolicy", PolicySourceArn=group, ActionNames=self.ACTIONS)
        of_role = call("SimulatePrincipalPolicy", PolicySourceArn=role, ActionNames=["logs:PutLogEvents"])

        assert list(decisions(of_group).values()) == ["allowed", "implicitDeny", "explicitDeny"]
        assert list(decisions(of_role).values()) == ["allowed"]

    @pytest.mark.parametrize(
        "excluded",
        [
            {"PolicyArn": "arn:aws:iam::123456789012:policy/reader"},
            {"PolicyType": "user-managed"},
        ],
    )
    def test_leaves_policies_out(self, call, ann, excluded):
        ask = {"PolicySourceArn": ANN, "ActionNames": self.ACTIONS}

        answer = call("SimulatePrincipalPolicy", PolicyExclusionList=[excluded], **ask)

        assert list(decisions(answer).values()) == ["implicitDeny", "implicitDeny", "explicitDeny"]

    def test_leaves_an_inline_policy_out(self, call, ann):
        inline = {"PolicyName": "stop", "AttachmentType": "group", "AttachmentName": "readers"}

        answer = call(
            "SimulatePrincipalPolicy",
            PolicySourceArn=ANN,
            ActionNames=["codebuild:StopBuild"],
            PolicyExclusionList=[{"InlinePolicyIdentifier": inline}],
        )

        assert list(decisions(answer).values()) == ["implicitDeny"]

    def test_knows_that_administrators_may_everything(self, call, db):
        User.objects.create_superuser("root", password="x")

        answer = call(
            "SimulatePrincipalPolicy",
            PolicySourceArn="arn:aws:iam::123456789012:user/root",
            ActionNames=["iam:CreateUser"],
        )

        assert list(decisions(answer).values()) == ["allowed"]

    @pytest.mark.parametrize(
        ("arn", "code"),
        [
            ("arn:aws:iam::123456789012:user/nobody", "NoSuchEntity"),
            ("arn:aws:iam::123456789012:policy/reader", "InvalidInput"),
        ],
    )
    def test_refuses_who_is_not_there(self, call, arn, code):
        with pytest.raises(ClientError) as refused:
            call("SimulatePrincipalPolicy", PolicySourceArn=arn, ActionNames=["a:B"])

        assert refused.value.response["Error"]["Code"] == code

    def test_is_refused_to_outsiders(self, outsider):
        for operation, params in {
            "SimulatePrincipalPolicy": {"PolicySourceArn": ANN, "ActionNames": ["a:B"]},
            "SimulateCustomPolicy": {"PolicyInputList": [START], "ActionNames": ["a:B"]},
            "GetContextKeysForPrincipalPolicy": {"PolicySourceArn": ANN},
            "GetContextKeysForCustomPolicy": {"PolicyInputList": [START]},
        }.items():
            with pytest.raises(ClientError) as refused:
                aws(outsider)("iam", operation, **params)
            assert refused.value.response["Error"]["Code"] == "AccessDenied"


class TestContextKeys:
    def test_of_given_policies(self, call):
        policy = statement(
            "codebuild:*",
            "arn:aws:codebuild:*:*:project/${aws:PrincipalTag/team, 'web'}-${*}",
            Condition={
                "StringEquals": {"aws:RequestTag/team": "${aws:username}"},
                "Null": {"AWS:username": "false"},
            },
        )

        answer = call("GetContextKeysForCustomPolicy", PolicyInputList=[json.dumps(policy)])

        assert answer["ContextKeyNames"] == ["aws:PrincipalTag/team", "aws:RequestTag/team", "AWS:username"]

    def test_of_a_user(self, call, ann):
        answer = call("GetContextKeysForPrincipalPolicy", PolicySourceArn=ANN)

        assert answer["ContextKeyNames"] == ["aws:SourceIp"]


class TestPlaces:
    def test_of_statements_in_several_lines(self):
        text = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Sid": "A"},\n    {\n      "Sid": "B"\n    }\n  ]\n}'

        assert [(one.start, one.end) for one in spans(text)] == [((4, 5), (4, 16)), ((5, 5), (7, 5))]

    @given(
        statements=st.lists(
            st.dictionaries(st.text(max_size=5), st.text(max_size=5)), min_size=1, max_size=4
        ),
        indent=st.sampled_from([None, 0, 2]),
        before=st.dictionaries(st.sampled_from(["Id", "Version"]), st.text(max_size=4)),
    )
    def test_cut_the_statements_out(self, statements, indent, before):
        text = json.dumps({**before, "Statement": statements}, indent=indent)
        lines = text.split("\n")

        def offset(place):
            return sum(len(line) + 1 for line in lines[: place[0] - 1]) + place[1] - 1

        cut = [json.loads(text[offset(one.start) : offset(one.end) + 1]) for one in spans(text)]

        assert cut == statements
