"""Signing in through an OpenID Connect provider."""

import json
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.cache import cache
from django.test import Client

from devopsweb.iam import openid
from devopsweb.iam.models import User, UserGroup
from devopsweb.iam.sso.models import ExternalIdentity, SignInProvider
from devopsweb.kernel import sealing
from devopsweb.kernel.errors import Fault
from tests.iam.issuer import Issuer

pytestmark = pytest.mark.django_db


@pytest.fixture
def issuer(settings):
    settings.DEVOPSWEB_OUTGOING_ALLOW = ["localhost"]
    cache.clear()
    running = Issuer().start()
    yield running
    running.stop()


@pytest.fixture
def provider(issuer):
    return SignInProvider.objects.create(
        slug="acme", name="Acme", issuer=issuer.url, client_id=issuer.client_id,
        sealed_client_secret=sealing.seal(issuer.client_secret), create_users=True,
    )  # fmt: skip


def visit(client, issuer, **more):
    """Press the button, agree at the provider, come back."""
    away = client.get("/login/with/acme/", {"next": "/settings/"})
    return client.get("/login/with/acme/back/", issuer.authorize(away.url) | more)


def told(client):
    return client.get("/login/").content.decode()


class TestSignIn:
    def test_is_offered_beside_the_password(self, provider):
        assert "Continue with Acme" in told(Client())

    def test_makes_a_user_and_leads_to_the_page_that_was_asked_for(self, provider, issuer):
        client = Client()

        answer = visit(client, issuer)

        assert (answer.status_code, answer.url) == (302, "/settings/")
        assert client.get("/settings/").context["user"].username == "ada"
        user = User.objects.get(username="ada")
        assert (user.email, user.has_usable_password()) == ("ada@example.com", False)

    def test_finds_the_same_user_again_whatever_the_name_is_now(self, provider, issuer):
        visit(Client(), issuer)
        issuer.claims["preferred_username"] = "countess"

        visit(Client(), issuer)

        assert User.objects.filter(username="countess").count() == 0
        assert ExternalIdentity.objects.get().user.username == "ada"

    def test_takes_the_secret_in_the_form_where_the_provider_wants_it_there(self, provider, issuer):
        issuer.basic = False

        assert visit(Client(), issuer).url == "/settings/"

    def test_leads_nowhere_else(self, provider, issuer):
        client = Client()
        away = client.get("/login/with/acme/", {"next": "https://evil.example/"})

        assert client.get("/login/with/acme/back/", issuer.authorize(away.url)).url == "/"

    def test_asks_the_provider_with_pkce_and_a_fixed_return_address(self, provider, issuer, settings):
        settings.DEVOPSWEB_BASE_URL = "https://devops.example"

        asked = parse_qs(urlsplit(Client().get("/login/with/acme/").url).query)

        assert asked["redirect_uri"] == ["https://devops.example/login/with/acme/back/"]
        assert asked["code_challenge_method"] == ["S256"]

    def test_counts_the_providers_second_factor(self, provider, issuer):
        issuer.claims["amr"] = ["pwd", "otp"]
        client = Client()
        visit(client, issuer)

        facts = client.get("/settings/").wsgi_request.principal.session

        assert facts["aws:MultiFactorAuthPresent"] == "true"


class TestStranger:
    def test_without_an_account_is_told_whom_to_ask(self, provider, issuer):
        SignInProvider.objects.update(create_users=False)
        client = Client()

        assert visit(client, issuer).url == "/login/"
        assert "no such user here. Ask an administrator" in told(client)

    def test_takes_nobodys_account_by_name(self, provider, issuer, owner):
        issuer.claims["preferred_username"] = "owner"
        client = Client()

        assert visit(client, issuer).url == "/login/"
        assert "not linked to Acme" in told(client)

    def test_takes_an_account_of_that_name_where_the_provider_is_trusted_to(self, provider, issuer, teammate):
        SignInProvider.objects.update(link_existing=True)
        issuer.claims["preferred_username"] = "teammate"

        assert visit(Client(), issuer).url == "/settings/"
        assert ExternalIdentity.objects.get().user == teammate

    def test_never_takes_an_administrators(self, provider, issuer, owner):
        User.objects.filter(pk=owner.pk).update(is_superuser=True)
        SignInProvider.objects.update(link_existing=True)
        issuer.claims["preferred_username"] = "owner"

        assert visit(Client(), issuer).url == "/login/"

    def test_by_an_address_that_nobody_verified_is_refused(self, provider, issuer):
        SignInProvider.objects.update(username_claim="email", create_users=True)
        issuer.claims |= {"email": "boss@example.com", "email_verified": False}
        client = Client()

        assert visit(client, issuer).url == "/login/"
        assert "not verified" in told(client)
        assert not User.objects.filter(username="boss@example.com").exists()

    def test_that_was_switched_off_stays_out(self, provider, issuer):
        visit(Client(), issuer)
        User.objects.filter(username="ada").update(is_active=False)

        assert visit(Client(), issuer).url == "/login/"

    @pytest.mark.parametrize("name", ["", "a b", "x" * 65, None, "ada\n"])
    def test_needs_a_name_that_can_be_one(self, provider, issuer, name):
        issuer.claims["preferred_username"] = name
        client = Client()

        visit(client, issuer)

        assert "no usable user name" in told(client)


class TestGroups:
    def test_follow_the_provider_where_it_manages_them(self, provider, issuer):
        managed, own = UserGroup.objects.create(name="Developers"), UserGroup.objects.create(name="Choir")
        SignInProvider.objects.update(groups_claim="groups")
        provider.groups.add(managed)
        issuer.claims["groups"] = ["developers", "Choir", "Unknown"]
        visit(Client(), issuer)
        user = User.objects.get(username="ada")
        first = set(user.iam_groups.values_list("name", flat=True))
        user.iam_groups.add(own)
        issuer.claims["groups"] = []

        visit(Client(), issuer)

        assert first == {"Developers"}
        assert set(user.iam_groups.values_list("name", flat=True)) == {"Choir"}


class TestForgery:
    def test_of_the_state_is_refused(self, provider, issuer):
        client = Client()

        visit(client, issuer, state="another")

        assert "belongs to another sign-in" in told(client)

    def test_in_another_browser_is_refused(self, provider, issuer):
        away = Client().get("/login/with/acme/")

        answer = Client().get("/login/with/acme/back/", issuer.authorize(away.url))

        assert answer.url == "/login/"
        assert ExternalIdentity.objects.count() == 0

    def test_by_a_second_use_of_the_answer_is_refused(self, provider, issuer):
        client = Client()
        query = issuer.authorize(client.get("/login/with/acme/").url)

        answers = [client.get("/login/with/acme/back/", query).url for _ in range(2)]

        assert answers == ["/", "/login/"]

    def test_by_a_token_of_another_sign_in_is_refused(self, provider, issuer):
        issuer.token_of = issuer.token
        issuer.token = lambda **more: issuer.token_of(nonce="another")
        client = Client()

        visit(client, issuer)

        assert "belongs to another sign-in" in told(client)

    def test_shows_the_providers_refusal(self, provider, issuer):
        client = Client()
        state = parse_qs(urlsplit(client.get("/login/with/acme/").url).query)["state"][0]

        client.get(
            "/login/with/acme/back/",
            {"state": state, "error": "access_denied", "error_description": "<b>No</b>"},
        )

        assert "Acme says: &lt;b&gt;No&lt;/b&gt;" in told(client)

    def test_when_the_provider_is_down_says_so(self, provider, issuer):
        SignInProvider.objects.update(issuer="http://localhost:1")
        client = Client()

        assert client.get("/login/with/acme/").url == "/login/"
        assert "be asked now" in told(client)


class TestToken:
    def verify(self, issuer, token):
        return openid.verify(token, issuer=issuer.url, audiences=["devopsweb"])

    def test_is_taken(self, issuer):
        assert self.verify(issuer, issuer.token())["sub"] == "u-1"

    @pytest.mark.parametrize(
        ("more", "reason"),
        [
            ({"aud": "another"}, "Audience"),
            ({"iss": "https://evil.example"}, "issuer"),
            ({"exp": 1_000_000_000}, "expired"),
            ({"iat": 33_000_000_000}, "not yet valid"),
            ({"sub": None}, "sub"),
            ({"azp": "another"}, "another program"),
        ],
    )
    def test_with_a_wrong_claim_is_refused(self, issuer, more, reason):
        with pytest.raises(openid.TokenRefused, match=reason):
            self.verify(issuer, issuer.token(**more))

    def test_signed_by_somebody_else_is_refused(self, issuer):
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        claims = jwt.decode(issuer.token(), options={"verify_signature": False})

        with pytest.raises(openid.TokenRefused):
            self.verify(issuer, jwt.encode(claims, other, "RS256", headers={"kid": "k1"}))

    @pytest.mark.parametrize("algorithm", ["none", "HS256"])
    def test_without_a_real_signature_is_refused(self, issuer, algorithm):
        claims = jwt.decode(issuer.token(), options={"verify_signature": False})
        key = None if algorithm == "none" else "a shared secret that is thirty-two bytes long"

        with pytest.raises(openid.TokenRefused):
            self.verify(issuer, jwt.encode(claims, key, algorithm, headers={"kid": "k1"}))

    @pytest.mark.parametrize(
        "shown",
        [
            {"keys": None}, {"keys": "k"}, {"keys": [None, "k", 1, []]}, {"keys": [{"kty": "EC", "kid": "k1"}]},
            {"keys": [{"kty": "RSA", "kid": "k1", "n": 1, "e": []}]}, {"keys": {}}, [], "text",
            {"keys": [{"kty": ["RSA"], "kid": "k1"}]}, {"keys": [{"kty": "RSA", "kid": "k1", "alg": {}}]},
        ],
    )  # fmt: skip
    def test_of_an_issuer_that_shows_no_sound_keys_is_refused(self, issuer, shown):
        issuer.shown = shown

        with pytest.raises((openid.TokenRefused, Fault)):
            self.verify(issuer, issuer.token())

    def test_of_an_algorithm_that_is_not_the_keys_is_refused(self, issuer):
        curve = ec.generate_private_key(ec.SECP256R1())
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(curve.public_key()))
        issuer.shown = {"keys": [public | {"kid": "k1", "alg": "ES256"}]}

        with pytest.raises(openid.TokenRefused):
            self.verify(issuer, issuer.token())

    @pytest.mark.parametrize(
        "more",
        [{"exp": "1e999"}, {"sub": "x" * 256}, {"sub": "a\0b"}, {"sub": "a\n"}, {"aud": [[]]}],
    )
    def test_with_claims_that_nobody_could_keep_is_refused(self, issuer, more):
        with pytest.raises(openid.TokenRefused):
            self.verify(issuer, issuer.token(**more))

    @pytest.mark.parametrize("name", ["jwks_uri", "authorization_endpoint", "token_endpoint"])
    @pytest.mark.parametrize(
        "value", [None, 7, ["x"], "http://\ud800", "http://example.com/x", "javascript:x"]
    )
    def test_of_an_issuer_with_a_broken_configuration_is_refused(self, issuer, name, value):
        issuer.configuration = {name: value}

        with pytest.raises(Fault):
            openid.endpoint(issuer.url, name)

    @pytest.mark.parametrize(
        ("url", "allowed"),
        [
            ("https://id.example.com", True), ("http://id.example.com", False), ("http://localhost:1", True),
            ("http://10.1.2.3/x", True), ("http://11.1.2.3/x", False), ("ftp://localhost", False),
        ],
    )  # fmt: skip
    def test_comes_from_an_issuer_whom_nobody_can_play(self, settings, url, allowed):
        settings.DEVOPSWEB_OUTGOING_ALLOW = ["localhost", "10.0.0.0/8"]

        if allowed:
            openid.check_issuer(url)
        else:
            with pytest.raises(openid.TokenRefused, match="https"):
                openid.check_issuer(url)

    def test_signed_by_the_issuers_new_key_makes_us_look_again(self, issuer):
        self.verify(issuer, issuer.token())
        issuer.key, issuer.kid = rsa.generate_private_key(public_exponent=65537, key_size=2048), "k2"

        assert self.verify(issuer, issuer.token())["sub"] == "u-1"

    def test_with_unknown_keys_does_not_make_us_call_without_end(self, issuer):
        self.verify(issuer, issuer.token())
        issuer.fetched.clear()
        token = jwt.encode({"sub": "x"}, issuer.key, "RS256", headers={"kid": "unknown"})

        for _ in range(5):
            with pytest.raises(openid.TokenRefused):
                self.verify(issuer, token)

        assert issuer.fetched.count("/keys") == 1

    @pytest.mark.parametrize("text", ["", "a.b.c", "x" * 10_000, "\0", "é.é.é"])
    def test_that_is_none_is_refused(self, issuer, text):
        with pytest.raises(openid.TokenRefused):
            self.verify(issuer, text)


class TestPanel:
    def test_asks_the_issuer_before_it_saves(self, client_of, owner, issuer):
        User.objects.filter(pk=owner.pk).update(is_superuser=True, is_staff=True)
        client = client_of(User.objects.get(pk=owner.pk))
        form = {
            "name": "Acme", "slug": "acme", "client_id": "devopsweb", "client_secret": "hush hush",
            "scopes": "openid email", "username_claim": "email", "enabled": "on",
        }  # fmt: skip

        wrong = client.post("/admin/sso/signinprovider/add/", form | {"issuer": "http://localhost:1/x"})
        right = client.post("/admin/sso/signinprovider/add/", form | {"issuer": issuer.url})

        assert wrong.status_code == 200
        assert right.status_code == 302
        saved = SignInProvider.objects.get()
        assert saved.client_secret == "hush hush"
        assert "hush" not in saved.sealed_client_secret
        assert b"hush" not in client.get(f"/admin/sso/signinprovider/{saved.pk}/change/").content
