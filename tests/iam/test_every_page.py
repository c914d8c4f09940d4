"""Every address of the product, walked: strangers sign in, outsiders are refused, forms need a token.

New pages are covered as soon as they have an address. What is meant to be open stands in the
lists below, by name, and nowhere else.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from deployments.compute.models import Instance
from devopsweb.discovery import collect
from devopsweb.events.models import Event
from devopsweb.iam import api as iam
from devopsweb.iam.models import Role
from devopsweb.kernel.arn import arn
from devopsweb.kernel.clock import now
from devopsweb.sample import api as sample
from devopsweb.vault.actions import parameters as vault_parameters
from devopsweb.vault.actions import secrets as vault_secrets
from devopsweb.vault.types import ParameterSpec, Value
from monitoring.alarms.models import Alarm
from monitoring.dashboards.models import Dashboard
from monitoring.logs import api as logs
from monitoring.trail.models import Trail
from repos.git import api as repos

# Open to everybody, signed in or not.
PUBLIC = {
    "login",
    "login-code",
    "login-password",
    "logout",
    "sso-leave",
    "sso-back",
    "agent-install",
    "agent-program",
}
# Open to every user: about themselves, or empty for who may see nothing.
FOR_EVERY_USER = {
    "home", "nav", "palette", "styleguide", "settings", "end-session", "end-other-sessions", "access",
    "second-factor", "second-factor-remove", "recovery-codes",
}  # fmt: skip
# Not a page of ours; Django and django-rq guard them, and tests of the panel cover them.
PANEL = ("admin/",)


@dataclass(frozen=True)
class Address:
    """A named URL pattern and one filled-in path of it."""

    name: str
    path: str


def patterns(resolver, prefix="") -> Iterator[tuple[str, object]]:
    for pattern in resolver.url_patterns:
        text = prefix + str(pattern.pattern)
        if text.startswith(PANEL):
            continue
        if hasattr(pattern, "url_patterns"):
            yield from patterns(pattern, text)
        else:
            yield text, pattern


def fill(text: str, name: str, values: dict[str, dict[str, str]]) -> str:
    """The path of the pattern, with the sample's names; the first path element chooses among them."""
    section = text.lstrip("^").split("/")[0]
    known = values["*"] | values.get(section, {})
    wanted = re.findall(r"<(?:\w+:)?(\w+)>", text)
    return reverse(name, kwargs={key: known.get(key, "1") for key in wanted})


@pytest.fixture
def addresses(db, owner, outsider) -> list[Address]:
    """Every address, about things that exist."""
    at = now()
    sample.install(at)
    Role.objects.create(name="storefront")
    iam.ensure_policy("storefront", {"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "*"}})
    head = repos.resolve(repository="storefront", ref="main")
    stream = logs.create_stream(group="/aws/codebuild/storefront", name="1", at=at)
    house = iam.service_principal("sample")
    Trail.objects.create(
        name="storefront", arn=arn("cloudtrail", "trail/storefront"), bucket="copies", created_at=at
    )
    made = vault_parameters.put(ParameterSpec(name="/shop/url", value="v", type="String"), by=house, at=at)
    secret, _ = vault_secrets.create(name="shop/key", by=house, at=at, value=Value(b"v"))
    values = {
        "*": {
            "repository": "storefront", "revision": "main", "sha": head.sha, "base": "main", "head": "main",
            "kind": "branches", "name": "storefront", "number": "1", "application": "storefront",
            "group": "production", "project": "storefront", "stream_id": stream, "deployment_id": "d-ABCDEFGHI",
        },
        "access": {"kind": "user", "name": "dev"},
        "agents": {"name": Instance.objects.values_list("name", flat=True).first() or "-"},
        "alarms": {"name": Alarm.objects.values_list("name", flat=True).first() or "-"},
        "parameters": {"resource": made.resource},
        "secrets": {"resource": secret.path},
        "dashboards": {"name": Dashboard.objects.values_list("name", flat=True).first() or "-"},
    }  # fmt: skip
    found = []
    for text, pattern in patterns(get_resolver()):
        assert pattern.name, f"{text} has no name"
        section = {"roles": "storefront", "policies": "storefront", "groups": "developers"}
        own = next((value for key, value in section.items() if f"access/{key}/<" in text), None)
        chosen = values | {"access": {"kind": "user", "name": own or "dev"}}
        try:
            found.append(Address(pattern.name, fill(text, pattern.name, chosen)))
        except NoReverseMatch as error:
            pytest.fail(f"give {text} sample values: {error}")
    return found


def statuses(client: Client, addresses: list[Address], method: str = "get", **more) -> dict[str, int]:
    client.raise_request_exception = False
    return {a.path: getattr(client, method)(a.path, **more).status_code for a in addresses}


class TestStrangers:
    def test_are_sent_to_the_sign_in_page(self, addresses):
        closed = [a for a in addresses if a.name not in PUBLIC]
        client = Client()

        wrong = {}
        for address in closed:
            answer = client.get(address.path)
            if not (answer.status_code == 302 and answer.url.startswith("/login/")):
                wrong[address.path] = answer.status_code

        assert wrong == {}

    def test_get_no_live_part(self, addresses):
        closed = [a for a in addresses if a.name not in PUBLIC]

        found = statuses(Client(), closed, headers={"HX-Request": "true"})

        assert {path: status for path, status in found.items() if status != 401} == {}

    def test_cannot_post(self, addresses):
        closed = [a for a in addresses if a.name not in PUBLIC]

        found = statuses(Client(), closed, "post")

        assert {path: status for path, status in found.items() if status != 302} == {}


class TestOutsiders:
    def test_see_nothing_that_an_owner_sees(self, addresses, client_of, owner, outsider):
        closed = [a for a in addresses if a.name not in PUBLIC | FOR_EVERY_USER]

        allowed = statuses(client_of(owner), closed)
        refused = statuses(client_of(outsider), closed)

        assert {path: status for path, status in allowed.items() if status >= 500} == {}
        leaks = {
            path: (allowed[path], status)
            for path, status in refused.items()
            if status != 403 and not (status == allowed[path] and status in (404, 405))
        }
        assert leaks == {}

    def test_change_nothing(self, addresses, client_of, outsider):
        closed = [a for a in addresses if a.name not in PUBLIC | FOR_EVERY_USER]

        found = statuses(client_of(outsider), closed, "post")

        assert {path: status for path, status in found.items() if status not in (403, 404, 405)} == {}

    def test_get_a_working_page_where_all_may_go(self, addresses, client_of, outsider):
        shared = [a for a in addresses if a.name in FOR_EVERY_USER]

        found = statuses(client_of(outsider), shared)

        assert {path: status for path, status in found.items() if status not in (200, 302, 404, 405)} == {}


class TestReaders:
    def test_change_nothing(self, addresses, client_of, teammate):
        closed = [a for a in addresses if a.name not in PUBLIC | FOR_EVERY_USER]
        browser = client_of(teammate)
        read = statuses(browser, closed)
        before = Event.objects.count()

        found = statuses(browser, closed, "post")

        # A page that only shows things shows them to a POST as well.
        assert {path: status for path, status in found.items() if status not in (read[path], 403, 405)} == {}
        assert Event.objects.count() == before


class TestForms:
    def test_need_their_token(self, addresses, owner):
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner)

        found = statuses(client, addresses, "post")

        assert {path: status for path, status in found.items() if status != 403} == {}


class TestSockets:
    @pytest.mark.parametrize(
        "consumer",
        # Named by their address: a function's own text differs from process to process.
        [pytest.param(route[1], id=route[0]) for routes in collect("sockets", "ROUTES") for route in routes],
    )
    @pytest.mark.django_db(transaction=True)
    async def test_close_for_strangers(self, consumer):
        sent: asyncio.Queue = asyncio.Queue()
        scope = {
            "type": "websocket", "path": "/", "query_string": b"topics=home:all", "headers": [],
            "principal": None, "session": None, "user": None,
            "url_route": {"kwargs": {"stream_id": "00000000-0000-0000-0000-000000000000"}},
        }  # fmt: skip
        incoming: asyncio.Queue = asyncio.Queue()
        incoming.put_nowait({"type": "websocket.connect"})
        running = asyncio.create_task(consumer(scope, incoming.get, sent.put))
        messages = []
        while not messages or messages[-1]["type"] != "websocket.close":
            messages.append(await asyncio.wait_for(sent.get(), 30))
        running.cancel()

        assert all("text" not in message for message in messages)
