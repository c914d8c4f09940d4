"""What each phase of a build does."""

from collections.abc import Callable, Iterable, Mapping

from django.conf import settings

from devopsweb.iam import api as iam
from devopsweb.kernel import clock
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import NotFound
from devopsweb.kernel.principals import Principal
from devopsweb.sandbox import api as sandbox
from devopsweb.vault.api import Redactor, decrypt
from monitoring.logs import api as logs
from pipelines.builds.actions import roles, stored
from pipelines.builds.actions.phases import PhaseFailed, stamp
from pipelines.builds.adapters import collecting
from pipelines.builds.adapters.shell import Interrupted, Shell
from pipelines.builds.adapters.workspace import SOURCE, BadArchive, Workspace
from pipelines.builds.engine import buildspec
from pipelines.builds.engine.buildspec import ArtifactSpec, Buildspec
from pipelines.builds.engine.environment import CREDENTIALS, variables
from pipelines.builds.engine.yaml_tree import Text, YamlError
from pipelines.builds.models import Build
from pipelines.builds.states import COMMAND_PHASES, Phase
from repos.git import api as repos


class Steps:
    """The work of one build's phases; ``artifacts``, ``exported`` and ``version`` are its yield."""

    def __init__(
        self,
        build: Build,
        log: logs.Writer,
        interruption: Callable[[], str],
        workspace: Workspace,
        mask: Redactor,
    ) -> None:
        self.build = build
        self.log = log
        self.interruption = interruption
        self.workspace = workspace
        self.mask = mask
        self.artifacts: dict[str, str] = {}
        self.exported: dict[str, str] = {}
        self.principal: Principal | None = None
        self.version = str(build.source.get("version", ""))
        self._spec: Buildspec | None = None
        self._shell: Shell | None = None
        self._succeeding = True

    @property
    def spec(self) -> Buildspec:
        """The buildspec, once DOWNLOAD_SOURCE has read it."""
        if self._spec is None:
            raise RuntimeError("the buildspec was not read yet")
        return self._spec

    @property
    def acting(self) -> Principal:
        """The session of the build's role, once PROVISIONING has assumed it."""
        if self.principal is None:
            raise RuntimeError("the build has not assumed its role yet")
        return self.principal

    def on_failure(self, phase: Phase) -> str:
        """The phase's own word on its failure."""
        return self._spec.phase(phase).on_failure if self._spec else ""

    def run(self, phase: Phase, *, succeeding: bool) -> None:
        """Do ``phase``. Raises ``PhaseFailed`` and ``Interrupted``."""
        if (reason := self.interruption()) and phase is not Phase.FINALIZING:
            raise Interrupted(reason)
        if phase in COMMAND_PHASES:
            self._commands(phase, succeeding)
            return
        work = {
            Phase.PROVISIONING: self._provision,
            Phase.DOWNLOAD_SOURCE: self._download,
            Phase.UPLOAD_ARTIFACTS: self._upload,
            Phase.FINALIZING: self.close,
        }
        work[phase]()

    def close(self) -> None:
        """End the shell and all that it started."""
        if self._shell:
            self._shell.close()

    def _say(self, text: str, mark: str = "") -> int:
        return self.log.write(f"{stamp(clock.now())} {text}", mark=mark)

    def _provision(self) -> None:
        if image := self.build.settings["image"]:
            raise PhaseFailed(
                "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE",
                f"The project names the image {image}, but no container engine is connected. "
                "Clear the image to build in this machine's sandbox.",
            )
        self.principal = self._assume_role()
        self.workspace.create()
        capability = sandbox.capability()
        self._say(f"Environment: {capability.isolation}")

    def _assume_role(self) -> Principal:
        """The session of the build's role, which must at least be allowed to write the log."""
        group = arn("logs", f"log-group:/aws/codebuild/{self.build.project_name}")
        try:
            principal = roles.session(self.build, at=clock.now())
            iam.require(principal, "logs:CreateLogStream", f"{group}:log-stream:{self.build.uuid}")
            iam.require(principal, "logs:PutLogEvents", f"{group}:log-stream:{self.build.uuid}")
        except iam.AccessDenied as error:
            role = self.build.settings.get("service_role", "")
            raise PhaseFailed(
                "ACCESS_DENIED", f"Service role {role} does not allow CodeBuild to run this build. {error}"
            ) from None
        return principal

    def _download(self) -> None:
        digest = self._source_digest()
        if digest:
            try:
                self.workspace.unpack(digest)
            except BadArchive as error:
                raise PhaseFailed("CLIENT_ERROR", str(error)) from None
        self._spec = self._read_buildspec()
        for warning in self._spec.warnings:
            self._say(f"Warning: {warning}")
        self._shell = Shell(
            control=self.workspace.control,
            spec=self.workspace.spec(
                env=self._environment(self._spec),
                network=self.build.settings["network"],
                memory_mib=self.build.settings["memory_mib"],
            ),
            shell=self._spec.shell,
            sink=self.log.feed,
        )

    def _source_digest(self) -> str:
        source = self.build.source
        if source["kind"] == "blob":
            return str(source["digest"])
        if source["kind"] != "git":
            return ""
        name = source["repository"]
        try:
            iam.require(self.acting, "codecommit:GitPull", arn("codecommit", name))
            repository = repos.repository(name)
            commit = repos.resolve(repository=name, ref=source["version"] or repository.default_branch)
        except (NotFound, iam.AccessDenied) as error:
            raise PhaseFailed("CLIENT_ERROR", str(error)) from None
        self.version = commit.sha
        self._say(f"Source: {name} at {commit.sha}")
        return repos.archive(repository=name, sha=commit.sha).digest

    def _read_buildspec(self) -> Buildspec:
        wanted = self.build.settings["buildspec"] or "buildspec.yml"
        if buildspec.looks_inline(wanted):
            return self._parsed(wanted, "the project's buildspec")
        path = (self.workspace.source / wanted).resolve()
        if not path.is_relative_to(self.workspace.source.resolve()) or not path.is_file():
            raise PhaseFailed(
                "YAML_FILE_ERROR", f"YAML file does not exist: {wanted}. Add it to the root of the source."
            )
        return self._parsed(path.read_bytes().decode("utf-8", "replace"), wanted)

    def _parsed(self, text: str, name: str) -> Buildspec:
        try:
            return buildspec.read(text, name)
        except YamlError as error:
            raise PhaseFailed("YAML_FILE_ERROR", str(error), where=f"{name}:{error.line}") from None

    def _environment(self, spec: Buildspec) -> Mapping[str, str]:
        rows = self.build.settings["environment"]
        project = {
            row["name"]: decrypt(row["value"]) if row["secret"] else row["value"]
            for row in rows
            if not row.get("type")
        }
        project |= self._stored(stored.of_project(rows))
        named = {row["name"] for row in rows}
        found = self._stored(one for one in stored.of_buildspec(spec) if one.name not in named)
        repository = self.build.source.get("repository", "")
        return variables(
            build_id=self.build.external_id,
            build_arn=self.build.arn,
            number=self.build.number,
            initiator=self.build.initiator,
            stream=str(self.build.uuid),
            region=settings.DEVOPSWEB_REGION,
            repository_url=f"{settings.DEVOPSWEB_BASE_URL}/v1/repos/{repository}" if repository else "",
            asked_version=self.build.source.get("version", ""),
            version=self.version,
            started_at=self.build.started_at or clock.now(),
            path=sandbox.search_path(),
            source_dir=SOURCE,
            buildspec={**spec.variables, **found},
            project=project,
            clients=self._of_clients(),
        )

    def _of_clients(self) -> dict[str, str]:
        """What lets AWS's clients in the build's commands call us as the role; from now on the log hides it.

        Without a network nobody could be called.
        """
        if not self.build.settings["network"]:
            return {}
        lent = roles.lend(self.build, at=self.build.started_at or clock.now())
        self.mask.learn([lent.secret_access_key, lent.session_token])
        values = (lent.access_key_id, lent.secret_access_key, lent.session_token)
        return {
            "AWS_ENDPOINT_URL": settings.DEVOPSWEB_BASE_URL,
            **dict(zip(CREDENTIALS, values, strict=True)),
        }

    def _stored(self, wanted: Iterable[stored.Wanted]) -> dict[str, str]:
        """Values from the vault; from now on the log hides them."""
        found = {one.name: stored.read(one, principal=self.acting, at=clock.now()) for one in wanted}
        self.mask.learn(found.values())
        return found

    def _commands(self, phase: Phase, succeeding: bool) -> None:
        if self._shell is None:
            raise RuntimeError("the build has no shell")
        if succeeding != self._succeeding:
            self._succeeding = succeeding
            self._shell.run(f"export CODEBUILD_BUILD_SUCCEEDING={int(succeeding)}", self.interruption)
        wanted = self.spec.phase(phase)
        failure = self._block(wanted.commands)
        # "finally" runs in any case; the first failure is the one that counts.
        failure_at_last = self._block(wanted.finally_commands)
        if found := failure or failure_at_last:
            raise found

    def _block(self, commands: tuple[Text, ...]) -> PhaseFailed | None:
        for command in commands:
            if failure := self._command(command):
                return failure
        return None

    def _command(self, command: Text) -> PhaseFailed | None:
        text = command.value.strip()
        if self._shell is None:
            raise RuntimeError("the build has no shell")
        begun = self._say(f"Running command {text}", mark="command")
        status = self._shell.run(text if self.spec.has_one_shell else _alone(text), self.interruption)
        self.log.flush()
        if status == 0:
            return None
        first = text.splitlines()[0]
        message = f"Error while executing command: {first}. Reason: exit status {status}"
        told = self._say(f"Command did not exit successfully {first} exit status {status}", mark="error")
        return PhaseFailed(
            "COMMAND_EXECUTION_ERROR",
            message,
            command=text,
            where=f"{self.spec.file}:{command.line}",
            line=self._first_complaint(begun, told),
            told=told,
        )

    def _first_complaint(self, begun: int, told: int) -> int:
        """The first line of a command's output that tells of a failure, or the line that ends it."""
        self.log.flush()
        marks = logs.marks(stream_id=self.build.log_stream_id).marks
        found = (mark.number for mark in marks if mark.mark == "error" and begun < mark.number < told)
        return next(found, told)

    def _export(self, left: Mapping[str, str]) -> None:
        """Note the exported variables; secrets never leave the build."""
        rows = self.build.settings["environment"]
        secret = {row["name"] for row in rows if row["secret"] or row.get("type")}
        for name in self.spec.exported:
            if name in secret:
                self._say(f"Warning: {name} is secret and is not exported.")
            elif name in left:
                self.exported[name] = self.mask(left[name])

    def _upload(self) -> None:
        if self._shell:
            # A background process could still change what is being read.
            self._shell.close()
            self._export(self._shell.environment())
        wanted: dict[str, ArtifactSpec] = dict(self.spec.secondary_artifacts)
        if self.spec.artifacts:
            wanted = {"": self.spec.artifacts, **wanted}
        missing: list[PhaseFailed] = []
        for name, spec in wanted.items():
            if reason := self.interruption():
                raise Interrupted(reason)
            try:
                blob, count = collecting.collect(self.workspace.source, spec)
            except collecting.NothingMatches as error:
                missing.append(PhaseFailed("CLIENT_ERROR", str(error), where=f"{self.spec.file}:{spec.line}"))
                continue
            self.artifacts[name or "default"] = blob.digest
            self._say(f"Artifact {name or 'default'}: {count} files, {blob.size} bytes, sha256 {blob.digest}")
        if missing:
            raise missing[0]


def _alone(text: str) -> str:
    """Version 0.1: a command has a shell of its own, and nothing that it sets outlives it."""
    return f'(\ncd "$CODEBUILD_SRC_DIR"\n{text}\n)'
