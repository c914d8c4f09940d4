"""Kill -9 in the middle of work: every run ends in a truthful state, nothing hangs, no log line is lost."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from bench.house import House, commit_and_push, eventually
from tests.e2e.shop import Shop

LINES = 60
SLOW = (
    "buildspec.yml",
    '      - echo "Building $APP',
    f'      - for i in $(seq 1 {LINES}); do echo "slow line $i"; sleep 0.25; done\n      - echo "Building $APP',
)
SLOW_HOOK = ("scripts/check.sh", 'cd "$ROOT"', 'sleep 4\ncd "$ROOT"')


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[Shop]:
    """A house of this module's own: its processes are killed."""
    with House(sample=True) as house:
        shop = Shop(house, tmp_path_factory.mktemp("clone"))
        shop.approve(shop.latest())
        assert shop.wait_until_over(shop.latest()) == "Succeeded", shop.report(shop.latest())
        yield shop


@pytest.fixture(autouse=True)
def well(shop: Shop) -> Iterator[None]:
    """The next test finds every process up again."""
    yield
    shop.house.wait_until_healthy()
    shop.reject_waiting()


class LogReader(threading.Thread):
    """A browser's log window: reads a stream by socket, comes back from the line it has not yet."""

    def __init__(self, house: House, stream: str) -> None:
        super().__init__(daemon=True)
        self.lines: list[str] = []
        self.ended = False
        self.reconnects = -1
        self.headers = {"Cookie": house.browser("dev").cookie_header(), "Origin": house.url}
        self.address = f"{house.url.replace('http', 'ws')}/ws/logs/{stream}/"

    def run(self) -> None:
        while not self.ended:
            self.reconnects += 1
            try:
                with connect(
                    f"{self.address}?from={len(self.lines)}", additional_headers=self.headers
                ) as socket:
                    self._read(socket)
            except (OSError, ConnectionClosed, WebSocketException):
                continue

    def _read(self, socket) -> None:
        while not self.ended:
            frame = json.loads(socket.recv(90))
            if frame["lines"]:
                assert frame["from"] == len(self.lines), (
                    f"gap or double: {frame['from']} after {len(self.lines)}"
                )
            self.lines += [text for _, _, text in frame["lines"]]
            self.ended = frame["ended"]


def slow_build(shop: Shop) -> tuple[int, str]:
    """Push a build that takes its time; the execution and the log stream, as soon as slow lines are written."""
    number = shop.push("Take time", slow=SLOW)
    action = eventually(
        lambda: (a := shop.actions(number).get("storefront-build")) and a["external_id"] and a,
        what="a started build",
        within=60,
    )
    uuid = action["external_id"].rpartition(":")[2]
    [build] = eventually(
        lambda: [
            b
            for b in shop.rows("SELECT * FROM builds_build")
            if b["uuid"].replace("-", "") == uuid.replace("-", "")
        ],
        what="the build",
    )
    stream = eventually(
        lambda: shop.rows("SELECT log_stream_id FROM builds_build WHERE id = ?", build["id"])[0][
            "log_stream_id"
        ],
        what="a log stream",
    )
    eventually(lambda: "slow line 5" in log(shop, stream), what="slow lines")
    return number, stream


def log(shop: Shop, stream: str) -> str:
    """The stored log of a stream."""
    return shop.house.browser("dev").get(f"/logs/streams/{stream}/raw")


def slow_lines(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("slow line")]


class TestBuildWorker:
    def test_killed_in_the_middle_of_a_build_ends_it_as_failed_and_keeps_its_log(self, shop: Shop):
        number, stream = slow_build(shop)

        shop.house.kill("worker-builds")

        assert shop.wait_until_over(number) == "Failed", shop.report(number)
        build = shop.rows("SELECT * FROM builds_build WHERE log_stream_id = ?", stream)[0]
        assert build["status"] in {"FAULT", "FAILED"}
        kept = slow_lines(log(shop, stream).splitlines())
        assert len(kept) >= 5
        assert kept == [f"slow line {i}" for i in range(1, len(kept) + 1)]


class TestWebServer:
    def test_killed_in_the_middle_of_a_log_loses_and_doubles_no_line(self, shop: Shop):
        number, stream = slow_build(shop)
        reader = LogReader(shop.house, stream)
        reader.start()
        eventually(lambda: len(slow_lines(reader.lines)) > 10, what="lines in the socket")

        shop.house.kill("web")

        reader.join(120)
        assert reader.ended
        assert reader.reconnects >= 1
        assert slow_lines(reader.lines) == [f"slow line {i}" for i in range(1, LINES + 1)]
        assert reader.lines == log(shop, stream).splitlines()
        shop.wait_for_build(number)


class TestRedis:
    def test_killed_in_the_middle_of_a_build_costs_time_only(self, shop: Shop):
        number, stream = slow_build(shop)

        shop.house.kill("redis")

        shop.wait_for_build(number)
        assert len(slow_lines(log(shop, stream).splitlines())) == LINES

    def test_that_hangs_keeps_no_push_and_its_execution_starts_afterwards(self, shop: Shop):
        before = shop.latest()
        (shop.path / "CHANGES.txt").write_text("Pushed while Redis hung\n")
        pid = shop.house.kill("redis", signal.SIGSTOP)
        try:
            began = time.monotonic()
            commit_and_push(shop.path, "While Redis hangs")
            took = time.monotonic() - began
        finally:
            os.kill(pid, signal.SIGCONT)

        # Some two seconds where nothing else runs; without a limit it lasts as long as Redis hangs.
        assert took < 60
        number = eventually(
            lambda: shop.latest() > before and shop.latest(), what="a new execution", within=90
        )
        shop.wait_for_build(number)


class TestAgent:
    def test_killed_in_the_middle_of_a_deployment_leaves_a_truthful_end(self, shop: Shop):
        number = shop.push("Take time to check", slow=SLOW_HOOK)
        shop.approve(number)
        working = eventually(
            lambda: shop.rows(
                "SELECT i.name FROM deployments_lifecycleevent l JOIN deployments_target t ON t.id = l.target_id"
                " JOIN compute_instance i ON i.id = t.instance_id JOIN deployments_deployment d ON d.id = t.deployment_id"
                " WHERE l.name = 'AfterInstall' AND l.status = 'InProgress' AND d.status = 'InProgress'"
            ),
            what="a running hook",
            within=120,
        )

        shop.kill_agent(working[0]["name"])

        status = shop.wait_until_over(number)
        assert status == shop.deployment(number)["status"], shop.report(number)
        eventually(lambda: len(shop.agents()) == 3, what=f"three agents, {shop.agents()}", within=90)
        served = eventually(
            lambda: len(shop.served()) == 1 and shop.served(), within=120, what="one version everywhere"
        )
        assert served == {shop.commit} or status == "Failed"
        assert "none" not in served
