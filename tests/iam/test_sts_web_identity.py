"""Roles for tokens of OpenID Connect issuers, and the issuers themselves."""

import base64
import json
from datetime import UTC, datetime

import pytest

from devopsweb.awsapi import registry
from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call
from devopsweb.events.models import Event
from devopsweb.iam import api as iam
from devopsweb.iam.credentials_source import find
from devopsweb.iam.errors import EntityAlreadyExists, NoSuchEntity
from devopsweb.iam.models import Policy, PolicyAttachment, Role, User
from devopsweb.iam.sts.errors import IdentityTokenExpired, InvalidIdentityToken, IssuerSilent
from devopsweb.iam.sts.models import OpenIdProvider
from devopsweb.kernel.principals import ANONYMOUS, Principal
from tests.iam.issuer import Issuer

NOW = datetime.now(UTC).replace(microsecond=0)
ARN = "arn:aws:iam::123456789012:oidc-provider/ci.example.com/org"


def call(principal: Principal, service: str, name: str, **params) -> dict:
    made = Call(service=service, operation=name, principal=principal, request_id="r", at=NOW)
    return registry.find(service).operations[name].function(made, params)


def _unsigned(issuer: str) -> str:
    """A token that nobody has signed."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "kid": "k"}, {"iss": issuer})]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "AAAA"])


@pytest.fixture
def issuer(settings):
    settings.DEVOPSWEB_OUTGOING_ALLOW = ["localhost"]
    started = Issuer().start()
    started.claims = {"sub": "repo:shop:ref:main", "aud": "sts.amazonaws.com", "repository": "shop"}
    yield started
    started.stop()


@pytest.fixture
def provider(db, issuer) -> OpenIdProvider:
    return OpenIdProvider.objects.create(
        name=issuer.url.partition("://")[2],
        issuer=issuer.url,
        client_ids=["sts.amazonaws.com"],
        created_at=NOW,
    )


@pytest.fixture
def role(provider) -> Role:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider.arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{provider.name}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{provider.name}:sub": "repo:shop:*"},
        },
    }
    made = Role.objects.create(name="ci", trust_policy={"Version": "2012-10-17", "Statement": [statement]})
    allowed = {"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "*"}
    policy = Policy.objects.create(name="pull", document={"Version": "2012-10-17", "Statement": [allowed]})
    PolicyAttachment.objects.create(policy=policy, role=made)
    return made


def assume(role: Role, token: str, **more) -> dict:
    return call(
        ANONYMOUS, "sts", "AssumeRoleWithWebIdentity",
        RoleArn=role.arn, RoleSessionName="run-17", WebIdentityToken=token, **more,
    )  # fmt: skip


class TestAssumeRoleWithWebIdentity:
    def test_gives_the_roles_session(self, issuer, role):
        answer = assume(role, issuer.token())

        assert answer["SubjectFromWebIdentityToken"] == "repo:shop:ref:main"
        assert answer["Audience"] == "sts.amazonaws.com"
        assert answer["Provider"] == issuer.url
        made = answer["Credentials"]
        principal = find(made["AccessKeyId"], made["SessionToken"]).principal({})
        assert principal.arn == "arn:aws:sts::123456789012:assumed-role/ci/run-17"
        assert principal.session["aws:FederatedProvider"].endswith(issuer.url.partition("://")[2])
        assert iam.is_allowed(
            principal, "codecommit:GitPull", "arn:aws:codecommit:us-east-1:123456789012:shop"
        )

    def test_is_refused_to_another_subject(self, issuer, role):
        with pytest.raises(iam.AccessDenied):
            assume(role, issuer.token(sub="repo:other:ref:main"))

    def test_is_refused_for_another_audience(self, issuer, role):
        with pytest.raises(InvalidIdentityToken):
            assume(role, issuer.token(aud="somebody-else"))

    def test_is_refused_to_a_subject_of_another_case_of_the_claim(self, issuer, role):
        for name in ("SUB", "Sub"):
            issuer.claims = {"sub": "repo:other:ref:main", "aud": "sts.amazonaws.com", name: "repo:shop:x"}

            with pytest.raises(iam.AccessDenied):
                assume(role, issuer.token())

    def test_is_refused_for_an_expired_token(self, issuer, role):
        with pytest.raises(IdentityTokenExpired):
            assume(role, issuer.token(exp=1, iat=0))

    def test_is_refused_for_an_issuer_that_nobody_trusts(self, issuer, role, provider):
        provider.delete()

        with pytest.raises(InvalidIdentityToken, match="No OpenIDConnect provider found"):
            assume(role, issuer.token())

    @pytest.mark.parametrize(
        "token",
        [
            "a.b.c",
            "nonsense",
            "eyJhbGciOiJub25lIn0.e30.",
            _unsigned("https://\ud800"),
            _unsigned("https://\0"),
        ],
    )
    def test_is_refused_for_what_is_no_token(self, role, token):
        with pytest.raises(InvalidIdentityToken):
            assume(role, token)

    def test_is_refused_for_a_token_signed_by_somebody_else(self, issuer, role):
        token = issuer.token()
        head, body, signature = token.split(".")
        forged = signature[:-8] + ("A" * 8 if not signature.endswith("A" * 8) else "B" * 8)

        with pytest.raises(InvalidIdentityToken):
            assume(role, ".".join([head, body, forged]))

    def test_says_that_the_issuer_is_silent(self, issuer, role):
        token = issuer.token()
        issuer.stop()

        with pytest.raises(IssuerSilent):
            assume(role, token)

    def test_does_not_call_inside_unless_the_operator_allows_it(self, issuer, role, settings):
        settings.DEVOPSWEB_OUTGOING_ALLOW = []

        with pytest.raises(InvalidIdentityToken, match="internal address"):
            assume(role, issuer.token())
        assert issuer.fetched == []

    def test_takes_session_tags_from_the_token(self, issuer, role):
        tags = {"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]}
        token = issuer.token(**{"https://aws.amazon.com/tags": tags})

        with pytest.raises(iam.AccessDenied, match="sts:TagSession"):
            assume(role, token)

        role.trust_policy["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
        role.save()
        made = assume(role, token)["Credentials"]

        principal = find(made["AccessKeyId"], made["SessionToken"]).principal({})
        assert principal.session["aws:PrincipalTag/team"] == "blue"

    def test_lasts_no_longer_than_the_role_says(self, issuer, role):
        with pytest.raises(ParameterProblem, match="MaxSessionDuration"):
            assume(role, issuer.token(), DurationSeconds=7200)

    def test_is_refused_for_an_issuer_that_a_database_refuses(self, issuer, role):
        with pytest.raises(InvalidIdentityToken):
            assume(role, issuer.token(iss="https://ci\0"))


class TestPanel:
    ADD = "/admin/sts/openidprovider/add/"

    @pytest.fixture(autouse=True)
    def administrator(self, owner):
        User.objects.filter(pk=owner.pk).update(is_superuser=True, is_staff=True)

    def test_keeps_providers(self, owner, client_of):
        browser = client_of(owner)
        given = {"issuer": "https://ci.example.com/org", "audiences": "one\r\n\r\n two \r\n"}

        assert browser.post(self.ADD, given).status_code == 302
        found = OpenIdProvider.objects.get()
        assert (found.arn, found.client_ids) == (ARN, ["one", "two"])

        page = f"/admin/sts/openidprovider/{found.pk}/change/"
        assert b"https://ci.example.com/org" in browser.get(page).content
        assert browser.post(page, {"audiences": "two\nthree"}).status_code == 302
        found.refresh_from_db()
        assert (found.issuer, found.client_ids) == ("https://ci.example.com/org", ["two", "three"])

        gone = f"/admin/sts/openidprovider/{found.pk}/delete/"
        assert browser.post(gone, {"post": "yes"}).status_code == 302
        told = [event.envelope["detail"].get("eventName") for event in Event.objects.order_by("pk")]
        assert told[-4:] == [
            "CreateOpenIDConnectProvider",
            "AddClientIDToOpenIDConnectProvider",
            "RemoveClientIDFromOpenIDConnectProvider",
            "DeleteOpenIDConnectProvider",
        ]

    @pytest.mark.parametrize(
        "issuer",
        ["http://ci.example.com", "https://ci.example.com/?a=1", "nonsense", "https://[::1", "https://a:b"],
    )
    def test_says_what_is_wrong_with_an_address(self, owner, client_of, issuer):
        answer = client_of(owner).post(self.ADD, {"issuer": issuer, "audiences": "one"})

        assert answer.status_code == 200
        assert b"Invalid Open ID Connect Provider URL" in answer.content

    def test_has_each_issuer_once(self, owner, client_of):
        given = {"issuer": "https://ci.example.com/org", "audiences": "one"}
        browser = client_of(owner)
        browser.post(self.ADD, given)

        assert (
            b"There is a provider for"
            in browser.post(self.ADD, {**given, "issuer": given["issuer"] + "/"}).content
        )

    def test_is_closed_to_readers(self, teammate, client_of):
        assert client_of(teammate).get(self.ADD).status_code == 403


class TestProviders:
    def create(self, by, **more) -> dict:
        given = {"Url": "https://ci.example.com/org/", "ClientIDList": ["sts.amazonaws.com"], **more}
        return call(iam.principal_of(by), "iam", "CreateOpenIDConnectProvider", **given)

    def ask(self, by, name: str, **params) -> dict:
        return call(iam.principal_of(by), "iam", name, OpenIDConnectProviderArn=ARN, **params)

    def test_are_created_and_shown(self, owner):
        made = self.create(owner, Tags=[{"Key": "team", "Value": "blue"}], ThumbprintList=["A" * 40])

        assert made["OpenIDConnectProviderArn"] == ARN
        assert self.ask(owner, "GetOpenIDConnectProvider") == {
            "Url": "ci.example.com/org",
            "ClientIDList": ["sts.amazonaws.com"],
            "ThumbprintList": ["a" * 40],
            "CreateDate": NOW,
            "Tags": [{"Key": "team", "Value": "blue"}],
        }
        listed = call(iam.principal_of(owner), "iam", "ListOpenIDConnectProviders")
        assert listed == {"OpenIDConnectProviderList": [{"Arn": ARN}]}

    def test_are_events(self, owner):
        self.create(owner)

        told = [event.envelope["detail"].get("eventName") for event in Event.objects.all()]
        assert "CreateOpenIDConnectProvider" in told

    def test_take_other_audiences(self, owner):
        self.create(owner)
        self.ask(owner, "AddClientIDToOpenIDConnectProvider", ClientID="other")
        self.ask(owner, "RemoveClientIDFromOpenIDConnectProvider", ClientID="sts.amazonaws.com")

        assert self.ask(owner, "GetOpenIDConnectProvider")["ClientIDList"] == ["other"]

    def test_are_tagged(self, owner):
        self.create(owner)
        tags = [{"Key": key, "Value": "1"} for key in ("c", "a", "b")]
        self.ask(owner, "TagOpenIDConnectProvider", Tags=tags)
        self.ask(owner, "UntagOpenIDConnectProvider", TagKeys=["b"])

        first = self.ask(owner, "ListOpenIDConnectProviderTags", MaxItems=1)
        second = self.ask(owner, "ListOpenIDConnectProviderTags", MaxItems=1, Marker=first["Marker"])

        assert [first["Tags"], second["Tags"]] == [[tags[1]], [tags[0]]]
        assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)

    def test_are_deleted(self, owner):
        self.create(owner)
        self.ask(owner, "UpdateOpenIDConnectProviderThumbprint", ThumbprintList=["b" * 40])
        self.ask(owner, "DeleteOpenIDConnectProvider")

        with pytest.raises(NoSuchEntity):
            self.ask(owner, "GetOpenIDConnectProvider")

    def test_exist_once(self, owner):
        self.create(owner)

        with pytest.raises(EntityAlreadyExists):
            self.create(owner)

    @pytest.mark.parametrize(
        "url", ["http://ci.example.com", "https://", "ftp://x", "https://ci.example.com/?a=1"]
    )
    def test_have_a_proper_address(self, owner, url):
        with pytest.raises(ParameterProblem):
            self.create(owner, Url=url)

    def test_are_closed_to_outsiders(self, outsider):
        with pytest.raises(iam.AccessDenied):
            self.create(outsider)
        for name in (
            "GetOpenIDConnectProvider",
            "DeleteOpenIDConnectProvider",
            "ListOpenIDConnectProviderTags",
        ):
            with pytest.raises(iam.AccessDenied):
                self.ask(outsider, name)
