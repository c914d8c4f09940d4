"""Reads ``buildspec.yml`` (CodeBuild User Guide, "Build specification reference"), versions 0.1 and 0.2.

Pure: text in, frozen dataclasses out, or ``YamlError`` with file, line and reason. What is
understood but has no effect here is named in ``warnings``; it never passes in silence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.builds.engine.yaml_tree import Text, Tree, YamlError, parse
from pipelines.builds.states import COMMAND_PHASES, Phase

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOP = {"version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache"}
_ENV = {
    "shell",
    "variables",
    "parameter-store",
    "secrets-manager",
    "exported-variables",
    "git-credential-helper",
}
_PHASE = {"run-as", "on-failure", "commands", "finally", "runtime-versions"}
_ARTIFACT = {
    "files",
    "name",
    "discard-paths",
    "base-directory",
    "exclude-paths",
    "enable-symlinks",
    "s3-prefix",
}
_ON_FAILURE = re.compile(r"ABORT|CONTINUE|RETRY(-.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class PhaseSpec:
    """The commands of one phase; ``on_failure`` is "", ``ABORT`` or ``CONTINUE``."""

    commands: tuple[Text, ...] = ()
    finally_commands: tuple[Text, ...] = ()
    on_failure: str = ""


@dataclass(frozen=True)
class ArtifactSpec:
    """Which files leave the build, and how they lie in the zip."""

    files: tuple[str, ...]
    line: int
    base_directory: str = ""
    exclude_paths: tuple[str, ...] = ()
    discard_paths: bool = False
    enable_symlinks: bool = False
    name: str = ""


@dataclass(frozen=True)
class Buildspec:
    """A whole buildspec."""

    version: str
    file: str
    shell: str = "sh"
    variables: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Text] = field(default_factory=dict)
    secrets: Mapping[str, Text] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    phases: Mapping[Phase, PhaseSpec] = field(default_factory=dict)
    artifacts: ArtifactSpec | None = None
    secondary_artifacts: Mapping[str, ArtifactSpec] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def has_one_shell(self) -> bool:
        """0.2 runs all commands in one shell; 0.1 gives each its own."""
        return self.version != "0.1"

    def phase(self, name: Phase) -> PhaseSpec:
        """The phase, empty when the file does not name it."""
        return self.phases.get(name, PhaseSpec())


def read(text: str, file: str = "buildspec.yml") -> Buildspec:
    """The buildspec in ``text``. Raises ``YamlError``."""
    root = parse(text, file)
    return _Reader(file).spec(root)


def looks_inline(value: str) -> bool:
    """Whether a project's buildspec setting is the YAML itself, not the path of a file."""
    return "\n" in value.strip() or bool(re.match(r"\s*version\s*:", value))


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.warnings: list[str] = []

    def warn(self, tree: Tree, text: str) -> None:
        self.warnings.append(f"{self.file}, line {tree.line}: {text}")

    def known(self, tree: Tree, pairs: Mapping[str, Tree], names: set[str]) -> None:
        for name in pairs.keys() - names:
            self.warn(pairs[name], f"{pairs[name].path} is not a buildspec key and is ignored.")

    def spec(self, root: Tree) -> Buildspec:
        top = root.mapping()
        self.known(root, top, _TOP)
        version = self.version(root, top)
        if "phases" not in top:
            raise root.error("phases is missing; a buildspec needs version and phases")
        environment = top.get("env")
        env = environment.mapping() if environment and not environment.is_null else {}
        if environment:
            self.known(environment, env, _ENV)
        for name, text in (
            ("reports", "reports are not collected by this version; the files stay in the build"),
            ("cache", "caches are not kept by this version; the build starts clean"),
            ("batch", "batch builds are not run by this version; this is one build"),
            ("proxy", "there is no proxy to set"),
            ("run-as", "commands run as the build's own root; run-as has no effect"),
        ):
            if name in top:
                self.warn(top[name], f"{text}.")
        artifacts, secondary = self.artifacts(top.get("artifacts"))
        return Buildspec(
            version=version,
            file=self.file,
            shell=self.shell(env.get("shell")),
            variables={k: v.value for k, v in self.names(env.get("variables")).items()},
            parameters=self.names(env.get("parameter-store")),
            secrets=self.names(env.get("secrets-manager")),
            exported=self.exported(env.get("exported-variables")),
            phases=self.phases(top["phases"]),
            artifacts=artifacts,
            secondary_artifacts=secondary,
            warnings=tuple(self.warnings),
        )

    def version(self, root: Tree, top: Mapping[str, Tree]) -> str:
        if "version" not in top:
            raise root.error("version is missing; write 'version: 0.2' as the first line")
        version = top["version"].text().value
        if version not in {"0.1", "0.2"}:
            raise top["version"].error(f"{version!r} is not a buildspec version; use 0.2")
        return version

    def shell(self, tree: Tree | None) -> str:
        if tree is None:
            return "sh"
        value = tree.text().value
        if value not in {"bash", "/bin/sh", "sh", "/bin/bash"}:
            raise tree.error(f"{value!r} is not a shell of this environment; use bash or /bin/sh")
        return "bash" if value.endswith("bash") else "sh"

    def names(self, tree: Tree | None) -> dict[str, Text]:
        if tree is None or tree.is_null:
            return {}
        pairs = tree.mapping()
        for name, value in pairs.items():
            if not _NAME.fullmatch(name):
                raise value.error("a variable's name holds letters, digits and _ only")
            if name.startswith("CODEBUILD_"):
                raise value.error("names that begin with CODEBUILD_ are reserved")
        return {name: value.text() for name, value in pairs.items()}

    def exported(self, tree: Tree | None) -> tuple[str, ...]:
        if tree is None or tree.is_null:
            return ()
        names = tuple(text.value for text in tree.texts())
        for name in names:
            if not _NAME.fullmatch(name):
                raise tree.error(f"{name!r} is not a variable's name")
            if name.startswith("AWS_"):
                raise tree.error(f"{name} cannot be exported: names that begin with AWS_ are not allowed")
        return names

    def phases(self, tree: Tree) -> dict[Phase, PhaseSpec]:
        wanted = {phase.value.lower(): phase for phase in COMMAND_PHASES}
        found: dict[Phase, PhaseSpec] = {}
        for name, body in tree.mapping().items():
            if name not in wanted:
                raise body.error(f"{name!r} is not a phase; the phases are {', '.join(wanted)}")
            found[wanted[name]] = self.phase(name, body)
        if not found:
            raise tree.error("at least one phase is needed")
        return found

    def phase(self, name: str, tree: Tree) -> PhaseSpec:
        pairs = tree.mapping()
        self.known(tree, pairs, _PHASE)
        if "commands" not in pairs and name != "install":
            raise tree.error("commands is missing")
        if "run-as" in pairs:
            self.warn(pairs["run-as"], "commands run as the build's own root; run-as has no effect.")
        if "runtime-versions" in pairs:
            self.warn(
                pairs["runtime-versions"],
                "Skipping install of runtimes. Runtime version selection is not supported by this "
                "build environment: what the machine has is used.",
            )
        return PhaseSpec(
            commands=self.commands(pairs.get("commands")),
            finally_commands=self.commands(pairs.get("finally")),
            on_failure=self.on_failure(pairs.get("on-failure")),
        )

    def commands(self, tree: Tree | None) -> tuple[Text, ...]:
        if tree is None or tree.is_null:
            return ()
        commands = tree.texts()
        return tuple(command for command in commands if command.value.strip() and not command.is_null)

    def on_failure(self, tree: Tree | None) -> str:
        if tree is None:
            return ""
        value = tree.text().value
        if not _ON_FAILURE.fullmatch(value):
            raise tree.error(f"{value!r} is not ABORT, CONTINUE or RETRY")
        if value.upper().startswith("RETRY"):
            self.warn(tree, f"on-failure {value} acts as ABORT: this version does not retry by itself.")
            return "ABORT"
        return value.upper()

    def artifacts(self, tree: Tree | None) -> tuple[ArtifactSpec | None, dict[str, ArtifactSpec]]:
        if tree is None or tree.is_null:
            return None, {}
        pairs = tree.mapping()
        self.known(tree, pairs, _ARTIFACT | {"secondary-artifacts"})
        secondary: dict[str, ArtifactSpec] = {}
        if "secondary-artifacts" in pairs:
            for name, body in pairs["secondary-artifacts"].mapping().items():
                secondary[name] = self.artifact(body, body.mapping())
        if "files" not in pairs:
            raise tree.error("files is missing")
        return self.artifact(tree, pairs), secondary

    def artifact(self, tree: Tree, pairs: Mapping[str, Tree]) -> ArtifactSpec:
        if "files" not in pairs:
            raise tree.error("files is missing")
        files = tuple(text.value for text in pairs["files"].texts())
        if not files:
            raise pairs["files"].error("at least one pattern is needed")
        flags = {
            key.replace("-", "_"): pairs[key].flag()
            for key in ("discard-paths", "enable-symlinks")
            if key in pairs
        }
        return ArtifactSpec(
            files=files,
            line=pairs["files"].line,
            base_directory=pairs["base-directory"].text().value if "base-directory" in pairs else "",
            exclude_paths=tuple(t.value for t in pairs["exclude-paths"].texts())
            if "exclude-paths" in pairs
            else (),
            name=pairs["name"].text().value if "name" in pairs else "",
            **flags,
        )


__all__ = ["ArtifactSpec", "Buildspec", "PhaseSpec", "YamlError", "looks_inline", "read"]
