"""A deployment's log: written to disk first, then uploaded by line number until the server has it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .client import Client, Refused, Unreachable

BATCH_LINES = 500
BATCH_BYTES = 256 << 10
GATHER = 0.05
MAX_LINE = 64 << 10


class Journal:
    """The lines of one target. A new process goes on where the file ends."""

    def __init__(self, client: Client, target: int, folder: Path) -> None:
        self.client = client
        self.target = target
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "spool.jsonl"
        self.scripts_log = folder / "scripts.log"
        self.changed = threading.Condition()
        self.written = self._recover()
        self.sent = 0
        self.offset = 0
        self.closed = False
        self.file = self.path.open("ab")
        self.plain = self.scripts_log.open("a", encoding="utf-8", errors="replace")
        self.uploader = threading.Thread(target=self._upload, name=f"log-{target}", daemon=True)
        self.uploader.start()

    def _recover(self) -> int:
        """Count whole lines; what a crash cut off in the middle is dropped."""
        if not self.path.exists():
            return 0
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            with self.path.open("r+b") as file:
                file.truncate(whole)
        return data.count(b"\n")

    def write(self, text: str, *, mark: str = "", prefix: str = "") -> None:
        """Append one line."""
        row = [int(time.time() * 1000), text[:MAX_LINE], mark]
        with self.changed:
            self.file.write(json.dumps(row).encode() + b"\n")
            self.file.flush()
            self.plain.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {prefix}{text}\n")
            self.plain.flush()
            self.written += 1
            self.changed.notify_all()

    def drain(self, *, give_up: Callable[[], bool]) -> None:
        """Wait until the server has every line, or wants no more, or ``give_up()``."""
        with self.changed:
            while self.sent < self.written and not self.closed and not give_up():
                self.changed.wait(0.5)

    def close(self) -> None:
        """Stop uploading."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
            self.file.close()
            self.plain.close()

    def _upload(self) -> None:
        pause = 0.0
        while True:
            with self.changed:
                while self.sent >= self.written and not self.closed:
                    self.changed.wait()
                if self.closed:
                    return
            time.sleep(GATHER + pause)
            try:
                pause = 0.0
                self._send()
            except Unreachable:
                pause = 0.5
            except Refused:
                with self.changed:
                    self.closed = True
                    self.changed.notify_all()

    def _send(self) -> None:
        """One batch; the server's total says where to go on."""
        lines, end = self._batch()
        first = self.sent
        body = {"target": self.target, "first": first, "lines": lines}
        answer = self.client.post("log", body)
        with self.changed:
            total = int(answer["total"])
            if total == first + len(lines):
                self.sent, self.offset = total, end
            else:
                self._seek(min(total, self.written))
            self.closed = self.closed or bool(answer["closed"])
            self.changed.notify_all()

    def _batch(self) -> tuple[list[Any], int]:
        lines: list[Any] = []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            while len(lines) < BATCH_LINES and file.tell() - self.offset < BATCH_BYTES:
                row = file.readline()
                if not row.endswith(b"\n"):
                    break
                lines.append(json.loads(row))
                end = file.tell()
        return lines, end if lines else self.offset

    def _seek(self, number: int) -> None:
        """Stand before line ``number``: the server has more or fewer lines than we thought."""
        with self.path.open("rb") as file:
            for _ in range(number):
                file.readline()
            self.offset = file.tell()
        self.sent = number
