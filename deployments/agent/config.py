"""The agent's settings: one JSON file that only its user may read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path


class ConfigError(Exception):
    """The settings are missing or unusable; the text says how to mend them."""


@dataclass
class Config:
    """``environment`` is given to every script; ``root`` holds the state.

    ``ca_file`` holds authorities that may vouch for the server; ``certificate`` the server's own, which is then
    the only one that is taken, by whatever name the server is called.
    """

    server: str
    token: str
    name: str
    root: str
    environment: dict[str, str] = field(default_factory=dict)
    ca_file: str = ""
    certificate: str = ""

    def save(self, path: Path) -> None:
        """Write the file, readable by its owner alone."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".new")
        descriptor = os.open(str(draft), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)
        os.replace(draft, path)


def load(path: Path) -> Config:
    """Read the file. Raises ``ConfigError``."""
    try:
        return Config(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing. Register this host first.") from None
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. Register this host again.") from None
