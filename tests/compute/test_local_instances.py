"""Local instances run sandboxed, serve what is deployed to them, and end when told."""

import json
import os
import re
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployments.compute import api
from deployments.compute.actions import local
from deployments.compute.adapters import boxes
from deployments.compute.keeper import Keeper
from deployments.compute.models import Instance
from tests.agent.hosts import Server, eventually
from tests.agent.test_against_a_server import deploy, ended
from tests.deployments.helpers import NOON, SERVICE, revision

SERVE = """\
#!/bin/sh
cd /var/www
setsid python3 -m http.server "$PORT" --bind 127.0.0.1 >/dev/null 2>&1 </dev/null &
"""
APPSPEC = """\
version: 0.0
os: linux
files:
  - source: /index.html
    destination: /var/www
hooks:
  ApplicationStart:
    - location: serve.sh
      timeout: 20
"""


@pytest.fixture
def keep(server: Server, monkeypatch) -> Iterator[Callable[[], Keeper]]:
    """Starts a keeper in a thread of its own, and stops it at the end."""
    monkeypatch.setenv("PORT", str(server.port))
    running: list[tuple[Keeper, threading.Thread]] = []

    def start() -> Keeper:
        keeper = Keeper()
        thread = threading.Thread(target=keeper.run)
        thread.start()
        running.append((keeper, thread))
        return keeper

    yield start
    for keeper, thread in running:
        keeper.stopping.set()
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture
def shop(server: Server) -> Instance:
    """A local instance that ``shop/prod`` deploys to."""
    from deployments import api as deployments

    # Each test process has ports of its own: what is free here is not taken by another one in between.
    lane = int("".join(re.findall(r"\d", os.environ.get("PYTEST_XDIST_WORKER", ""))) or 0)
    port = local.free_port(first=8450 + 20 * lane)
    api.ensure_local_instance(name="shop-1", tags={"env": "prod"}, port=port, at=NOON)
    deployments.create_application(name="shop", principal=SERVICE, at=NOON)
    deployments.create_group(
        application="shop", name="prod", instances=["shop-1"], principal=SERVICE, at=NOON
    )
    return Instance.objects.get()


def online(instance: Instance) -> bool:
    instance.refresh_from_db()
    return instance.status == "Online"


def served(instance: Instance) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{instance.port}/index.html", timeout=10) as answer:
            return answer.read().decode()
    except (OSError, urllib.error.URLError):
        return ""


def site(text: str):
    return revision({"appspec.yml": APPSPEC, "serve.sh": SERVE, "index.html": text})


class TestLocalInstance:
    def test_serves_what_is_deployed_to_it_from_its_own_folders(self, shop, keep):
        keep()
        eventually(lambda: online(shop))

        assert ended(deploy(site("hello"))) == "Succeeded"

        assert eventually(lambda: served(shop)) == "hello"
        assert (boxes.folder(shop) / "var/www/index.html").read_text() == "hello"
        assert not Path("/var/www/index.html").exists()

    def test_serves_again_after_a_restart_of_the_keeper(self, shop, keep):
        keeper = keep()
        eventually(lambda: online(shop))
        assert ended(deploy(site("hello"))) == "Succeeded"
        eventually(lambda: served(shop))
        keeper.stopping.set()
        eventually(lambda: not keeper.boxes)
        assert served(shop) == ""

        keep()

        assert eventually(lambda: served(shop)) == "hello"

    def test_keeps_its_application_when_the_agent_is_killed(self, shop, keep):
        keep()
        eventually(lambda: online(shop))
        assert ended(deploy(site("hello"))) == "Succeeded"
        eventually(lambda: served(shop))
        before = shop.generation

        os.kill(agent_of(shop), signal.SIGKILL)

        assert served(shop) == "hello"
        eventually(lambda: Instance.objects.get().generation > before)

    def test_cannot_see_the_servers_files(self, shop, keep, home):
        (home / "secret").write_text("secret")
        look = f"#!/bin/sh\nls {home} 2>&1 | head -1\n"
        spec = APPSPEC.replace("serve.sh", "look.sh")
        keep()
        eventually(lambda: online(shop))

        deployment = deploy(revision({"appspec.yml": spec, "look.sh": look, "index.html": ""}))

        assert ended(deployment) == "Succeeded"
        from tests.agent.test_against_a_server import lines

        assert any("No such file" in line for line in lines(deployment))

    def test_moves_to_another_port_when_its_own_is_taken(self, shop, keep):
        import socket

        taken = shop.port
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", taken))
            other.listen()
            keep()
            eventually(lambda: online(shop))

        assert shop.port > taken
        config = boxes.folder(shop) / "opt/devopsweb-agent/config.json"
        assert json.loads(config.read_text())["environment"] == {"PORT": str(shop.port)}
        assert config.stat().st_mode & 0o777 == 0o600


def agent_of(instance: Instance) -> int:
    """The process id of the instance's agent on this machine."""
    config = "opt/devopsweb-agent/config.json"
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            # Another test process may run an agent of the same name.
            is_ours = (entry / "root" / config).samefile(boxes.folder(instance) / config)
        except OSError:
            continue
        if b"run" in words and is_ours:
            return int(entry.name)
    raise AssertionError("the agent does not run")


class TestPorts:
    @pytest.mark.django_db
    def test_go_up_from_the_configured_first(self, monkeypatch):
        monkeypatch.setenv("DEVOPSWEB_INSTANCE_PORTS", "8460")

        ports = [api.ensure_local_instance(name=f"web-{n}", tags={}, at=NOON).port for n in range(3)]

        assert ports == sorted(set(ports))
        assert ports[0] >= 8460

    @pytest.mark.django_db
    def test_stay_with_their_instance(self):
        first = api.ensure_local_instance(name="web-1", tags={"a": "b"}, at=NOON)

        assert api.ensure_local_instance(name="web-1", tags={}, at=NOON) == first
