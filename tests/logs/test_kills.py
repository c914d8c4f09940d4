"""A writer's process dies by SIGKILL; what it reported as stored is there, and its successor goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from monitoring.logs import api
from tests.logs.conftest import texts

PROGRAM = """
import django; django.setup()
from monitoring.logs.writer import Writer
writer = Writer({stream!r}, mask=str)
number = writer.total
while True:
    for _ in range(500):
        writer.write(f"line {{number}}"); number += 1
    writer.flush()
    print(number, flush=True)
"""


class TestKilledWriter:
    def test_loses_nothing_that_was_stored(self, stream, home):
        stored = 0
        for round_ in range(2):
            with _start(stream, home) as writer:
                assert writer.stdout is not None
                for _ in range(2 + round_):
                    stored = int(writer.stdout.readline())
                writer.send_signal(signal.SIGKILL)
                stored = max([stored, *map(int, writer.stdout.read().split())])

        found = texts(stream)
        assert len(found) >= stored
        assert found == [f"line {n}" for n in range(len(found))]
        api.close(stream_id=stream)
        assert api.info(stream).total == len(found)


def _start(stream: str, home: Path) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "devopsweb.settings",
        "DEVOPSWEB_HOME": str(home),
        "REDIS_URL": f"unix://{home}/none.sock",
    }
    command = [sys.executable, "-c", PROGRAM.format(stream=stream)]
    root = Path(__file__).resolve().parent.parent.parent
    return subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
