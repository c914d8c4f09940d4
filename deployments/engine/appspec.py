"""Parses ``appspec.yml`` of a server deployment into the plan that agents follow.

Strict where AWS's agent is strict, with the line of every mistake; capitalised keys and hook
names of another case are understood and reported as warnings, for AWS would ignore them silently.
Scalars are read from their text, so that ``mode: 0644`` means what it says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from devopsweb.kernel.errors import Invalid

SCRIPTED = (
    "BeforeBlockTraffic",
    "AfterBlockTraffic",
    "ApplicationStop",
    "BeforeInstall",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
    "BeforeAllowTraffic",
    "AfterAllowTraffic",
)
BEHAVIORS = ("DISALLOW", "OVERWRITE", "RETAIN")
DEFAULT_TIMEOUT = 3600
_KNOWN = ("version", "os", "files", "permissions", "hooks", "file_exists_behavior")
_MODE = re.compile(r"[0-7]{1,4}")


class AppSpecError(Invalid):
    """The file breaks a rule; ``line`` counts from 1."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(f"{name} line {line}: {reason}")
        self.line = line


@dataclass
class AppSpec:
    """A parsed file: ``plan`` is JSON for the agent, ``warnings`` are sentences for the user."""

    plan: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


def parse(text: str, *, name: str = "appspec.yml") -> AppSpec:
    """The plan that ``text`` asks for. Raises ``AppSpecError``."""
    return _Parser(name).parse(text)


class _Parser:
    def __init__(self, name: str) -> None:
        self.name = name
        self.warnings: list[str] = []

    def fail(self, node: yaml.Node | None, reason: str) -> AppSpecError:
        line = node.start_mark.line + 1 if node is not None else 1
        return AppSpecError(self.name, line, reason)

    def warn(self, node: yaml.Node, reason: str) -> None:
        self.warnings.append(f"{self.name} line {node.start_mark.line + 1}: {reason}")

    def parse(self, text: str) -> AppSpec:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise AppSpecError(self.name, line, f"this is not YAML: {error.problem}") from None
        except yaml.YAMLError as error:
            raise AppSpecError(self.name, 1, f"this is not YAML: {error}") from None
        if root is None:
            raise self.fail(None, "the application specification file was empty.")
        if not isinstance(root, yaml.MappingNode):
            raise self.fail(root, "the file must be a map with the keys version, os, files, hooks.")
        return self.document(root)

    def document(self, root: yaml.MappingNode) -> AppSpec:
        keys = self.top_level(root)
        self.version(root, keys.get("version"))
        self.os(root, keys.get("os"))
        plan = {
            "files": [self.file(item) for item in self.items(keys.get("files"), "files")],
            "permissions": [
                self.permission(item) for item in self.items(keys.get("permissions"), "permissions")
            ],
            "hooks": self.hooks(keys.get("hooks")),
            "file_exists_behavior": self.behavior(keys.get("file_exists_behavior")),
        }
        return AppSpec(plan, self.warnings)

    def top_level(self, root: yaml.MappingNode) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        for key, value in root.value:
            lower = str(key.value).lower()
            if lower in found:
                raise self.fail(key, f"the key {key.value!r} is there twice.")
            if lower in _KNOWN and key.value != lower:
                self.warn(key, f"the key {key.value!r} should be written {lower!r}; AWS ignores it so.")
            if lower == "resources":
                self.warn(key, "'Resources' has no meaning for servers and is ignored.")
            found[lower] = value
        return found

    def version(self, root: yaml.Node, node: yaml.Node | None) -> None:
        if node is None:
            raise self.fail(root, "the key 'version' is missing; write version: 0.0.")
        numeric = node.tag in {"tag:yaml.org,2002:float", "tag:yaml.org,2002:int"}
        if not numeric or float(node.value) != 0.0:
            shown = node.value if isinstance(node, yaml.ScalarNode) else "…"
            raise self.fail(node, f"unsupported version {shown!r}; the only one is 0.0, as a number.")

    def os(self, root: yaml.Node, node: yaml.Node | None) -> None:
        if node is None:
            raise self.fail(root, "the key 'os' is missing; write os: linux.")
        if node.value != "linux":
            raise self.fail(node, f"unsupported os {node.value!r}; the instances run linux.")

    def behavior(self, node: yaml.Node | None) -> str:
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return ""
        if node.value not in BEHAVIORS:
            raise self.fail(
                node, f"file_exists_behavior is {node.value!r}; it must be one of {', '.join(BEHAVIORS)}."
            )
        return str(node.value)

    def items(self, node: yaml.Node | None, key: str) -> Iterator[yaml.MappingNode]:
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(node, f"'{key}' must be a list; begin each entry with '- '.")
        for item in node.value:
            if not isinstance(item, yaml.MappingNode):
                raise self.fail(item, f"an entry of '{key}' must be a map.")
            yield item

    def fields(self, node: yaml.MappingNode) -> dict[str, yaml.Node]:
        return {str(key.value).lower(): value for key, value in node.value}

    def text(self, owner: yaml.Node, fields: dict[str, yaml.Node], key: str, *, what: str) -> str:
        node = fields.get(key)
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            raise self.fail(node or owner, f"{what} needs '{key}'.")
        return str(node.value)

    def optional(self, fields: dict[str, yaml.Node], key: str) -> str:
        node = fields.get(key)
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return ""
        if not isinstance(node, yaml.ScalarNode):
            raise self.fail(node, f"'{key}' must be a single value.")
        return str(node.value)

    def file(self, item: yaml.MappingNode) -> dict[str, str]:
        fields = self.fields(item)
        source = self.text(item, fields, "source", what="an entry of 'files'")
        destination = self.text(item, fields, "destination", what="an entry of 'files'")
        if ".." in source.split("/"):
            raise self.fail(fields["source"], f"the source {source!r} leaves the revision.")
        if not destination.startswith("/"):
            raise self.fail(
                fields["destination"], f"the destination {destination!r} must be an absolute path."
            )
        return {"source": source, "destination": destination}

    def permission(self, item: yaml.MappingNode) -> dict[str, Any]:
        fields = self.fields(item)
        for key in ("acls", "context"):
            if key in fields:
                raise self.fail(
                    fields[key], f"'{key}' is not supported by the agent; use owner, group and mode."
                )
        mode = self.optional(fields, "mode")
        if mode and not _MODE.fullmatch(mode):
            raise self.fail(fields["mode"], f"the mode {mode!r} must be 1 to 4 octal digits.")
        kinds = self.words(fields.get("type")) or ["file", "directory"]
        if unknown := set(kinds) - {"file", "directory"}:
            raise self.fail(fields["type"], f"the type {sorted(unknown)[0]!r} is not file or directory.")
        return {
            "object": self.text(item, fields, "object", what="an entry of 'permissions'"),
            "pattern": self.optional(fields, "pattern") or "**",
            "except": self.words(fields.get("except")),
            "owner": self.optional(fields, "owner"),
            "group": self.optional(fields, "group"),
            "mode": mode,
            "type": kinds,
        }

    def words(self, node: yaml.Node | None) -> list[str]:
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return []
        if isinstance(node, yaml.ScalarNode):
            return [str(node.value)]
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(node, "a list is wanted here.")
        return [str(item.value) for item in node.value]

    def hooks(self, node: yaml.Node | None) -> dict[str, list[dict[str, Any]]]:
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, "'hooks' must be a map from lifecycle events to lists of scripts.")
        found: dict[str, list[dict[str, Any]]] = {}
        for key, value in node.value:
            event = self.event(key)
            if event in found:
                raise self.fail(key, f"the lifecycle event {event!r} is there twice.")
            if value.tag != "tag:yaml.org,2002:null":
                found[event] = [self.script(item) for item in self.items(value, event)]
        return found

    def event(self, key: yaml.Node) -> str:
        for event in SCRIPTED:
            if event.lower() == str(key.value).lower():
                if event != key.value:
                    self.warn(key, f"the event {key.value!r} should be written {event!r}.")
                return event
        raise self.fail(
            key,
            f"unknown lifecycle event {key.value!r}; scripts can run in {', '.join(SCRIPTED)}.",
        )

    def script(self, item: yaml.MappingNode) -> dict[str, Any]:
        fields = self.fields(item)
        location = self.text(item, fields, "location", what="a script")
        if ".." in location.split("/"):
            raise self.fail(fields["location"], f"the location {location!r} leaves the revision.")
        written = self.optional(fields, "timeout")
        digits = re.match(r"\d+", written)
        timeout = (int(digits.group()) if digits else 0) if written else DEFAULT_TIMEOUT
        if timeout <= 0:
            raise self.fail(
                fields["timeout"], f"the timeout {written!r} must be a number of seconds above 0."
            )
        return {
            "location": location.lstrip("/"),
            "timeout": timeout,
            "runas": self.optional(fields, "runas"),
            "sudo": self.optional(fields, "sudo").lower() == "true",
        }
