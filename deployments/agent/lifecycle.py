"""Does one lifecycle event: the agent's own DownloadBundle and Install, or the revision's scripts."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from . import bundle, install, scripts
from .client import Client, Corrupt, Refused, Unreachable
from .journal import Journal
from .layout import Deployment, Layout

# These run before the new revision is there: they are the scripts of the one installed before.
PREVIOUS = frozenset({"ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"})
TAIL = 2048


@dataclass
class Outcome:
    """What is reported of an event."""

    status: str = "Succeeded"
    code: str = "Success"
    script: str = ""
    message: str = ""
    log_tail: str = ""


class EventFailed(Exception):
    """The event cannot succeed; the text is what the user reads."""


class Lifecycle:
    """Runs the events of one host."""

    def __init__(self, client: Client, layout: Layout, environment: dict[str, str]) -> None:
        self.client = client
        self.layout = layout
        self.environment = environment

    def run(
        self, spec: dict[str, Any], journal: Journal, *, marker: str, cancelled: threading.Event
    ) -> Outcome:
        """Do the event that ``spec`` describes, from its heading in the log to its end."""
        event = spec["event"]
        journal.write(event, mark=f"phase:{event}")
        try:
            outcome = self._do(spec, journal, marker, cancelled)
        except (EventFailed, install.InstallError, bundle.BadBundle, Corrupt, Refused) as error:
            outcome = Outcome("Failed", "UnknownError", message=str(error))
        except OSError as error:
            outcome = Outcome("Failed", "UnknownError", message=f"{error.strerror}: {error.filename or ''}")
        if outcome.status == "Failed":
            journal.write(outcome.message, mark="error")
        journal.write(f"{event} {outcome.status.lower()}", mark=f"phase-end:{event}:{outcome.status}")
        return outcome

    def _do(self, spec: dict[str, Any], journal: Journal, marker: str, cancelled: threading.Event) -> Outcome:
        event = spec["event"]
        here = self.layout.deployment(spec["group_id"], spec["deployment"])
        if event == "DownloadBundle":
            return self._download(spec, here, journal, cancelled)
        if event == "Install":
            return self._install(spec, here, journal)
        if event in PREVIOUS:
            previous = self.layout.pointed(spec["group_id"], "last_successful_install")
            if previous is None:
                journal.write("Nothing to do: this is the first deployment to this host.")
                return Outcome()
            return self._scripts({**spec, "plan": _kept_plan(previous)}, previous, journal, marker, cancelled)
        outcome = self._scripts(spec, here, journal, marker, cancelled)
        if event == "ApplicationStart" and outcome.status == "Succeeded":
            self.layout.point(spec["group_id"], "last_started", here.folder)
        return outcome

    def _download(
        self, spec: dict[str, Any], here: Deployment, journal: Journal, cancelled: threading.Event
    ) -> Outcome:
        digest = spec["revision"]["digest"]
        journal.write(f"Revision {digest[:12]} from {self.client.base}")
        here.folder.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                self.client.download(digest, here.bundle)
                break
            except Unreachable as error:
                journal.write(f"{error}; trying again")
                if cancelled.wait(1.0):
                    raise EventFailed("The server no longer waits for this download.") from None
        bundle.unpack(here.bundle, here.archive, strip=spec["plan"].get("strip", ""))
        journal.write(f"{here.bundle.stat().st_size} bytes, SHA-256 verified, unpacked")
        here.save(spec)
        self.layout.point(spec["group_id"], "most_recent_install", here.folder)
        self.layout.prune(spec["group_id"], here)
        return Outcome()

    def _install(self, spec: dict[str, Any], here: Deployment, journal: Journal) -> Outcome:
        plan = spec["plan"]
        behavior = plan["file_exists_behavior"] or spec["file_exists_behavior"]
        listing = self.layout.cleanup_list(spec["group_id"])
        install.clean(listing)
        instructions = install.plan(here.archive, plan, behavior=behavior)
        for entry in plan["files"]:
            journal.write(f"{entry['source']} → {entry['destination']}")
        copied = install.apply(instructions, listing)
        journal.write(f"{copied} files copied, {len(instructions.permissions)} permissions set")
        self.layout.point(spec["group_id"], "last_successful_install", here.folder)
        return Outcome()

    def _scripts(
        self,
        spec: dict[str, Any],
        source: Deployment,
        journal: Journal,
        marker: str,
        cancelled: threading.Event,
    ) -> Outcome:
        listed = spec["plan"]["hooks"].get(spec["event"], [])
        if not listed:
            journal.write("No script.")
        for script in listed:
            outcome = self._script(script, spec, source, journal, marker, cancelled)
            if outcome.status == "Failed":
                return outcome
        return Outcome()

    def _script(
        self,
        script: dict[str, Any],
        spec: dict[str, Any],
        source: Deployment,
        journal: Journal,
        marker: str,
        cancelled: threading.Event,
    ) -> Outcome:
        tail: deque[str] = deque(maxlen=40)

        def emit(text: str, stream: str) -> None:
            journal.write(text, prefix=f"[{stream}]")
            tail.append(text)

        user = f" as {script['runas']}" if script["runas"] else ""
        journal.write(f"{script['location']}{user}, at most {script['timeout']} s", mark="command")
        began = time.monotonic()
        result = scripts.run(
            script,
            source.archive,
            environment=self.variables(spec),
            marker=marker,
            folder=str(self.layout.root),
            emit=emit,
            cancelled=cancelled,
        )
        if result.code == "Success":
            journal.write(f"{script['location']} ended well after {time.monotonic() - began:.1f} s")
            return Outcome()
        return Outcome("Failed", result.code, script["location"], result.message, "\n".join(tail)[-TAIL:])

    def variables(self, spec: dict[str, Any]) -> dict[str, str]:
        """What a script finds in its environment: the host's own, and CodeDeploy's names."""
        return {
            **os.environ,
            **self.environment,
            "LIFECYCLE_EVENT": spec["event"],
            "DEPLOYMENT_ID": spec["deployment"],
            "APPLICATION_NAME": spec["application"],
            "DEPLOYMENT_GROUP_NAME": spec["group"],
            "DEPLOYMENT_GROUP_ID": spec["group_id"],
            "BUNDLE_COMMIT": spec["revision"]["commit"],
        }


def _kept_plan(previous: Deployment) -> dict[str, Any]:
    try:
        plan = dict(previous.spec()["plan"])
    except (OSError, ValueError, KeyError):
        plan = {}
    if not plan or not previous.archive.is_dir():
        raise EventFailed(
            f"The files of the revision installed before are gone from {previous.folder}, so its scripts cannot "
            "run. Deploy with ignoreApplicationStopFailures."
        )
    return plan
