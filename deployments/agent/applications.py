"""Starts installed applications again after the host came up."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from . import scripts
from .layout import Layout
from .lifecycle import Lifecycle


def start_all(lifecycle: Lifecycle, layout: Layout, *, marker: str) -> None:
    """Run the ApplicationStart scripts of what each group started last, as a booted host would."""
    for group in layout.groups("last_started"):
        started = layout.pointed(group, "last_started")
        try:
            spec = started.spec() if started else {}
        except (OSError, ValueError):
            continue
        if not started or not spec:
            continue
        variables = lifecycle.variables({**spec, "event": "ApplicationStart"})
        for script in spec["plan"]["hooks"].get("ApplicationStart", []):
            _emit(f"Starting {spec['application']} {spec['deployment']}: {script['location']}", "boot")
            result = scripts.run(
                script,
                Path(started.archive),
                environment=variables,
                marker=marker,
                folder=str(layout.root),
                emit=_emit,
                cancelled=threading.Event(),
            )
            if result.code != "Success":
                _emit(result.message, "boot")
                break


def _emit(text: str, stream: str) -> None:
    sys.stderr.write(f"[{stream}] {text}\n")
    sys.stderr.flush()
