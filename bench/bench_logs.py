"""Log line written → seen by 100 sockets, at 5,000 lines a second, none lost; and opening a long log.

The writer, the server (the product's own supervisor, with its Valkey) and the sockets are
separate processes. Every line carries its time of birth; every socket counts every line.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from statistics import median

from websockets.asyncio.client import connect

from bench.figures import Figure, p95
from bench.house import ROOT, House

SOCKETS = 100
RATE = 5000
SECONDS = 15
LIMIT_MS = 250
LONG = 1_000_000


def main() -> list[Figure]:
    """Both measurements on one installation."""
    with House() as house:
        return [*_fan_out(house), *_opening(house)]


def _stream(house: House, name: str) -> str:
    return house.shell(
        "from monitoring.logs import api\nfrom devopsweb.kernel import clock\n"
        f"result = api.create_stream(group='bench', name='{name}', at=clock.now())"
    )


def _fan_out(house: House) -> list[Figure]:
    stream = _stream(house, "fan-out")
    house.environment["DJANGO_SETTINGS_MODULE"] = "devopsweb.settings"
    watching = _start(house, "watch", house.url, house.browser().cookie_header(), stream)
    assert watching.stdout is not None
    assert watching.stdout.readline() == "ready\n"
    writing = _start(house, "write", stream)
    written, _ = writing.communicate(timeout=SECONDS * 4)
    seen, _ = watching.communicate(timeout=60)
    result = json.loads(seen)
    note = (
        f"{SOCKETS} sockets, {json.loads(written)['rate']:.0f} lines/s, p50={result['p50']:.0f} ms, "
        f"worst={result['worst']:.0f} ms, lost={result['lost']}, doubled={result['doubled']}"
    )
    return [
        Figure(
            "log line written → seen by 100 sockets, p95",
            result["p95"],
            "ms",
            f"< {LIMIT_MS} ms, lost=0",
            result["p95"] / LIMIT_MS,
            "the limit",
            note,
        )
    ]


def _start(house: House, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bench.bench_logs", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=house.environment, stdout=subprocess.PIPE, text=True)


def _opening(house: House) -> list[Figure]:
    small, large = _stream(house, "small"), _stream(house, "large")
    house.shell(
        "from monitoring.logs import api\nfrom monitoring.logs.adapters import files\n"
        "from monitoring.logs.adapters.appender import Appender\n"
        f"for stream, many in (('{small}', 10_000), ('{large}', {LONG})):\n"
        "    with Appender(files.place(stream)) as log:\n"
        "        for first in range(0, many, 10_000):\n"
        "            log.append(first, [api.Line(n, f'line {n} ' + 'x' * 80) for n in range(first, first + 10_000)])\n"
        "result = 1"
    )
    cookie = house.browser().cookie_header()
    times = {stream: [_timed(house, cookie, stream) for _ in range(20)] for stream in (small, large)}
    fast, slow = median(times[small]), median(times[large])
    return [
        Figure(
            f"open the end of a log of {LONG:,} lines",
            slow,
            "ms",
            "as fast as 10,000 lines",
            slow / fast,
            "10,000 lines",
            f"n=20, p95={p95(times[large]):.3g}",
        )
    ]


def _timed(house: House, cookie: str, stream: str) -> float:
    began = time.perf_counter()
    for path in ("marks", "lines?from=-2000"):
        request = urllib.request.Request(
            f"{house.url}/logs/streams/{stream}/{path}", headers={"Cookie": cookie}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
    return (time.perf_counter() - began) * 1000


def write(stream: str) -> None:
    """The writer's process: a steady ``RATE`` through the product's ``Writer``."""
    import django

    django.setup()
    from monitoring.logs import api

    writer = api.Writer(stream, mask=lambda text: text)
    began = time.monotonic()
    for n in range(RATE * SECONDS):
        late = began + n / RATE - time.monotonic()
        if late > 0.002:
            time.sleep(late)
        writer.write(f"{n:07} t={time.time_ns()} tests/e2e/test_checkout.py::test_line PASSED in 0.12s")
    spent = time.monotonic() - began
    writer.close()
    print(json.dumps({"rate": RATE * SECONDS / spent}))


class Watcher:
    """All sockets' findings. Sockets get the same frames, so each is parsed once."""

    def __init__(self) -> None:
        self.parsed: dict[str, list[int]] = {}
        self.delays: list[float] = []
        self.lost = 0
        self.doubled = 0

    def births(self, frame: str) -> list[int]:
        if frame not in self.parsed:
            self.parsed[frame] = [int(t) for t in re.findall(r" t=(\d+) ", frame)]
        return self.parsed[frame]

    async def watch(self, url: str, cookie: str, ready: asyncio.Semaphore) -> None:
        cursor = 0
        async with connect(url, additional_headers={"Cookie": cookie}, max_size=None) as socket:
            async for frame in socket:
                now = time.time_ns()
                if cursor == 0:
                    ready.release()
                births = self.births(str(frame))
                start = int(re.match(r'\{"from":(\d+)', str(frame))[1])  # type: ignore[index]
                self.lost += max(0, start - cursor)
                self.doubled += max(0, cursor - start)
                cursor = start + len(births)
                self.delays += [(now - birth) / 1e6 for birth in births[:: max(1, len(births) // 20)]]
        self.lost += RATE * SECONDS - cursor


async def watch(base: str, cookie: str, stream: str) -> None:
    """The sockets' process."""
    url = f"{base.replace('http', 'ws', 1)}/ws/logs/{stream}/?from=0"
    watcher, ready = Watcher(), asyncio.Semaphore(0)
    tasks = [asyncio.create_task(watcher.watch(url, cookie, ready)) for _ in range(SOCKETS)]
    for _ in tasks:
        await ready.acquire()
    print("ready", flush=True)
    await asyncio.gather(*tasks)
    delays = sorted(watcher.delays)
    print(
        json.dumps(
            {
                "p50": median(delays),
                "p95": delays[int(len(delays) * 0.95)],
                "worst": delays[-1],
                "lost": watcher.lost,
                "doubled": watcher.doubled,
            }
        )
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devopsweb.settings")
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        asyncio.run(watch(*sys.argv[2:]))
