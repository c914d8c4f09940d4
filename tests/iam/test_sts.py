"""Temporary credentials: who gets which, and what they are worth."""

import json
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from devopsweb.awsapi import registry, sigv4
from devopsweb.awsapi.errors import AwsError, ParameterProblem
from devopsweb.awsapi.registry import Call
from devopsweb.iam import api as iam
from devopsweb.iam import credentials_source
from devopsweb.iam.actions import keys
from devopsweb.iam.errors import MalformedPolicyDocument
from devopsweb.iam.mfa import actions as mfa
from devopsweb.iam.models import AccessKey, Policy, PolicyAttachment, Role, User
from devopsweb.iam.sts.errors import PackedPolicyTooLarge, SessionDenied
from devopsweb.kernel import sealing
from devopsweb.kernel.principals import Principal
from tests.awsapi.signing import signed

NOW = datetime.now(UTC).replace(microsecond=0)
REPOSITORY = "arn:aws:codecommit:us-east-1:123456789012:shop"


def document(*statements: dict) -> dict:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(principal: object, *actions: str, **conditions: dict) -> dict:
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions or ["sts:AssumeRole"])}
    return document({**statement, **({"Condition": conditions} if conditions else {})})


def allow(action: object, resource: str = "*") -> dict:
    return document({"Effect": "Allow", "Action": action, "Resource": resource})


def make_role(name: str, trusted: dict, allowed: dict | None = None, **more) -> Role:
    role = Role.objects.create(name=name, trust_policy=trusted, **more)
    if allowed:
        policy = Policy.objects.create(name=f"{name}-policy", document=allowed)
        PolicyAttachment.objects.create(policy=policy, role=role)
    return role


class Client:
    """Calls STS under one pair of keys, signed."""

    def __init__(self, key_id: str, secret: str, token: str = "") -> None:
        self.key_id, self.secret, self.token = key_id, secret, token

    def principal(self, at: datetime = NOW) -> Principal:
        request = signed(
            key_id=self.key_id, secret=self.secret, token=self.token, service="sts", at=at,
        )  # fmt: skip
        return sigv4.verify(request, at, context={"aws:SourceIp": "192.0.2.7"}).principal

    def __call__(self, operation: str, at: datetime = NOW, **params) -> dict:
        call = Call(service="sts", operation=operation, principal=self.principal(at), request_id="r", at=at)
        return registry.find("sts").operations[operation].function(call, params)

    def assume(self, role: Role, at: datetime = NOW, **params) -> "Client":
        given = {"RoleSessionName": "night-shift", **params}
        return client_of_answer(self("AssumeRole", at, RoleArn=role.arn, **given))


def client_of_answer(answer: dict) -> Client:
    made = answer["Credentials"]
    return Client(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def client_for(user: User) -> Client:
    key, secret = keys.create(user=user, by=None, at=NOW)
    return Client(key.pk, secret)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    credentials_source._uses.clear()
    # These tests repeat requests on purpose.
    monkeypatch.setattr("devopsweb.awsapi.sigv4.replay.check", lambda *_, **__: None)


@pytest.fixture
def ana(owner) -> Client:
    return client_for(owner)


@pytest.fixture
def role(owner) -> Role:
    return make_role("deployer", trust({"AWS": owner.arn}), allow("codecommit:*"), max_session_seconds=7200)


class TestGetCallerIdentity:
    def test_names_the_user(self, ana, owner):
        assert ana("GetCallerIdentity") == {
            "UserId": owner.unique_id,
            "Account": "123456789012",
            "Arn": owner.arn,
        }

    def test_names_the_roles_session(self, ana, role):
        assert ana.assume(role)("GetCallerIdentity") == {
            "UserId": f"{role.unique_id}:night-shift",
            "Account": "123456789012",
            "Arn": "arn:aws:sts::123456789012:assumed-role/deployer/night-shift",
        }

    def test_is_never_refused(self, outsider):
        assert client_for(outsider)("GetCallerIdentity")["Arn"] == outsider.arn


class TestAssumeRole:
    def test_gives_what_the_role_allows(self, ana, role):
        session = ana.assume(role).principal()

        assert iam.is_allowed(session, "codecommit:GitPush", REPOSITORY)
        assert not iam.is_allowed(session, "codepipeline:StartPipelineExecution", "*")

    def test_answers_as_sts_does(self, ana, role):
        answer = ana("AssumeRole", RoleArn=role.arn, RoleSessionName="night-shift", DurationSeconds=900)

        assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
        assert answer["Credentials"]["Expiration"] == NOW + timedelta(seconds=900)
        assert answer["AssumedRoleUser"] == {
            "AssumedRoleId": f"{role.unique_id}:night-shift",
            "Arn": "arn:aws:sts::123456789012:assumed-role/deployer/night-shift",
        }
        assert answer["PackedPolicySize"] == 0

    def test_needs_the_callers_permission(self, outsider, role):
        role.trust_policy = trust({"AWS": "123456789012"})
        role.save()

        with pytest.raises(iam.AccessDenied, match="sts:AssumeRole"):
            client_for(outsider).assume(role)

    def test_lets_in_whom_the_trust_policy_names(self, outsider, role):
        role.trust_policy = trust({"AWS": outsider.arn})
        role.save()

        assert client_for(outsider).assume(role).principal().role_id == role.pk

    def test_is_refused_to_whom_the_role_does_not_trust(self, teammate, ana, role):
        role.trust_policy = trust({"AWS": teammate.arn})
        role.save()

        with pytest.raises(iam.AccessDenied):
            ana.assume(role)

    def test_tells_nothing_of_a_role_that_is_not_there(self, ana):
        with pytest.raises(iam.AccessDenied):
            ana("AssumeRole", RoleArn="arn:aws:iam::123456789012:role/gone", RoleSessionName="night-shift")

    def test_is_refused_to_an_administrator_whom_the_role_does_not_trust(self, teammate, role):
        admin = User.objects.create_superuser("boss")
        role.trust_policy = trust({"AWS": teammate.arn})
        role.save()

        with pytest.raises(iam.AccessDenied):
            client_for(admin).assume(role)

    def test_asks_for_the_external_id(self, ana, owner, role):
        role.trust_policy = trust({"AWS": owner.arn}, StringEquals={"sts:ExternalId": "shop-42"})
        role.save()

        assert ana.assume(role, ExternalId="shop-42").principal()
        for wrong in ({}, {"ExternalId": "shop-43"}):
            with pytest.raises(iam.AccessDenied):
                ana.assume(role, **wrong)

    def test_is_limited_by_a_session_policy(self, ana, role):
        session = ana.assume(role, Policy=json.dumps(allow("codecommit:GitPull"))).principal()

        assert iam.is_allowed(session, "codecommit:GitPull", REPOSITORY)
        assert not iam.is_allowed(session, "codecommit:GitPush", REPOSITORY)

    def test_is_limited_by_managed_policies_as_session_policies(self, ana, role):
        pull = Policy.objects.create(name="pull", document=allow("codecommit:GitPull"))
        session = ana.assume(role, PolicyArns=[{"arn": pull.arn}]).principal()

        assert iam.is_allowed(session, "codecommit:GitPull", REPOSITORY)
        assert not iam.is_allowed(session, "codecommit:GitPush", REPOSITORY)

        Policy.objects.filter(pk=pull.pk).get().delete()

        assert not iam.is_allowed(ana.assume(role).principal(), "codepipeline:GetPipeline", "*")

    def test_refuses_a_session_policy_that_is_none(self, ana, role):
        with pytest.raises(MalformedPolicyDocument):
            ana.assume(role, Policy="{}")

    def test_refuses_managed_policies_that_are_not_there(self, ana, role):
        with pytest.raises(ParameterProblem, match="does not exist"):
            ana.assume(role, PolicyArns=[{"arn": "arn:aws:iam::123456789012:policy/gone"}])

    def test_refuses_more_than_a_token_can_carry(self, ana, owner, role):
        role.trust_policy = trust({"AWS": owner.arn}, "sts:AssumeRole", "sts:TagSession")
        role.save()
        tags = [{"Key": f"k{n}", "Value": pyotp.random_base32(160)} for n in range(50)]

        with pytest.raises(PackedPolicyTooLarge, match="Packed policy consumes"):
            ana.assume(role, Tags=tags)

    def test_lasts_no_longer_than_the_role_says(self, ana, role):
        with pytest.raises(ParameterProblem, match="exceeds the MaxSessionDuration"):
            ana.assume(role, DurationSeconds=7201)

    def test_ends(self, ana, role):
        session = ana.assume(role, DurationSeconds=900)
        later = NOW + timedelta(seconds=900)

        with pytest.raises(sigv4.Refused, match="expired"):
            session.principal(later)


class TestChains:
    @pytest.fixture
    def second(self, role) -> Role:
        return make_role(
            "second", trust({"AWS": role.arn}, "sts:AssumeRole", "sts:TagSession"), max_session_seconds=7200
        )

    @pytest.fixture
    def first(self, role, owner) -> Role:
        role.trust_policy = trust(
            {"AWS": owner.arn}, "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"
        )
        role.save()
        return role

    def test_last_an_hour_at_most(self, ana, first, second):
        session = ana.assume(first)

        assert session.assume(second, DurationSeconds=3600).principal().role_id == second.pk
        with pytest.raises(ParameterProblem, match="role chaining"):
            session.assume(second, DurationSeconds=3601)

    def test_carry_transitive_tags(self, ana, first, second):
        tags = [{"Key": "team", "Value": "blue"}, {"Key": "own", "Value": "1"}]
        session = ana.assume(first, Tags=tags, TransitiveTagKeys=["team"])

        assert session.principal().session["aws:PrincipalTag/own"] == "1"

        chained = session.assume(second)

        assert chained.principal().session["aws:PrincipalTag/team"] == "blue"
        assert "aws:PrincipalTag/own" not in chained.principal().session
        with pytest.raises(ParameterProblem, match="transitive tag key"):
            session.assume(second, Tags=[{"Key": "Team", "Value": "red"}])

    def test_keep_the_source_identity(self, ana, first, second):
        session = ana.assume(first, SourceIdentity="ana")

        assert session.assume(second).principal().session["aws:SourceIdentity"] == "ana"
        with pytest.raises((SessionDenied, iam.AccessDenied)):
            session.assume(second, SourceIdentity="bob")

    @pytest.mark.parametrize("end", ["off", "delete"])
    def test_end_with_the_key_that_signed_for_the_first(self, ana, first, second, owner, end):
        chained = ana.assume(first).assume(second)
        alone = client_of_answer(ana("GetSessionToken"))
        other = client_for(owner)
        [key] = AccessKey.objects.filter(pk=ana.key_id)

        if end == "off":
            keys.set_status(key=key, active=False, by=None, at=NOW)
        else:
            keys.delete(key=key, by=None, at=NOW)

        for session in (chained, alone):
            with pytest.raises(sigv4.Refused):
                session.principal()
        assert other.assume(first).principal().kind == "AssumedRole"

    def test_end_when_the_user_who_began_is_switched_off(self, ana, first, second, owner):
        chained = ana.assume(first).assume(second)
        assert chained.principal()
        owner.is_active = False
        owner.save()

        with pytest.raises(sigv4.Refused):
            chained.principal()


class TestTags:
    def test_need_permission_of_their_own(self, ana, role):
        with pytest.raises(iam.AccessDenied, match="sts:TagSession"):
            ana.assume(role, Tags=[{"Key": "team", "Value": "blue"}])

    def test_decide_in_policies(self, ana, owner, role):
        role.trust_policy = trust({"AWS": owner.arn}, "sts:AssumeRole", "sts:TagSession")
        role.save()
        PolicyAttachment.objects.filter(role=role).delete()
        only_blue = document(
            {
                "Effect": "Allow",
                "Action": "codecommit:*",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}},
            }
        )
        PolicyAttachment.objects.create(
            policy=Policy.objects.create(name="blue", document=only_blue), role=role
        )

        blue, red = (
            ana.assume(role, Tags=[{"Key": "team", "Value": team}]).principal() for team in ("blue", "red")
        )

        assert iam.is_allowed(blue, "codecommit:GitPull", REPOSITORY)
        assert not iam.is_allowed(red, "codecommit:GitPull", REPOSITORY)

    @pytest.mark.parametrize(
        ("tags", "transitive"),
        [
            ([{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}], []),
            ([{"Key": "aws:x", "Value": "1"}], []),
            ([{"Key": "a", "Value": "1"}], ["b"]),
        ],
    )
    def test_are_checked(self, ana, owner, role, tags, transitive):
        role.trust_policy = trust({"AWS": owner.arn}, "sts:AssumeRole", "sts:TagSession")
        role.save()

        with pytest.raises(ParameterProblem):
            ana.assume(role, Tags=tags, TransitiveTagKeys=transitive)


@pytest.fixture
def device(owner):
    made = mfa.create(name="owner", by=iam.principal_of(owner), at=NOW)
    totp = pyotp.TOTP(made.seed)
    codes = [totp.at(NOW - timedelta(seconds=30)), totp.at(NOW)]
    return mfa.enable(device=made, user=owner, given=codes, by=iam.principal_of(owner), at=NOW)


LATER = NOW + timedelta(seconds=60)


class TestSecondFactor:
    def code(self, device) -> str:
        return pyotp.TOTP(device.seed).at(LATER)

    def test_opens_roles_that_ask_for_it(self, ana, owner, role, device):
        role.trust_policy = trust({"AWS": owner.arn}, Bool={"aws:MultiFactorAuthPresent": "true"})
        role.save()

        with pytest.raises(iam.AccessDenied):
            ana.assume(role, LATER)

        session = ana.assume(role, LATER, SerialNumber=device.arn, TokenCode=self.code(device))

        assert session.principal(LATER).session["aws:MultiFactorAuthPresent"] == "true"

    def test_is_taken_once(self, ana, device):
        given = {"SerialNumber": device.arn, "TokenCode": self.code(device)}
        ana("GetSessionToken", LATER, **given)

        with pytest.raises(SessionDenied, match="one time pass code"):
            ana("GetSessionToken", LATER, **given)

    def test_of_somebody_else_is_refused(self, outsider, device):
        with pytest.raises(SessionDenied):
            client_for(outsider)(
                "GetSessionToken", LATER, SerialNumber=device.arn, TokenCode=self.code(device)
            )

    def test_locks_after_failures(self, ana, device):
        for _ in range(5):
            with pytest.raises(SessionDenied):
                ana("GetSessionToken", LATER, SerialNumber=device.arn, TokenCode="000000")

        with pytest.raises(iam.TooManyAttempts):
            ana("GetSessionToken", LATER, SerialNumber=device.arn, TokenCode=self.code(device))


class TestGetSessionToken:
    def test_is_the_user(self, ana, owner):
        answer = ana("GetSessionToken")
        principal = client_of_answer(answer).principal()

        assert answer["Credentials"]["Expiration"] == NOW + timedelta(hours=12)
        assert (principal.arn, principal.kind, principal.user_id) == (owner.arn, "User", owner.pk)
        assert iam.is_allowed(principal, "codecommit:GitPush", REPOSITORY)

    def test_keeps_away_from_identities_without_a_second_factor(self, ana, device):
        plain = client_of_answer(ana("GetSessionToken")).principal()
        code = pyotp.TOTP(device.seed).at(LATER)
        strong = client_of_answer(ana("GetSessionToken", LATER, SerialNumber=device.arn, TokenCode=code))

        assert not iam.is_allowed(plain, "iam:CreateUser", "*")
        assert iam.is_allowed(strong.principal(LATER), "iam:CreateUser", "*")

    def test_needs_long_term_keys(self, ana, role):
        for session in (client_of_answer(ana("GetSessionToken")), ana.assume(role)):
            with pytest.raises(SessionDenied, match="session credentials"):
                session("GetSessionToken")

    def test_may_go_on_to_a_role(self, ana, role):
        assert client_of_answer(ana("GetSessionToken")).assume(role).principal().role_id == role.pk


class TestGetFederationToken:
    def test_gives_what_both_allow(self, ana):
        answer = ana("GetFederationToken", Name="visitor", Policy=json.dumps(allow("codecommit:GitPull")))
        principal = client_of_answer(answer).principal()

        assert answer["FederatedUser"] == {
            "FederatedUserId": "123456789012:visitor",
            "Arn": "arn:aws:sts::123456789012:federated-user/visitor",
        }
        assert (principal.kind, principal.unique_id) == ("FederatedUser", "123456789012:visitor")
        assert iam.is_allowed(principal, "codecommit:GitPull", REPOSITORY)
        assert not iam.is_allowed(principal, "codecommit:GitPush", REPOSITORY)

    def test_gives_nothing_without_a_policy(self, ana):
        principal = client_of_answer(ana("GetFederationToken", Name="visitor")).principal()

        assert not iam.is_allowed(principal, "codecommit:GitPull", REPOSITORY)

    def test_never_reaches_identities(self, ana, role):
        visitor = client_of_answer(ana("GetFederationToken", Name="visitor", Policy=json.dumps(allow("*"))))

        assert not iam.is_allowed(visitor.principal(), "iam:ListUsers", "*")
        with pytest.raises(SessionDenied):
            visitor.assume(role)

    def test_needs_permission(self, outsider):
        with pytest.raises(iam.AccessDenied):
            client_for(outsider)("GetFederationToken", Name="visitor")


class TestGetAccessKeyInfo:
    def test_names_the_account(self, ana):
        assert ana("GetAccessKeyInfo", AccessKeyId="AKIAIOSFODNN7EXAMPLE") == {"Account": "123456789012"}

    def test_refuses_what_is_no_key(self, ana):
        with pytest.raises(AwsError):
            ana("GetAccessKeyInfo", AccessKeyId="not-a-key-at-all")

    def test_is_refused_to_an_outsider(self, outsider):
        with pytest.raises(iam.AccessDenied):
            client_for(outsider)("GetAccessKeyInfo", AccessKeyId="AKIAIOSFODNN7EXAMPLE")


class TestSecretsAtRest:
    def test_are_not_needed_for_sessions(self, ana, role):
        """Nothing about a session is stored: only the installation's key opens its token."""
        token = ana.assume(role).token

        with pytest.raises(sealing.CannotUnseal):
            sealing.unseal(token.replace(".", ":", 1))
