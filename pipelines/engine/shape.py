"""The shape of ``pipeline.json``: which members it has, of which kind, how long (botocore's model)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipelines.engine.problems import SHAPE, Problem


class Kind(Protocol):
    """A kind of JSON value."""

    def check(self, value: Any, path: str) -> Iterator[Problem]:
        """What is wrong with ``value``."""


@dataclass(frozen=True)
class Text:
    """A string, optionally of a pattern (whole match) or one of some words."""

    low: int = 0
    high: int = 1_000_000
    pattern: str = ""
    words: tuple[str, ...] = ()

    def check(self, value: Any, path: str) -> Iterator[Problem]:
        """Type, length, pattern, words."""
        if not isinstance(value, str):
            yield Problem(SHAPE, path, f"must be a string, not {_json(value)}.")
        elif self.words and value not in self.words:
            yield Problem(SHAPE, path, f"'{value}' must be one of: {', '.join(self.words)}.")
        elif not self.low <= len(value) <= self.high:
            yield Problem(SHAPE, path, f"must have {self.low} to {self.high} characters.")
        elif self.pattern and not re.fullmatch(self.pattern, value):
            yield Problem(SHAPE, path, f"'{value[:120]}' must match the pattern {self.pattern}.")


@dataclass(frozen=True)
class Number:
    """A whole number in a range."""

    low: int
    high: int

    def check(self, value: Any, path: str) -> Iterator[Problem]:
        """Type and range."""
        if not isinstance(value, int) or isinstance(value, bool):
            yield Problem(SHAPE, path, f"must be a whole number, not {_json(value)}.")
        elif not self.low <= value <= self.high:
            yield Problem(SHAPE, path, f"must be from {self.low} to {self.high}, not {value}.")


@dataclass(frozen=True)
class Anything:
    """A value that is judged elsewhere."""

    def check(self, value: Any, path: str) -> Iterator[Problem]:
        """Nothing."""
        return iter(())


@dataclass(frozen=True)
class Items:
    """A list of values of one kind."""

    of: Kind
    low: int = 0
    high: int = 1000

    def check(self, value: Any, path: str) -> Iterator[Problem]:
        """Type, length, each item."""
        if not isinstance(value, list):
            yield Problem(SHAPE, path, f"must be a list, not {_json(value)}.")
            return
        if not self.low <= len(value) <= self.high:
            yield Problem(SHAPE, path, f"must have {self.low} to {self.high} items, not {len(value)}.")
        for index, item in enumerate(value):
            yield from self.of.check(item, f"{path}[{index}]")


@dataclass(frozen=True)
class Table:
    """An object with free keys."""

    key: Text
    of: Kind

    def check(self, value: Any, path: str) -> Iterator[Problem]:
        """Type, each key, each value."""
        if not isinstance(value, dict):
            yield Problem(SHAPE, path, f"must be an object, not {_json(value)}.")
            return
        for key, item in value.items():
            yield from self.key.check(key, f"{path} (key)")
            yield from self.of.check(item, f"{path}.{key}")


@dataclass(frozen=True)
class Members:
    """An object with known members."""

    required: Mapping[str, Kind] = field(default_factory=dict)
    optional: Mapping[str, Kind] = field(default_factory=dict)

    def check(self, value: Any, path: str) -> Iterator[Problem]:
        """Type, missing and unknown members, each member."""
        if not isinstance(value, dict):
            yield Problem(SHAPE, path, f"must be an object, not {_json(value)}.")
            return
        for name in self.required:
            if value.get(name) is None:
                yield Problem(SHAPE, f"{path}.{name}", "is required.")
        known = {**self.required, **self.optional}
        for name, item in value.items():
            if name not in known:
                valid = ", ".join(known)
                yield Problem(SHAPE, f"{path}.{name}", f"is not a member here; valid are {valid}.")
            elif item is not None:
                yield from known[name].check(item, f"{path}.{name}")


def _json(value: Any) -> str:
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return "null" if value is None else kinds.get(type(value), "an object")


NAME = Text(1, 100, r"[A-Za-z0-9.@\-_]+")
ARTIFACT = Text(1, 100, r"[A-Za-z0-9_\-]+")
ROLE = Text(1, 1024, r"arn:aws(-[\w]+)*:iam::[0-9]{12}:role/.*")
STORE = Members(
    {"type": Text(words=("S3",)), "location": Text(3, 63, r"[a-zA-Z0-9\-.]+")},
    {"encryptionKey": Members({"id": Text(1, 400), "type": Text(words=("KMS",))})},
)
ACTION = Members(
    {
        "name": NAME,
        "actionTypeId": Members(
            {
                "category": Text(
                    words=("Source", "Build", "Deploy", "Test", "Invoke", "Approval", "Compute")
                ),
                "owner": Text(words=("AWS", "ThirdParty", "Custom")),
                "provider": Text(1, 35, r"[0-9A-Za-z_\-]+"),
                "version": Text(1, 9, r"[0-9A-Za-z_\-]+"),
            }
        ),
    },
    {
        "runOrder": Number(1, 999),
        "configuration": Table(Text(1, 50), Text(1, 1000)),
        "commands": Anything(),
        "outputArtifacts": Items(
            Members({"name": ARTIFACT}, {"files": Items(Text(1, 128), 1, 10)}),
        ),
        "inputArtifacts": Items(Members({"name": ARTIFACT})),
        "outputVariables": Items(Text(1, 128), 1, 15),
        "roleArn": ROLE,
        "region": Text(4, 30),
        "namespace": Text(1, 100, r"[A-Za-z0-9@\-_]+"),
        "timeoutInMinutes": Number(5, 86400),
        "environmentVariables": Anything(),
    },
)
STAGE = Members(
    {"name": NAME, "actions": Items(ACTION, 1, 100)},
    {
        "blockers": Items(Anything()),
        "onFailure": Anything(),
        "onSuccess": Anything(),
        "beforeEntry": Anything(),
    },
)
VARIABLE = Members(
    {"name": Text(1, 128, r"[A-Za-z0-9@\-_]+")},
    {"defaultValue": Text(1, 1000), "description": Text(0, 200)},
)
PIPELINE = Members(
    {"name": NAME, "roleArn": ROLE, "stages": Items(STAGE)},
    {
        "artifactStore": STORE,
        "artifactStores": Table(Text(4, 30), STORE),
        "version": Number(1, 1_000_000_000),
        "executionMode": Text(words=("QUEUED", "SUPERSEDED", "PARALLEL")),
        "pipelineType": Text(words=("V1", "V2")),
        "variables": Items(VARIABLE, 0, 50),
        "triggers": Anything(),
    },
)
