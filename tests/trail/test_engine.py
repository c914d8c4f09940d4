"""Secrets go, identities and resources are named as CloudTrail names them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devopsweb.iam import audit
from devopsweb.kernel.principals import ANONYMOUS, Principal
from monitoring.trail.engine import identity, masking, records, resources
from tests.trail.conftest import ANA, NOON

ACCOUNT = "123456789012"
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from("abcdef"), inside, max_size=3)
    ),
    max_leaves=8,
)
SECRET_NAMES = [
    "Password", "newPassword", "old_password", "SecretString", "SecretAccessKey", "secret_value", "OAuthToken",
    "sessionToken", "WebIdentityToken", "PrivateKey", "servicePassword", "token", "TokenCode",
]  # fmt: skip


class TestMasking:
    @given(st.sampled_from(SECRET_NAMES), st.lists(st.sampled_from(["a", 0]), max_size=6), PLAIN)
    def test_finds_a_secret_however_deep_it_lies(self, name, path, beside):
        value: object = {name: "S3CRET", "beside": beside}
        for step in path:
            value = {step: value} if isinstance(step, str) else [value]

        assert "S3CRET" not in json.dumps(masking.clean({"all": value}))
        assert "S3CRET" not in json.dumps(masking.clean({"text": json.dumps(value)}))

    @given(PLAIN)
    def test_leaves_what_is_no_secret(self, value):
        assert masking.clean({"x": value}, aws=False) == {"x": value}

    @pytest.mark.parametrize(
        "name",
        [
            "SecretId",
            "secretArn",
            "NextToken",
            "ClientRequestToken",
            "PasswordPolicy",
            "passwordResetRequired",
            "code",
        ],
    )
    def test_leaves_names_that_only_speak_of_secrets(self, name):
        assert not masking.is_secret(name)

    @pytest.mark.parametrize(
        "value",
        [
            {"environmentVariables": [{"name": "DB", "value": "S3CRET", "type": "PLAINTEXT"}]},
            {"configuration": {"EnvironmentVariables": '[{"name": "DB", "value": "S3CRET"}]'}},
            {"stages-0-actions-1-EnvironmentVariables": "DB=S3CRET\nOTHER=1"},
            {
                "document": json.dumps(
                    {"configuration": {"EnvironmentVariables": '[{"name":"DB","value":"S3CRET"}]'}}
                )
            },
            {"variables": "DB=S3CRET"},
            {"parameters": [{"name": "DbPassword", "value": "S3CRET"}]},
        ],
    )
    def test_hides_the_values_of_variables(self, value):
        cleaned = json.dumps(masking.clean(value))

        assert "S3CRET" not in cleaned
        assert masking.HIDDEN in cleaned

    def test_writes_members_as_cloudtrail_does(self):
        assert masking.clean({"UserName": "x", "Tags": [{"Key": "Team"}], "Dimensions": {"Host": "a"}}) == {
            "userName": "x",
            "tags": [{"key": "Team"}],
            "dimensions": {"Host": "a"},
        }

    def test_keeps_no_bytes_and_no_books(self):
        cleaned = masking.clean({"data": b"S3CRET", "book": "x" * 50_000})

        assert cleaned["data"] == "(6 bytes)"
        assert len(cleaned["book"]) < 21_000
        assert "omitted" in masking.limited({"a": "x" * 2000}, 1000)

    def test_bears_any_depth(self):
        value: object = "end"
        for _ in range(200):
            value = [value]

        assert "too deeply" in json.dumps(masking.clean({"a": value}))


class TestUserIdentity:
    def test_of_a_user(self):
        assert identity.of(ANA, account=ACCOUNT, access_key_id="AKIAX") == {
            "type": "IAMUser",
            "principalId": "AIDAANA",
            "arn": ANA.arn,
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAX",
            "userName": "ana",
        }

    def test_of_the_root(self):
        root = Principal(arn=f"arn:aws:iam::{ACCOUNT}:root", name="root")

        found = identity.of(root, account=ACCOUNT)
        assert (found["type"], found["principalId"]) == ("Root", ACCOUNT)
        assert identity.username(found) == "root"

    def test_of_a_role_of_a_service(self):
        role = Principal(
            arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/builder/run-1",
            name="builder/run-1",
            kind="AssumedRole",
            unique_id="AROAB:run-1",
            session={
                audit.INVOKED_BY: "codebuild.amazonaws.com",
                "aws:TokenIssueTime": "2026-03-17T12:00:00+00:00",
                audit.ROLE_ARN: f"arn:aws:iam::{ACCOUNT}:role/svc/builder",
                "aws:FederatedProvider": "arn:aws:iam::1:oidc-provider/ci.example",
                "ci.example:sub": "repo:shop",
            },
        )

        found = identity.of(role, account=ACCOUNT)
        assert found["type"] == "AssumedRole"
        assert found["principalId"] == "AROAB:run-1"
        assert found["invokedBy"] == "codebuild.amazonaws.com"
        issuer = found["sessionContext"]["sessionIssuer"]
        assert (issuer["type"], issuer["principalId"], issuer["userName"]) == ("Role", "AROAB", "builder")
        assert issuer["arn"] == f"arn:aws:iam::{ACCOUNT}:role/svc/builder"
        assert found["sessionContext"]["attributes"] == {
            "mfaAuthenticated": "false",
            "creationDate": "2026-03-17T12:00:00Z",
        }
        assert found["sessionContext"]["webIdFederationData"] == {
            "federatedProvider": "arn:aws:iam::1:oidc-provider/ci.example",
            "attributes": {"ci.example:sub": "repo:shop"},
        }
        assert identity.username(found) == "run-1"

    def test_of_a_service(self):
        found = identity.of(Principal(arn="", name="codepipeline", kind="Service"), account=ACCOUNT)

        assert found == {"type": "AWSService", "invokedBy": "codepipeline.amazonaws.com"}

    def test_of_whom_a_token_names(self):
        token = Principal(
            arn="arn:aws:iam::1:oidc-provider/ci.example",
            name="repo:shop",
            kind="WebIdentity",
            unique_id="ci.example:sts.amazonaws.com:repo:shop",
        )

        assert identity.of(token, account=ACCOUNT) == {
            "type": "WebIdentityUser",
            "principalId": "ci.example:sts.amazonaws.com:repo:shop",
            "userName": "repo:shop",
            "identityProvider": "arn:aws:iam::1:oidc-provider/ci.example",
        }

    def test_of_nobody(self):
        assert identity.of(ANONYMOUS, account=ACCOUNT)["type"] == "Unknown"


class TestResources:
    @pytest.mark.parametrize(
        ("arn", "type_", "name"),
        [
            ("arn:aws:codecommit:r:1:shop", "AWS::CodeCommit::Repository", "shop"),
            ("arn:aws:codebuild:r:1:project/shop", "AWS::CodeBuild::Project", "shop"),
            (
                "arn:aws:codedeploy:r:1:deploymentgroup:shop/prod",
                "AWS::CodeDeploy::DeploymentGroup",
                "shop/prod",
            ),
            ("arn:aws:iam::1:user/team/eve", "AWS::IAM::User", "eve"),
            ("arn:aws:cloudwatch:r:1:alarm:cpu", "AWS::CloudWatch::Alarm", "cpu"),
            ("arn:aws:logs:r:1:log-group:/shop/web:*", "AWS::Logs::LogGroup", "/shop/web"),
            ("arn:aws:ssm:r:1:parameter/shop/db", "AWS::SSM::Parameter", "/shop/db"),
        ],
    )
    def test_are_named_by_their_type(self, arn, type_, name):
        found = resources.of(arn)

        assert (found.type, found.name) == (type_, name)

    @pytest.mark.parametrize("text", ["*", "arn:aws:iam::1:user/*", "shop", "arn:aws:iam::1:"])
    def test_are_no_patterns(self, text):
        assert resources.of(text) is None

    @given(st.text())
    def test_bear_any_text(self, text):
        resources.of(f"arn:aws:{text}")

    def test_are_found_with_what_contains_them(self):
        action = resources.of("arn:aws:codepipeline:r:1:web/Production/approve")
        group = resources.of("arn:aws:codedeploy:r:1:deploymentgroup:shop/prod")

        stream = resources.of("arn:aws:logs:r:1:log-group:/shop/web:log-stream:1")

        names = [one.arn for one in resources.with_parents([action, group, stream])]
        assert "arn:aws:logs:r:1:log-group:/shop/web" in names
        assert "arn:aws:codepipeline:r:1:web" in names
        assert "arn:aws:codedeploy:r:1:application:shop" in names


class TestARecord:
    @given(
        st.text(),
        st.text(max_size=3000),
        st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3),
    )
    def test_is_one_line_whose_columns_can_be_kept(self, name, agent, parameters):
        said = records.Said(
            identity=identity.of(ANA, account=ACCOUNT), service="codecommit", name=name, at=NOON, region="r",
            account=ACCOUNT, read_only=False, user_agent=agent, parameters=parameters,
        )  # fmt: skip
        body = records.body(records.build(said))
        columns = records.columns(json.loads(body))

        assert "\n" not in body
        assert body.isascii()
        assert "\0" not in columns.event_name
        columns.event_name.encode()
        assert len(json.loads(body)["userAgent"]) <= 1024

    def test_carries_what_is_known_of_the_connection(self):
        said = records.Said(
            identity={}, service="cloudwatch", name="PutMetricAlarm", at=NOON, region="r", account=ACCOUNT,
            read_only=False, tls=True, host="devops.example", console=True, error_code="X", error_message="m" * 3000,
        )  # fmt: skip
        record = records.build(said)

        assert record["eventSource"] == "monitoring.amazonaws.com"
        assert record["tlsDetails"] == {"clientProvidedHostHeader": "devops.example"}
        assert record["sessionCredentialFromConsole"] == "true"
        assert len(record["errorMessage"]) == 1024


class TestARecorder:
    @pytest.fixture
    def deeds(self, monkeypatch):
        found: list[audit.Deed] = []
        monkeypatch.setattr(audit, "_observers", [found.append])
        return found

    def close(self, asked, *, safe=False, failed=False, denied=False):
        with audit.recording(audit.Facts(safe=safe, console=True)) as recorder:
            for action, refusal in asked:
                audit.required(ANA, action, "arn:x", refusal)
            recorder.close(failed=failed, denied=denied)

    def test_refuses_a_role_in_the_name_of_the_call_that_passes_it(self, deeds):
        self.close([("codepipeline:CreatePipeline", ""), ("iam:PassRole", "no iam:PassRole")], failed=True)

        (deed,) = deeds
        assert deed.action == "codepipeline:CreatePipeline"
        assert deed.error_message == "no iam:PassRole"

    def test_does_not_tell_a_passed_role(self, deeds):
        self.close([("codepipeline:CreatePipeline", ""), ("iam:PassRole", "")])

        assert [deed.action for deed in deeds] == ["codepipeline:CreatePipeline"]

    def test_tells_no_question_that_a_page_only_asked_itself(self, deeds):
        self.close([("codecommit:GetCommit", "no"), ("codepipeline:StartPipelineExecution", "")], safe=True)

        assert deeds == []

    def test_tells_a_service_at_once(self, deeds):
        robot = Principal(arn="", name="codepipeline", kind="Service")
        audit.required(robot, "codebuild:StartBuild", "arn:x")
        audit.required(robot, "codebuild:BatchGetBuilds", "arn:x")

        assert [deed.action for deed in deeds] == ["codebuild:StartBuild"]

    def test_tells_nothing_when_somebody_else_keeps_account(self, deeds):
        with audit.recording(audit.Facts()) as recorder:
            audit.required(ANA, "iam:CreateUser", "arn:x")
            audit.set_aside()
            recorder.close(failed=False, denied=False)

        assert deeds == []


class TestTextsThatHoldDocuments:
    @pytest.mark.parametrize("before", ["", "\n", "  \t"])
    @pytest.mark.parametrize("filling", [1, 30_000])
    def test_keep_no_secret_however_they_begin_and_however_long_they_are(self, before, filling):
        text = before + json.dumps({"configuration": {"OAuthToken": "hunter2"}, "note": "x" * filling})

        assert "hunter2" not in json.dumps(masking.clean({"definition": text}))
