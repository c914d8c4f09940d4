"""Forms of build projects and builds."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from devopsweb.iam.api import RoleNotAssumable
from devopsweb.kernel.errors import DevOpsWebError
from devopsweb.ui.forms import offer
from pipelines.builds.actions.projects import KEEP, VARIABLE
from pipelines.builds.engine import buildspec
from pipelines.builds.errors import InvalidProject
from pipelines.builds.models import Project
from pipelines.builds.states import BuildStatus
from pipelines.builds.types import WORDS, Source


def parse_variables(text: str) -> dict[str, str]:
    """One ``NAME=value`` per line; blank lines do not count. Raises ``ValidationError``."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.partition("=")
        name = name.strip()
        if not line.strip():
            continue
        if not equals or not VARIABLE.fullmatch(name):
            raise ValidationError(f"Line {number}: write NAME=value, with letters, digits and _ in the name.")
        if name.startswith("CODEBUILD_"):
            raise ValidationError(f"Line {number}: names that begin with CODEBUILD_ are reserved.")
        if name in found:
            raise ValidationError(f"Line {number}: {name} is named twice.")
        found[name] = value
    return found


class VariablesField(forms.CharField):
    """Variables as lines of text."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(
            attrs={"rows": 4, "class": "mono", "spellcheck": "false", "autocomplete": "off"}
        )
        super().__init__(required=False, strip=False, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        return parse_variables(super().clean(value))


class StoredField(VariablesField):
    """Variables whose values are read from Parameters or Secrets when a build runs."""

    def clean(self, value: Any) -> Any:
        found = {}
        kinds = {word: kind for kind, word in WORDS.items()}
        for name, text in super().clean(value).items():
            word, _, reference = text.partition(":")
            if word not in kinds or not reference:
                raise ValidationError(
                    f"{name}: write parameter-store:name or secrets-manager:secret-id:json-key."
                )
            found[name] = {"value": reference, "type": kinds[word]}
        return found


class BuildspecField(forms.CharField):
    """A buildspec itself, judged at once, or the path of one."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 8, "class": "mono", "spellcheck": "false"})
        super().__init__(required=False, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value)).replace("\r\n", "\n")
        if buildspec.looks_inline(text):
            try:
                buildspec.read(text, "buildspec")
            except buildspec.YamlError as error:
                raise ValidationError(str(error)) from None
        return text


class FilterForm(forms.Form):
    """What a list of builds shows."""

    STATUSES: ClassVar = [(s.value, s.value.replace("_", " ").capitalize()) for s in BuildStatus]

    q = forms.CharField(required=False, max_length=150)
    status = forms.ChoiceField(required=False, choices=[("", ""), *STATUSES])

    def chosen(self) -> dict[str, str]:
        """The filters; what makes no sense does not filter."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "").strip() for name in ("q", "status")}


class StopForm(forms.Form):
    """Why a build is stopped."""

    reason = forms.CharField(required=False, max_length=400, label="Reason")


class StartForm(forms.Form):
    """How one build differs from its project."""

    source_version = forms.CharField(
        required=False,
        max_length=255,
        label="Branch, tag or commit",
        help_text="Empty: the repository's default branch.",
    )
    variables = VariablesField(
        label="Variables", help_text="NAME=value, one per line; they replace the project's of the same name."
    )
    buildspec = BuildspecField(
        label="Buildspec", help_text="YAML, or a path in the source. Empty: as the project says."
    )

    def overrides(self, project: Project) -> dict[str, Any]:
        """Arguments of ``builds.start``."""
        version, repository = self.cleaned_data["source_version"], project.repository
        return {
            "source": Source(kind="git", repository=repository, version=version) if repository else None,
            "env_overrides": self.cleaned_data["variables"],
            "buildspec_override": self.cleaned_data["buildspec"] or None,
        }


class ProjectForm(forms.Form):
    """A project's settings."""

    name = forms.CharField(
        max_length=150, help_text="2 to 150 letters, digits, - and _. It cannot be changed later."
    )
    description = forms.CharField(required=False, max_length=255)
    repository = forms.ChoiceField(
        required=False, help_text="A build of a pipeline gets the pipeline's source instead."
    )
    source_version = forms.CharField(
        required=False,
        max_length=255,
        label="Branch, tag or commit",
        help_text="Empty: the repository's default branch.",
    )
    buildspec = BuildspecField(
        label="Buildspec", help_text="A path in the source, or the YAML itself. Empty: buildspec.yml."
    )
    variables = VariablesField(label="Variables", help_text="NAME=value, one per line.")
    secrets = VariablesField(
        label="Secret variables",
        help_text="NAME=value, one per line. Values are stored encrypted, masked in logs and never shown "
        "again: NAME= keeps the stored value, a removed line removes the variable.",
    )
    stored = StoredField(
        label="Variables from Parameters and Secrets",
        help_text="NAME=parameter-store:/shop/database-url or NAME=secrets-manager:shop/key:json-key, one per "
        "line. Read when a build runs, by its service role, and masked in logs.",
    )
    network = forms.BooleanField(required=False, initial=True, label="Builds may use the network")
    timeout_minutes = forms.IntegerField(
        min_value=5, max_value=2160, initial=60, label="Time-out in minutes", help_text="5 to 2160."
    )
    queued_timeout_minutes = forms.IntegerField(
        min_value=5, max_value=480, initial=480, label="Longest wait in the queue, in minutes"
    )
    memory_mib = forms.IntegerField(
        min_value=64, initial=4096, label="Memory per process in MiB", help_text="At least 64."
    )
    image = forms.CharField(
        required=False,
        max_length=255,
        label="Container image",
        help_text="Leave this empty: builds run in this machine's sandbox. A build that names an image "
        "fails until a container engine is connected.",
    )
    service_role = forms.ChoiceField(
        required=False,
        label="Service role",
        help_text="Builds may do what this role allows, no more. You need iam:PassRole to choose another.",
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        project: Project | None,
        repositories: Sequence[str],
        roles: Sequence[str],
    ) -> None:
        super().__init__(data, initial=_initial(project) if project else None)
        if project:
            del self.fields["name"]
            repositories = sorted({*repositories, *filter(None, [project.repository])})
        choices = [("", "None: sources come from pipelines"), *((name, name) for name in repositories)]
        offer(self, "repository", choices)
        offer(self, "service_role", ((role, role.partition(":role/")[2]) for role in roles))

    def settings(self) -> dict[str, Any]:
        """Arguments of the actions on projects."""
        data = dict(self.cleaned_data)
        data.pop("name", None)
        plain, secret, stored = data.pop("variables"), data.pop("secrets"), data.pop("stored")
        rows = [{"name": name, "value": value, "secret": False} for name, value in plain.items()]
        rows += [{"name": name, "value": value or KEEP, "secret": True} for name, value in secret.items()]
        rows += [{"name": name, "secret": False, **row} for name, row in stored.items()]
        return {**data, "environment": rows}

    def blame(self, error: DevOpsWebError) -> None:
        """Show a refusal at the field that it is about."""
        field = error.field if isinstance(error, InvalidProject) else "name"
        field = "service_role" if isinstance(error, RoleNotAssumable) else field
        field = {"environment": "secrets"}.get(field, field)
        self.add_error(field if field in self.fields else None, str(error))


def _initial(project: Project) -> dict[str, Any]:
    names = ("description", "repository", "source_version", "buildspec", "network", "timeout_minutes")
    more = ("queued_timeout_minutes", "memory_mib", "image", "service_role")
    initial = {name: getattr(project, name) for name in (*names, *more)}
    rows = project.environment
    plain = [r for r in rows if not r["secret"] and not r.get("type")]
    initial["variables"] = "\n".join(f"{r['name']}={r['value']}" for r in plain)
    stored = [r for r in rows if r.get("type")]
    initial["stored"] = "\n".join(f"{r['name']}={WORDS[r['type']]}:{r['value']}" for r in stored)
    initial["secrets"] = "\n".join(f"{r['name']}=" for r in rows if r["secret"])
    return initial
