"""Pages of parameters and secrets."""

import pytest

from devopsweb.iam.api import service_principal
from devopsweb.iam.models import Policy, PolicyAttachment
from devopsweb.kernel import clock
from devopsweb.vault.actions import parameters, secrets
from devopsweb.vault.models import Parameter, Secret
from devopsweb.vault.types import ParameterSpec, Value
from monitoring.trail.actions import sealing as chain
from monitoring.trail.adapters import spool
from monitoring.trail.models import Record

pytestmark = pytest.mark.django_db
HOUSE = service_principal("sample")


@pytest.fixture(autouse=True)
def own_spool():
    """Files of one test are not written on by the next."""
    yield
    spool.own.close()


@pytest.fixture
def trail(home):
    """The audit trail's text, from its table and its files."""

    def read() -> str:
        chain.drain_all()
        return "\n".join(Record.objects.order_by("pk").values_list("body", flat=True))

    return read


def put(name: str, value: str = "hunter22", type_: str = "SecureString", **more) -> Parameter:
    spec = ParameterSpec(name=name, value=value, type=type_, **more)
    return parameters.put(spec, by=HOUSE, at=clock.now())


def keep(name: str = "prod/db", value: str = "hunter22") -> Secret:
    return secrets.create(name=name, by=HOUSE, at=clock.now(), value=Value(value.encode()))[0]


def text(response) -> str:
    return response.content.decode()


class TestAValueOfManyLines:
    def test_is_shown_as_it_is(self, client_of, owner):
        text_ = "-----BEGIN KEY-----\n" + "x" * 200 + "\n-----END KEY-----"
        browser = client_of(owner)
        browser.post(
            "/parameters/-/new/",
            {"name": "/shop/key", "type": "String", "secret_value": text_, "tier": "Standard"},
        )

        page = browser.post("/parameters/shop/key/", {"reveal": "1"}).content.decode()

        assert f'<pre class="vlt-v" tabindex="0" role="group" aria-label="Value">{text_}</pre>' in page


class TestTheListOfParameters:
    def test_shows_a_level_and_the_levels_below(self, client_of, owner):
        for name in ("/shop/db", "/shop/deep/key", "top"):
            put(name)
        browser = client_of(owner)

        root, shop = text(browser.get("/parameters/")), text(browser.get("/parameters/?path=/shop"))

        assert "?path=%2Fshop" in root
        assert ">top<" in root
        assert "/shop/db" in shop
        assert "?path=%2Fshop%2Fdeep" in shop
        assert ">top<" not in shop

    def test_finds_on_all_levels(self, client_of, owner):
        put("/shop/deep/key")
        put("other", "plain", "String")
        browser = client_of(owner)

        assert "/shop/deep/key" in text(browser.get("/parameters/?q=KEY"))
        found = text(browser.get("/parameters/?type=String"))
        assert ">other<" in found
        assert "/shop/deep/key" not in found
        assert "No parameter matches" in text(browser.get("/parameters/?q=nothing"))

    def test_asks_as_many_questions_for_many_as_for_few(
        self, client_of, owner, django_assert_max_num_queries
    ):
        for number in range(60):
            put(f"/p/{number:02}", "v", "String")
        browser = client_of(owner)
        browser.get("/parameters/?path=/p")

        with django_assert_max_num_queries(14):
            page = text(browser.get("/parameters/?path=/p"))

        assert "Next" in page

    def test_is_empty_with_the_next_step(self, client_of, owner):
        assert "No parameters yet" in text(client_of(owner).get("/parameters/"))
        assert "No secrets yet" in text(client_of(owner).get("/secrets/"))


class TestAParameter:
    def test_hides_its_value_until_it_is_asked_for(self, client_of, owner, trail):
        row = put("/shop/key")
        browser = client_of(owner)

        hidden = browser.get(row.get_absolute_url())
        shown = browser.post(row.get_absolute_url(), {"reveal": "1"})

        assert "hunter22" not in text(hidden)
        assert "hunter22" in text(shown)
        assert "no-store" in shown["Cache-Control"]
        told = trail()
        assert '"GetParameter"' in told
        assert row.arn in told
        assert "hunter22" not in told

    def test_shows_no_value_to_who_may_not_read_it(self, client_of, outsider):
        row = put("/shop/key")
        document = {"Statement": {"Effect": "Allow", "Action": "ssm:DescribeParameters", "Resource": "*"}}
        policy = Policy.objects.create(name="lists", document=document)
        PolicyAttachment.objects.create(policy=policy, user=outsider)
        browser = client_of(outsider)

        page = browser.get(row.get_absolute_url())

        assert page.status_code == 200
        assert "Show value" not in text(page)
        assert browser.post(row.get_absolute_url(), {"reveal": "1"}).status_code == 403

    def test_is_created_changed_and_deleted(self, client_of, owner, trail):
        browser = client_of(owner)
        said = {
            "name": "/shop/url",
            "type": "SecureString",
            "secret_value": "https://x-s3cret",
            "tier": "Standard",
        }

        assert browser.post("/parameters/-/new/", said).url == "/parameters/shop/url/"
        browser.post(
            "/parameters/shop/url/-/edit/", {"secret_value": "", "tier": "Standard", "description": "Why"}
        )
        row = Parameter.objects.get()
        assert (row.version, row.description) == (2, "Why")
        assert "https://x-s3cret" in text(browser.post("/parameters/shop/url/", {"reveal": "2"}))

        browser.post("/parameters/shop/url/-/labels/", {"labels": "prod", "version": "1"})
        assert row.labels.get().version.number == 1
        browser.post("/parameters/shop/url/-/tags/", {"tags": "team=shop\nstage=test"})
        assert Parameter.objects.get().tags == {"team": "shop", "stage": "test"}
        browser.post("/parameters/shop/url/-/delete/")
        assert not Parameter.objects.exists()
        assert "s3cret" not in trail()

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"name": "a/b"}, "fully qualified"),
            ({"secret_value": ""}, "This field is required"),
            ({"allowed_pattern": "[0-9]+"}, "cannot be validated"),
            ({"secret_value": "x" * 4097}, "4096"),
        ],
    )
    def test_that_breaks_a_rule_is_kept_as_typed(self, client_of, owner, said, message):
        good = {"name": "/a/b", "type": "String", "secret_value": "v", "tier": "Standard"}

        page = client_of(owner).post("/parameters/-/new/", good | said)

        assert page.status_code == 422
        assert message in text(page)


class TestASecret:
    def test_hides_its_value_until_it_is_asked_for(self, client_of, owner, trail):
        row = keep("/prod/db")
        browser = client_of(owner)

        hidden = browser.get(row.get_absolute_url())
        shown = browser.post(row.get_absolute_url(), {"reveal": row.versions.get().version_id})

        assert "hunter22" not in text(hidden)
        assert "hunter22" in text(shown)
        told = trail()
        assert '"GetSecretValue"' in told
        assert "hunter22" not in told

    def test_is_created_changed_rolled_back_deleted_and_restored(self, client_of, owner, trail):
        browser = client_of(owner)
        address = browser.post("/secrets/-/new/", {"name": "prod/db", "secret_value": "one-s3cret"}).url
        first = Secret.objects.get().versions.get().version_id

        browser.post(f"{address}-/value/", {"secret_value": "two-s3cret"})
        browser.post(f"{address}-/stages/", {"version": first})
        assert [v.is_current for v in Secret.objects.get().versions.order_by("pk")] == [True, False]

        browser.post(f"{address}-/tags/", {"tags": "a=b"})
        browser.post(f"{address}-/delete/", {"days": "7"})
        assert "Gone for good" in text(browser.get(address))
        assert "prod/db" in text(browser.get("/secrets/?deleted=1"))
        browser.post(f"{address}-/restore/")
        row = Secret.objects.get()
        assert (row.delete_after, row.tags) == (None, {"a": "b"})
        assert "s3cret" not in trail()

    def test_says_what_is_wrong_with_its_policy(self, client_of, owner):
        address = keep().get_absolute_url()

        page = client_of(owner).post(f"{address}-/policy/", {"resource_policy": "{"})

        assert page.status_code == 422
        assert "invalid Json" in text(page)

    def test_at_a_wrong_address_is_not_there(self, client_of, owner):
        assert client_of(owner).get("/secrets/prod/db-AAAAAA/").status_code == 404


class TestThePanel:
    def test_lists_without_values(self, client_of, owner):
        owner.is_staff = owner.is_superuser = True
        owner.save()
        put("/shop/key")
        row = keep()
        browser = client_of(owner)

        pages = [
            text(browser.get(f"/admin/vault/{path}"))
            for path in (
                "parameter/",
                f"parameter/{Parameter.objects.get().pk}/change/",
                "secret/",
                f"secret/{row.pk}/change/",
            )
        ]

        assert "/shop/key" in pages[0]
        assert not any("hunter22" in page or "ciphertext" in page or "sealed" in page for page in pages)
        assert browser.get("/admin/vault/secret/add/").status_code == 403
