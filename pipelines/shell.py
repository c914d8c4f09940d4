"""What pipelines hang into the shell: navigation, My work, the palette."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from devopsweb.kernel import clock
from devopsweb.kernel.principals import Principal
from devopsweb.ui import registry
from devopsweb.ui.registry import HomeCard, NavItem, PaletteRow, Step, Tally
from pipelines import access
from pipelines.models import Pipeline
from pipelines.queries import home
from pipelines.urls_of import action_url, execution_url

ROWS = 10


def connect() -> None:
    """Called once by ``wiring.connect``."""
    registry.nav(
        NavItem(
            "Deliver",
            30,
            "Pipelines",
            "timeline",
            "pipelines",
            key="p",
            tab=True,
            count=_badge,
            visible=access.may_list,
        )
    )
    registry.home(
        HomeCard("waiting", "main", 10, "pipelines/home_waiting.html", _waiting),
        HomeCard("broken", "main", 20, "pipelines/home_broken.html", _broken),
        HomeCard("running", "main", 30, "pipelines/home_running.html", _running),
        HomeCard("commits", "main", 40, "pipelines/home_commits.html", _commits),
    )
    registry.tally(
        Tally(10, "wait", "hand-stop", "waiting for you", "#waiting", lambda p: len(home.waiting(p))),
        Tally(20, "fail", "square-x-f", "broken", "#broken", lambda p: len(home.broken(p))),
        Tally(30, "run", "loader-2", "running", "#running", lambda p: len(home.running(p))),
        Tally(50, "idle", "player-pause-f", "held by a transition", "#commits", lambda p: len(home.held(p))),
    )
    registry.palette(palette)
    registry.step(
        Step(
            40,
            "Create a pipeline",
            "Source, build, approval, deployment.",
            "pipelines",
            lambda principal: Pipeline.objects.exists(),
        )
    )


def _badge(principal: Principal) -> tuple[int, str]:
    return len(home.waiting(principal)), "wait"


def _waiting(principal: Principal) -> Mapping[str, Any]:
    return {"actions": home.waiting(principal)}


def _broken(principal: Principal) -> Mapping[str, Any]:
    runs = home.broken(principal)
    return {"runs": runs, "retryable": home.retryable(principal, runs)}


def _running(principal: Principal) -> Mapping[str, Any]:
    return {"runs": home.running(principal)}


def _commits(principal: Principal) -> Mapping[str, Any]:
    return {"way": home.way(principal, now=clock.now())}


def palette(principal: Principal, query: str) -> Iterable[PaletteRow]:
    """Waiting approvals first, then pipelines by name and executions by number (``#414``)."""
    text = query.strip().lower()
    rows = []
    for action in home.waiting(principal):
        execution = action.execution
        label = f"Approve {execution.pipeline.name} #{execution.number} → {action.stage.name}"
        if text in label.lower():
            rows.append(
                PaletteRow(
                    "Waiting for you", label, action_url(action), "hand-stop", state="WaitingForApproval"
                )
            )
    number = re.fullmatch(r"#?(\d{1,9})", text)
    if number:
        for found in home.by_number(principal, int(number[1])):
            label = f"{found.pipeline.name} #{found.number}"
            note = found.revision.get("revisionSummary", "")[:60]
            rows.append(PaletteRow("Executions", label, execution_url(found), "timeline", note, found.status))
    if text and not text.startswith("#"):
        for pipeline in home.search(principal, text):
            href = reverse("pipeline", kwargs={"name": pipeline.name})
            rows.append(PaletteRow("Go to", pipeline.name, href, "timeline", "Pipeline"))
    return rows[:ROWS]
