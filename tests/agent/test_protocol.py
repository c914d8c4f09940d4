"""The agents' door, request by request: who may say what, and what is answered."""

import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from deployments import streams
from deployments.compute.actions import instances
from deployments.compute.actions.instances import Hello
from deployments.compute.models import Instance
from devopsweb.blobs import api as blobs
from devopsweb.kernel import clock
from monitoring.logs import api as logs
from tests.deployments.helpers import NOON, deploy, group, revision

pytestmark = pytest.mark.django_db(transaction=True)


async def ask(
    method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send one request; status, headers, body."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": f"/agent/v1/{path}",
        "query_string": query.encode(),
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
        "client": ("192.0.2.7", 4711),
    }
    door = ApplicationCommunicator(streams.agents, scope)
    content = raw if raw is not None else json.dumps(body or {}).encode()
    await door.send_input({"type": "http.request", "body": content, "more_body": False})
    start = await door.receive_output(30)
    parts, more = [], True
    while more:
        message = await door.receive_output(30)
        parts.append(message["body"])
        more = message.get("more_body", False)
    await door.wait(30)
    named = {k.decode(): v.decode() for k, v in start["headers"]}
    return start["status"], named, b"".join(parts)


class Agent:
    """What one agent process sends."""

    def __init__(self, instance: Instance) -> None:
        self.token = instances.issue_token(instance)
        self.generation = instances.hello(instance=instance, said=Hello(version="1"), at=clock.now())

    async def post(self, name: str, **body: Any) -> tuple[int, dict[str, Any]]:
        status, _, content = await ask("POST", name, body, **self.headers)
        return status, json.loads(content)

    async def get(self, name: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return await ask("GET", name, **self.headers, **headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "x_agent_generation": str(self.generation)}


@pytest.fixture
def fleet():
    return group(2, config="CodeDeployDefault.OneAtATime")


@pytest.fixture
def agents(fleet):
    return [Agent(instance) for instance in fleet]


@pytest.fixture
def running(agents):
    """A deployment whose first host has its turn."""
    return deploy(revision(commit="a" * 40), at=clock.now())


async def claimed(agent: Agent) -> dict[str, Any]:
    _, _, body = await agent.get("poll?wait=0")
    [offer] = json.loads(body)["commands"]
    _, spec = await agent.post("claim", command=offer["command"], claim="word")
    return spec


class TestStranger:
    @pytest.mark.parametrize("name", ["hello", "heartbeat", "claim", "event", "log"])
    async def test_is_refused(self, fleet, name):
        status, _, body = await ask("POST", name, authorization="Bearer dwi_guess")

        assert (status, json.loads(body)["error"]) == (401, "InvalidToken")

    @pytest.mark.parametrize("name", ["poll", "revisions/" + "0" * 64])
    async def test_gets_nothing(self, fleet, name):
        assert (await ask("GET", name))[0] == 401

    async def test_finds_no_other_door(self, fleet):
        assert (await ask("GET", "secrets"))[0] == 404

    async def test_cannot_send_nonsense(self, fleet):
        assert (await ask("POST", "register", raw=b"{"))[0] == 400
        assert (await ask("POST", "register", raw=b"[]"))[0] == 400

    async def test_cannot_send_more_than_a_bound(self, fleet, monkeypatch):
        monkeypatch.setattr(streams, "MAX_BODY", 10)

        assert (await ask("POST", "register", {"token": "x" * 100}))[0] == 400


class TestRegistration:
    async def test_by_a_join_token_gives_an_instance_token(self, db):
        token = await made_token()

        status, _, body = await ask("POST", "register", {"token": token, "name": "web-9"})

        assert status == 200
        said = json.loads(body)
        assert said["instance"] == "web-9"
        assert (await ask("POST", "hello", authorization=f"Bearer {said['token']}"))[0] == 200

    async def test_uses_the_token_up(self, db):
        token = await made_token()
        await ask("POST", "register", {"token": token, "name": "web-8"})

        assert (await ask("POST", "register", {"token": token, "name": "web-9"}))[0] == 401

    async def test_with_a_bad_name_leaves_the_token_whole(self, db):
        token = await made_token()

        assert (await ask("POST", "register", {"token": token, "name": "i-1"}))[0] == 400
        assert (await ask("POST", "register", {"token": token, "name": "web-9"}))[0] == 200

    async def test_under_a_taken_name_is_refused(self, fleet):
        token = await made_token()

        status, _, body = await ask("POST", "register", {"token": token, "name": "web-0"})

        assert (status, json.loads(body)["error"]) == (409, "InstanceNameTaken")


async def made_token() -> str:
    from datetime import timedelta

    from asgiref.sync import sync_to_async

    return await sync_to_async(instances.create_join_token)(
        creator_arn="arn:aws:iam::1:user/owner", at=clock.now(), lifetime=timedelta(hours=1)
    )


class TestPoll:
    async def test_offers_the_first_event(self, agents, running):
        _, _, body = await agents[0].get("poll?wait=0")

        [offer] = json.loads(body)["commands"]
        assert (offer["event"], offer["deployment"]) == ("ApplicationStop", running.code)

    async def test_offers_nothing_to_a_host_whose_turn_has_not_come(self, agents, running):
        _, _, body = await agents[1].get("poll?wait=0")

        assert json.loads(body) == {"commands": []}

    async def test_waits_until_something_is_there(self, agents, fleet, monkeypatch):
        import asyncio

        from asgiref.sync import sync_to_async

        monkeypatch.setattr(streams, "LOOK_EACH", 0.05)
        waiting = asyncio.create_task(agents[0].get("poll?wait=30"))
        await asyncio.sleep(0)

        await sync_to_async(deploy)(at=clock.now())

        _, _, body = await asyncio.wait_for(waiting, 20)
        assert json.loads(body)["commands"]


class TestOlderAgent:
    async def test_is_refused_everything_once_a_newer_one_said_hello(self, agents, running):
        await agents[0].post("hello", version="2")

        status, body = await agents[0].post("heartbeat", running=[])

        assert (status, body["error"]) == (409, "Superseded")
        assert (await agents[0].get("poll?wait=0"))[0] == 409


class TestHello:
    async def test_lists_what_an_earlier_process_left_running(self, agents, running):
        spec = await claimed(agents[0])

        _, said = await agents[0].post("hello", version="2", facts={"hostname": "h"})

        assert [(r["command"], r["fence"], r["event"]) for r in said["running"]] == [
            (spec["command"], spec["fence"], "ApplicationStop")
        ]
        assert said["generation"] == agents[0].generation + 1


class TestOutcome:
    async def test_brings_the_next_event_in_its_answer(self, agents, running):
        spec = await claimed(agents[0])

        status, body = await agents[0].post(
            "event", command=spec["command"], fence=spec["fence"], status="Succeeded"
        )

        assert status == 200
        assert [c["event"] for c in body["commands"]] == ["DownloadBundle"]

    async def test_told_twice_is_accepted_once(self, agents, running):
        spec = await claimed(agents[0])
        said = {"command": spec["command"], "fence": spec["fence"], "status": "Succeeded"}
        await agents[0].post("event", **said)

        assert (await agents[0].post("event", **said))[0] == 200
        assert (await agents[0].post("event", **{**said, "status": "Failed"}))[0] == 409

    async def test_under_another_fence_is_refused(self, agents, running):
        spec = await claimed(agents[0])

        status, body = await agents[0].post(
            "event", command=spec["command"], fence=spec["fence"] + 1, status="Succeeded"
        )

        assert (status, body["error"]) == (409, "CommandRefused")

    async def test_of_another_hosts_event_is_refused(self, agents, running):
        spec = await claimed(agents[0])

        status, _ = await agents[1].post(
            "event", command=spec["command"], fence=spec["fence"], status="Succeeded"
        )

        assert status == 409

    async def test_without_its_fields_is_malformed(self, agents, running):
        assert (await agents[0].post("event", command=1))[0] == 400


class TestLog:
    async def test_lines_are_stored_once_by_their_number(self, agents, running):
        spec = await claimed(agents[0])
        rows = [[1, f"line {n}", ""] for n in range(5)]

        await agents[0].post("log", target=spec["target"], first=0, lines=rows[:3])
        _, body = await agents[0].post("log", target=spec["target"], first=1, lines=rows[1:])

        assert body == {"total": 5, "closed": False}

    async def test_with_a_gap_learn_where_to_go_on(self, agents, running):
        spec = await claimed(agents[0])

        _, body = await agents[0].post("log", target=spec["target"], first=7, lines=[[1, "x", ""]])

        assert body["total"] == 0

    async def test_of_another_host_is_refused(self, agents, running):
        spec = await claimed(agents[0])

        status, _ = await agents[1].post("log", target=spec["target"], first=0, lines=[])

        assert status == 409
        assert logs


class TestRevision:
    async def test_is_sent_to_a_host_that_takes_part(self, agents, running):
        digest = running.revision_digest

        status, headers, body = await agents[0].get(f"revisions/{digest}")

        assert status == 200
        assert body == blobs.path(digest).read_bytes()
        assert headers["etag"] == f'"{digest}"'

    async def test_goes_on_in_the_middle(self, agents, running):
        whole = blobs.path(running.revision_digest).read_bytes()

        status, headers, body = await agents[0].get(f"revisions/{running.revision_digest}", range="bytes=10-")

        assert (status, body) == (206, whole[10:])
        assert headers["content-range"] == f"bytes 10-{len(whole) - 1}/{len(whole)}"

    async def test_is_not_sent_to_a_host_that_waits_or_to_any_other(self, agents, running):
        assert (await agents[1].get(f"revisions/{running.revision_digest}"))[0] == 403

    async def test_of_no_deployment_is_not_sent(self, agents, running):
        secret = blobs.put([b"a secret of somebody else"])

        assert (await agents[0].get(f"revisions/{secret.digest}"))[0] == 403
        assert NOON


class TestWakeUp:
    async def test_ends_the_poll_at_once_through_redis(
        self, agents, fleet, settings, monkeypatch, real_redis
    ):
        import asyncio

        from asgiref.sync import sync_to_async

        settings.CHANNEL_LAYERS = {
            "default": {
                "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
                "CONFIG": {"hosts": [real_redis]},
            }
        }
        monkeypatch.setattr(streams, "LOOK_EACH", 60.0)
        rang = asyncio.Event()
        ring = streams.Bell.ring

        async def listening(bell):
            rang.set()
            await ring(bell)

        monkeypatch.setattr(streams.Bell, "ring", listening)
        waiting = asyncio.create_task(agents[0].get("poll?wait=30"))
        await asyncio.wait_for(rang.wait(), 30)

        await sync_to_async(deploy)(at=clock.now())

        _, _, body = await asyncio.wait_for(waiting, 20)
        assert json.loads(body)["commands"]
