"""The cast and the tools of every test."""

import atexit
import os
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

# Before Django reads its settings: tests never touch the installation's own state.
_folder = tempfile.mkdtemp(prefix="devopsweb-test-")
os.environ["DEVOPSWEB_HOME"] = _folder
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
if _url := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = _url

import hypothesis
import pytest
import pytest_asyncio
import redis
from celery import current_app
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.test import Client, TransactionTestCase

from devopsweb.iam import signin
from devopsweb.iam.models import Policy, PolicyAttachment, User
from devopsweb.kernel import broker, clock, jobs
from devopsweb.supervisor import private_redis
from monitoring.trail import keeping, strangers
from tests import emptying
from tests.serving import WebServer

if TYPE_CHECKING:
    from playwright.async_api import Browser

TransactionTestCase._fixture_teardown = lambda case: emptying.empty()

# The same examples on every machine, however slow; ``--hypothesis-profile=default`` looks for new ones.
hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a second database only the tests that use one say anything new."""
    if not os.environ.get("DEVOPSWEB_TEST_DATABASE_ONLY"):
        return
    chosen = [item for item in items if _uses_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _uses_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or bool(
        {"db", "transactional_db", "live_server"} & set(fixtures)
    )


_of_threads: list[BaseDatabaseWrapper] = []


@receiver(connection_created, dispatch_uid="tests")
def _remember(connection: BaseDatabaseWrapper, **_: object) -> None:
    if threading.current_thread() is not threading.main_thread():
        _of_threads.append(connection)


@pytest.fixture(autouse=True)
def no_connection_left() -> Iterator[None]:
    """Closes what a test's threads opened: nobody else does, and PostgreSQL keeps its database for them."""
    yield
    while _of_threads:
        wrapper = _of_threads.pop()
        opened, wrapper.connection = wrapper.connection, None
        if opened is not None:
            opened.close()


@pytest.fixture(scope="session")
def real_redis() -> Iterator[str]:
    """The URL of a Redis server of the session's own."""
    with tempfile.TemporaryDirectory(prefix="dw-redis-") as folder:
        address = Path(folder) / "redis.sock"
        command = private_redis.command(address, Path(folder))
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        url = f"unix://{address}?db=0"
        try:
            _await_redis(url)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _await_redis(url: str) -> None:
    deadline = time.monotonic() + 60
    with redis.from_url(url) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                select.select([], [], [], 0.01)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator["Browser"]:
    """A real browser, for tests that take the session's loop too."""
    from tests import browsing

    async with browsing.launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def web_server(tmp_path_factory, django_db_setup, django_db_blocker, real_redis) -> Iterator[WebServer]:
    """A web server of its own process over the test's database."""
    with django_db_blocker.unblock():
        web = WebServer(tmp_path_factory.mktemp("home"), real_redis)
    web.start()
    yield web
    web.kill()


@pytest.fixture
def web(web_server: WebServer, settings, real_redis) -> WebServer:
    """The web server, which hears what the test announces."""
    layer = "channels_redis.pubsub.RedisPubSubChannelLayer"
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": layer, "CONFIG": {"hosts": [real_redis]}}}
    return web_server


@pytest.fixture(autouse=True)
def home(settings, tmp_path: Path) -> Path:
    """A state folder of the test's own."""
    settings.DEVOPSWEB_HOME = tmp_path / "home"
    settings.DEVOPSWEB_HOME.mkdir()
    # A thread that writes to the database of whatever test runs just then would break it.
    settings.DEVOPSWEB_TRAIL_FLUSH_SECONDS = 0.0
    settings.DEVOPSWEB_TRAIL_SYNC_SECONDS = 3600.0
    # What one test has broken is whole again for the next.
    keeping.keeper.failure = None
    broker.forget()
    # Many tests fail to sign in from one address.
    strangers.tally.clear()
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return settings.DEVOPSWEB_HOME


@pytest.fixture(autouse=True)
def nothing_recognised() -> Iterator[None]:
    """Passwords that another test has shown are known no more."""
    signin.recognised.clear()
    yield
    signin.recognised.clear()


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
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The present moment, which stays: no minute begins in the middle of the test."""
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


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
