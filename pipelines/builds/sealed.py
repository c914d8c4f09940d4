"""Where builds keep sealed texts: in the environments of projects, and in the settings that builds run under."""

from typing import Any

from devopsweb.kernel import sealing
from devopsweb.kernel.sealing import Kept, Renew


def register() -> None:
    """Have them sealed anew with everything else."""
    sealing.keep(Kept("builds.Project", "environment", environment))
    sealing.keep(Kept("builds.Build", "settings", settings))


def environment(rows: list[dict[str, Any]], renew: Renew) -> list[dict[str, Any]]:
    """``rows`` with each secret value renewed."""
    return [{**row, "value": renew(row["value"])} if row.get("secret") else row for row in rows]


def settings(held: dict[str, Any], renew: Renew) -> dict[str, Any]:
    """``held`` with each secret value of its environment renewed."""
    return {**held, "environment": environment(held.get("environment", []), renew)} if held else held
