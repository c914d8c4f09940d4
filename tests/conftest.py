"""The cast and the tools of every test."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

# Before Django reads its settings: tests never touch the installation's own state.
os.environ["DEVOPSWEB_HOME"] = tempfile.mkdtemp(prefix="devopsweb-test-")

import pytest
from celery import current_app
from django.test import Client

from devopsweb.iam.models import Policy, PolicyAttachment, User
from devopsweb.kernel import jobs


@pytest.fixture(autouse=True)
def home(settings, tmp_path: Path) -> Path:
    """A state folder of the test's own."""
    settings.DEVOPSWEB_HOME = tmp_path / "home"
    settings.DEVOPSWEB_HOME.mkdir()
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return settings.DEVOPSWEB_HOME


@pytest.fixture(autouse=True)
def job_queue() -> Iterator[jobs.RecordingTransport]:
    """Jobs wait here until ``run_jobs``."""
    transport = jobs.RecordingTransport()
    previous = jobs.use_transport(transport)
    yield transport
    jobs.use_transport(previous)


@pytest.fixture
def run_jobs(job_queue: jobs.RecordingTransport) -> Callable[[], int]:
    """Runs enqueued jobs, and what they enqueue, until none is left."""

    current_app.loader.import_default_modules()

    def run(name: str, arguments: dict) -> None:
        current_app.tasks[name](**arguments)

    return lambda: job_queue.drain(run)


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _user(name: str, statement: dict | None) -> User:
    user = User.objects.create_user(name, password="correct horse battery")
    if statement:
        policy = Policy.objects.create(
            name=f"{name}-policy", document={"Version": "2012-10-17", "Statement": [statement]}
        )
        PolicyAttachment.objects.create(policy=policy, user=user)
    return user


@pytest.fixture
def owner(db) -> User:
    """May do everything."""
    return _user("owner", {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"})


@pytest.fixture
def teammate(db) -> User:
    """May see everything and change nothing."""
    actions = ["*:Get*", "*:List*", "*:BatchGet*", "*:Describe*", "codecommit:GitPull", "*:Lookup*"]
    return _user("teammate", {"Sid": "Read", "Effect": "Allow", "Action": actions, "Resource": "*"})


@pytest.fixture
def outsider(db) -> User:
    """Has an account and no permission."""
    return _user("outsider", None)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A logged-in browser of a user."""

    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return make
