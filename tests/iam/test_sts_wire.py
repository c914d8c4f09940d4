"""STS as clients of AWS see it: through the door, signed and parsed by botocore."""

import json
from datetime import timedelta

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from devopsweb.awsapi import calls
from devopsweb.iam.models import Policy, PolicyAttachment, Role
from devopsweb.iam.sts import tokens
from devopsweb.iam.sts.models import OpenIdProvider
from devopsweb.iam.sts.tokens import Session
from devopsweb.kernel import clock
from tests.awsapi import local
from tests.awsapi.local import aws
from tests.iam.issuer import Issuer

_request_of = local.request_of


def refused(call, *arguments, **params) -> dict:
    """Code, sentence and status of the refusal."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **params)
    answer = caught.value.response
    return {**answer["Error"], "Status": answer["ResponseMetadata"]["HTTPStatusCode"]}


def of(answer: dict) -> Credentials:
    made = answer["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


@pytest.fixture
def role(owner) -> Role:
    trust = {"Effect": "Allow", "Principal": {"AWS": owner.arn}, "Action": "sts:AssumeRole"}
    made = Role.objects.create(name="reader", trust_policy={"Version": "2012-10-17", "Statement": [trust]})
    allowed = {"Effect": "Allow", "Action": "codecommit:ListRepositories", "Resource": "*"}
    policy = Policy.objects.create(name="list", document={"Version": "2012-10-17", "Statement": [allowed]})
    PolicyAttachment.objects.create(policy=policy, role=made)
    return made


class TestSessions:
    def test_call_other_services(self, owner, role):
        answer = aws(owner)("sts", "AssumeRole", RoleArn=role.arn, RoleSessionName="night-shift")
        session = aws(of(answer))

        assert session("codecommit", "ListRepositories") == {"repositories": []}
        assert session("sts", "GetCallerIdentity")["Arn"].endswith(":assumed-role/reader/night-shift")
        error = refused(session, "codecommit", "CreateRepository", repositoryName="x")
        assert error["Code"] == "AccessDeniedException"
        assert "assumed-role/reader/night-shift is not authorized" in error["Message"]

    def test_of_users_and_visitors_are_given(self, owner):
        policy = json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "codecommit:List*", "Resource": "*"},
            }
        )
        user = aws(of(aws(owner)("sts", "GetSessionToken")))
        visitor = aws(of(aws(owner)("sts", "GetFederationToken", Name="visitor", Policy=policy)))

        assert user("sts", "GetCallerIdentity")["UserId"] == owner.unique_id
        assert visitor("codecommit", "ListRepositories") == {"repositories": []}
        assert visitor("sts", "GetCallerIdentity")["UserId"] == "123456789012:visitor"

    def test_that_have_ended_are_told_so_in_both_spellings(self, role):
        issued = int((clock.now() - timedelta(hours=2)).timestamp())
        session = Session(
            access_key_id="ASIATEMPORARYKEY2345", secret="s", kind="AssumedRole",
            identity=role.unique_id, name="late", issued=issued, expires=issued + 900,
        )  # fmt: skip
        late = aws(Credentials(session.access_key_id, session.secret, tokens.seal(session)))

        assert refused(late, "sts", "GetCallerIdentity")["Code"] == "ExpiredToken"
        assert refused(late, "codecommit", "ListRepositories")["Code"] == "ExpiredTokenException"

    def test_need_their_own_token(self, owner, role):
        made = of(aws(owner)("sts", "AssumeRole", RoleArn=role.arn, RoleSessionName="night-shift"))
        without = aws(Credentials(made.access_key, made.secret_key))

        assert refused(without, "sts", "GetCallerIdentity") == {
            "Code": "InvalidClientTokenId",
            "Message": "The security token included in the request is invalid.",
            "Status": 403,
            "Type": "Sender",
        }
        assert refused(without, "codecommit", "ListRepositories")["Code"] == "UnrecognizedClientException"


class TestReplays:
    def test_of_botocores_requests_are_refused(self, owner, monkeypatch):
        sent = []
        monkeypatch.setattr(
            local, "request_of", lambda prepared: sent.append(_request_of(prepared)) or sent[-1]
        )
        aws(owner)("sts", "GetCallerIdentity")

        again = calls.handle(sent[0], calls.Connection(source_ip="192.0.2.7"))

        assert again.status == 403
        assert b"<Code>SignatureDoesNotMatch</Code>" in again.body
        assert b"used before" in again.body


class TestRefusals:
    def ask(self, owner, role, **more) -> dict:
        return refused(
            aws(owner), "sts", "AssumeRole", **{"RoleArn": role.arn, "RoleSessionName": "night-shift", **more}
        )

    def test_of_trust_are_access_denied(self, outsider, role):
        error = self.ask(outsider, role)

        assert (error["Code"], error["Status"]) == ("AccessDenied", 403)
        assert (
            f"User: {outsider.arn} is not authorized to perform: sts:AssumeRole on resource: {role.arn}"
            in error["Message"]
        )

    def test_of_the_callers_kind_are_access_denied(self, owner):
        session = aws(of(aws(owner)("sts", "GetSessionToken")))
        error = refused(session, "sts", "GetSessionToken")

        assert (error["Code"], error["Status"]) == ("AccessDenied", 403)
        assert error["Message"] == "Cannot call GetSessionToken with session credentials"

    @pytest.mark.parametrize(
        ("params", "code", "sentence"),
        [
            ({"Policy": "{}"}, "MalformedPolicyDocument", "Statement"),
            ({"Policy": "x"}, "MalformedPolicyDocument", "invalid Json"),
            ({"DurationSeconds": 899}, "ValidationError", "greater than or equal to 900"),
            ({"DurationSeconds": 3601}, "ValidationError", "MaxSessionDuration"),
            ({"RoleSessionName": "n"}, "ValidationError", "length greater than or equal to 2"),
            ({"RoleSessionName": "night shift"}, "ValidationError", "regular expression pattern"),
            ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/Gone"}]}, "ValidationError", "does not exist"),
            ({"ProvidedContexts": [{"ProviderArn": "arn:aws:x:::yyyyyyyyyyyyy", "ContextAssertion": "abcd"}]}, "InvalidParameterValue", "not supported"),
        ],
    )  # fmt: skip
    def test_of_parameters_name_them(self, owner, role, params, code, sentence):
        error = self.ask(owner, role, **params)

        assert (error["Code"], error["Status"]) == (code, 400)
        assert sentence in error["Message"]


class TestWebIdentity:
    @pytest.fixture
    def issuer(self, settings):
        settings.DEVOPSWEB_OUTGOING_ALLOW = ["localhost"]
        started = Issuer().start()
        started.claims = {"sub": "job-17", "aud": "sts.amazonaws.com"}
        yield started
        started.stop()

    def test_needs_no_signature(self, issuer, role):
        provider = OpenIdProvider.objects.create(
            name=issuer.url.partition("://")[2], issuer=issuer.url,
            client_ids=["sts.amazonaws.com"], created_at=clock.now(),
        )  # fmt: skip
        role.trust_policy["Statement"][0] |= {
            "Principal": {"Federated": provider.arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
        role.save()
        nobody = aws(Credentials("", ""))

        answer = nobody(
            "sts", "AssumeRoleWithWebIdentity",
            RoleArn=role.arn, RoleSessionName="run-17", WebIdentityToken=issuer.token(),
        )  # fmt: skip

        assert answer["Provider"] == issuer.url
        assert aws(of(answer))("codecommit", "ListRepositories") == {"repositories": []}
        for token, code in (
            (issuer.token(exp=1, iat=0), "ExpiredTokenException"),
            ("nonsense", "InvalidIdentityToken"),
        ):
            error = refused(
                nobody, "sts", "AssumeRoleWithWebIdentity",
                RoleArn=role.arn, RoleSessionName="run-17", WebIdentityToken=token,
            )  # fmt: skip
            assert (error["Code"], error["Status"]) == (code, 400)
