"""The agent's commands: register, run, init."""

from __future__ import annotations

import argparse
import fcntl
import signal
import socket
import sys
import uuid
from pathlib import Path
from typing import Any

from . import applications, init
from .agent import Agent, Over, say
from .client import Client, Refused, Unreachable
from .config import Config, ConfigError, load
from .version import VERSION

EXIT_SUPERSEDED = 3
EXIT_REFUSED = 4


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    parser = argparse.ArgumentParser(prog="devopsweb-agent", description=__doc__)
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    _register_options(commands.add_parser("register", help="join this host by a join token"))
    for name, text in (("run", "work until stopped"), ("init", "keep the agent running (local instances)")):
        option = commands.add_parser(name, help=text)
        option.add_argument("--config", type=Path, required=True)
        option.add_argument("--start-applications", action="store_true")
    options = parser.parse_args(argv)
    try:
        return int({"register": register, "run": run, "init": keep}[options.command](options))
    except (ConfigError, Unreachable, Refused) as error:
        sys.stderr.write(f"devopsweb-agent: {error}\n")
        return EXIT_REFUSED


def _register_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--name", default=socket.gethostname())
    parser.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--env", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--ca-file", default="")
    parser.add_argument("--root", default="")
    parser.add_argument("--config", type=Path, required=True)


def _pairs(values: list[str]) -> dict[str, str]:
    return dict(value.partition("=")[::2] for value in values)


def register(options: Any) -> int:
    """Join; the instance token goes into the config file."""
    client = Client(options.server, ca_file=options.ca_file)
    body = {"token": options.token, "name": options.name, "tags": _pairs(options.tag)}
    answer = client.post("register", body)
    config = Config(
        server=options.server.rstrip("/"),
        token=answer["token"],
        name=answer["instance"],
        root=options.root or str(options.config.parent / "deployment-root"),
        environment=_pairs(options.env),
        ca_file=options.ca_file,
    )
    config.save(options.config)
    sys.stdout.write(f"Registered as {config.name} with {config.server}\n")
    return 0


def run(options: Any) -> int:
    """Work until TERM."""
    config = load(options.config)
    agent = Agent(config)
    lock = (agent.layout.root / "agent.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.stderr.write(f"devopsweb-agent: another agent runs with {config.root}.\n")
        return EXIT_SUPERSEDED
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop(agent))
    if options.start_applications:
        applications.start_all(agent.lifecycle, agent.layout, marker=f"boot.{uuid.uuid4().hex}")
    try:
        agent.run()
    except Over as error:
        if agent.over:
            say(f"Ending: {error}")
            return EXIT_SUPERSEDED
    return 0


def _stop(agent: Agent) -> None:
    """Leave the poll at once; what scripts do goes on, and the next process reports it."""
    agent.stopping.set()
    raise SystemExit(0)


def keep(options: Any) -> int:
    """Be the init of a local instance."""
    init.adopt_orphans()
    again = [sys.executable, sys.argv[0], "run", "--config", str(options.config)]
    return init.keep([*again, "--start-applications"], again)
