"""Who looks into the panel, and one row of each kind."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from devopsweb.iam.models import Policy, PolicyAttachment, User
from tests.trail import said


@pytest.fixture
def panel(client_of, db) -> Client:
    """An administrator's browser."""
    return client_of(User.objects.create_superuser("root", password="correct horse battery"))


@pytest.fixture
def keeper(client_of, db) -> Callable[..., Client]:
    """The browser of somebody who may enter the panel and do just these actions, upon these resources."""

    def make(*actions: str, on: str = "*") -> Client:
        user = User.objects.create_user("keeper", password="correct horse battery")
        statements = [
            {"Effect": "Allow", "Action": "iam:GetAccountSummary", "Resource": "*"},
            {"Effect": "Allow", "Action": list(actions) or ["none:None"], "Resource": on},
        ]
        policy = Policy.objects.create(
            name="keeper", document={"Version": "2012-10-17", "Statement": statements}
        )
        PolicyAttachment.objects.create(policy=policy, user=user)
        return client_of(user)

    return make


@pytest.fixture
def also() -> Callable[[str, str], None]:
    """Lets the keeper do one thing more."""

    def allow(action: str, resource: str) -> None:
        policy = Policy.objects.get(name="keeper")
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        policy.document = policy.document | {"Statement": [*policy.document["Statement"], statement]}
        policy.save()

    return allow


@pytest.fixture
def press() -> Callable[..., object]:
    """Presses a verb's button upon rows; ``sure`` answers the question too."""

    def do(browser: Client, verb: str, *rows: object, sure: bool = True) -> object:
        meta = rows[0]._meta
        sent = {"action": verb, "_selected_action": [str(row.pk) for row in rows]}
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        return browser.post(address, sent | ({"confirmed": "yes"} if sure else {}))

    return do


@pytest.fixture
def told() -> Callable[[], list[dict]]:
    """What the audit trail says, oldest first."""

    return said.told
