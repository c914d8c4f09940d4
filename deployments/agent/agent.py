"""The running agent: asks for work, runs each command once, and reports what came of it."""

from __future__ import annotations

import platform
import socket
import sys
import threading
import time
import uuid
from dataclasses import asdict
from typing import Any

from . import scripts
from .client import Client, Refused, Unreachable
from .config import Config
from .journal import Journal
from .layout import Layout, Ongoing
from .lifecycle import Lifecycle, Outcome
from .version import VERSION

HEARTBEAT = 5.0
POLL = 25
MAX_PAUSE = 2.0


class Over(Exception):
    """This agent must end: another one speaks for the instance, or its token is void."""


def say(text: str) -> None:
    """A line in the agent's own log."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
    sys.stderr.flush()


def final(error: Refused) -> bool:
    """Whether asking again could never help."""
    return error.status == 401 or error.error == "Superseded"


class Agent:
    """One agent process."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.client = Client(
            config.server, config.token, ca_file=config.ca_file, certificate=config.certificate
        )
        self.layout = Layout(config.root)
        self.lifecycle = Lifecycle(self.client, self.layout, config.environment)
        self.lock = threading.Lock()
        self.known: set[int] = set()
        self.cancels: dict[int, threading.Event] = {}
        self.journals: dict[int, Journal] = {}
        self.over = ""
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until stopped. Raises ``Over``."""
        self.begin()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        pause = 0.0
        while not self.stopping.wait(pause):
            try:
                answer = self.client.get(f"poll?wait={POLL}", timeout=POLL + 15)
                self.take(answer["commands"])
                pause = 0.0
            except Unreachable as error:
                pause = self._back_off(pause, error)
            except Refused as error:
                self._refused(error)
                pause = MAX_PAUSE
        if self.over:
            raise Over(self.over)

    def _back_off(self, pause: float, error: Exception) -> float:
        if not pause:
            say(f"Server unreachable, trying again: {error}")
        return min(max(pause * 2, 0.1), MAX_PAUSE)

    def _refused(self, error: Refused) -> None:
        say(f"Refused: {error}")
        if final(error):
            self.over = str(error)
            self.stopping.set()

    def begin(self) -> None:
        """Say hello, and report at once what an earlier process of this agent left unfinished."""
        facts = {
            "hostname": socket.gethostname(),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
            "machine": platform.machine(),
        }
        answer = self._insist("hello", {"version": VERSION, "facts": facts})
        self.client.generation = int(answer["generation"])
        say(f"Agent {VERSION} of {answer['instance']} speaks to {self.client.base}")
        left = {int(item["command"]): item for item in answer["running"]}
        for item in left.values():
            self._report_interrupted(item)
        for path in self.layout.ongoing.iterdir():
            if path.name.isdigit() and int(path.name) not in left:
                path.unlink()

    def _insist(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post until the server answers. Raises ``Refused``, ``Over``."""
        pause = 0.0
        while not self.stopping.is_set():
            try:
                return self.client.post(name, body)
            except Unreachable as error:
                pause = self._back_off(pause, error)
                self.stopping.wait(pause)
            except Refused as error:
                if final(error):
                    self._refused(error)
                    raise Over(str(error)) from None
                raise
        raise Over(self.over or "The agent is stopping.")

    def _report_interrupted(self, item: dict[str, Any]) -> None:
        """An event is never run twice: its known outcome is reported, else that it was broken off."""
        command = int(item["command"])
        ongoing = Ongoing(self.layout, command)
        facts = ongoing.facts()
        target, folder = int(item["target"]), str(facts.get("folder", ""))
        journal = self._journal(target, folder) if folder else self.journals.get(target)
        if facts.get("marker"):
            scripts.kill_tree(None, str(facts["marker"]))
        outcome = facts.get("outcome")
        if not outcome:
            message = f"{item['event']} was broken off: the agent was restarted while it ran."
            outcome = asdict(Outcome("Failed", "UnknownError", message=message))
            if journal:
                journal.write(message, mark="error")
                journal.write(f"{item['event']} failed", mark=f"phase-end:{item['event']}:Failed")
        say(f"{item['deployment']} {item['event']}: {outcome['status']} (left by an earlier process)")
        self._report(command, int(item["fence"]), outcome, journal)
        ongoing.clear()

    def _journal(self, target: int, folder: str) -> Journal:
        with self.lock:
            if target not in self.journals:
                place = self.layout.root / folder / "logs"
                self.journals[target] = Journal(self.client, target, place)
            return self.journals[target]

    def take(self, offers: list[dict[str, Any]]) -> None:
        """Begin each offered command that is not known yet, each in a thread of its own."""
        for offer in offers:
            command = int(offer["command"])
            with self.lock:
                if command in self.known:
                    continue
                self.known.add(command)
            name = f"command-{command}"
            threading.Thread(target=self._work, args=(command,), name=name, daemon=True).start()

    def _work(self, command: int) -> None:
        try:
            self._command(command)
        except Over:
            return
        except Refused as error:
            say(f"Command {command} refused: {error}")
        finally:
            with self.lock:
                self.cancels.pop(command, None)

    def _command(self, command: int) -> None:
        word = uuid.uuid4().hex
        ongoing = Ongoing(self.layout, command)
        ongoing.save(marker=f"{command}.{word}")
        try:
            spec = self._insist("claim", {"command": command, "claim": word})
        except Refused:
            ongoing.clear()
            raise
        folder = f"{spec['group_id']}/{spec['deployment']}"
        cancelled = self.cancels.setdefault(command, threading.Event())
        ongoing.save(marker=f"{command}.{word}", folder=folder)
        journal = self._journal(int(spec["target"]), folder)
        say(f"{spec['deployment']} {spec['event']}: begins")
        outcome = self.lifecycle.run(spec, journal, marker=f"{command}.{word}", cancelled=cancelled)
        ongoing.save(marker=f"{command}.{word}", folder=folder, outcome=asdict(outcome))
        say(f"{spec['deployment']} {spec['event']}: {outcome.status} {outcome.message}".rstrip())
        self._report(command, int(spec["fence"]), asdict(outcome), journal)
        ongoing.clear()

    def _report(self, command: int, fence: int, outcome: dict[str, Any], journal: Journal | None) -> None:
        """First the whole log, then the outcome: whoever reads of the end can read what led to it."""
        if journal:
            journal.drain(give_up=self.stopping.is_set)
        over = True
        try:
            answer = self._insist("event", {"command": command, "fence": fence, **outcome})
            over = bool(answer["over"])
            self.take(answer["commands"])
        except Refused as error:
            say(f"Outcome of command {command} not wanted: {error}")
        if over and journal:
            with self.lock:
                self.journals.pop(journal.target, None)
            journal.close()

    def _beat(self) -> None:
        while not self.stopping.wait(HEARTBEAT):
            with self.lock:
                claimed = sorted(self.cancels)
            try:
                answer = self.client.post("heartbeat", {"running": claimed}, timeout=HEARTBEAT)
            except Unreachable:
                continue
            except Refused as error:
                self._refused(error)
                continue
            for command in answer["abandon"]:
                event = self.cancels.get(int(command))
                if event:
                    event.set()
