"""Forms of pipelines: the common case in fields, everything else as ``pipeline.json``."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms

from deployments import api as deployments
from devopsweb.kernel.errors import DevOpsWebError
from devopsweb.ui.forms import offer
from pipelines.builds import api as builds
from pipelines.engine import shape
from repos.git import api as repositories


class CommonForm(forms.Form):
    """Source, builds, an approval and a deployment."""

    name = forms.RegexField(shape.NAME.pattern, max_length=100, label="Name")
    repository = forms.CharField(max_length=100)
    branch = forms.CharField(max_length=256, initial="main")
    build_projects = forms.CharField(required=False, label="Build projects")
    test_projects = forms.CharField(required=False, label="Test projects")
    approval = forms.BooleanField(required=False, label="Ask for an approval before deploying")
    approval_comment = forms.CharField(required=False, max_length=1000, label="Note for approvers")
    application = forms.CharField(required=False, max_length=100)
    deployment_group = forms.CharField(required=False, max_length=100, label="Deployment group")

    service_role = forms.ChoiceField(label="Service role", required=False)

    name.error_messages["invalid"] = "Use letters, digits and . @ - _ only."

    def __init__(self, *args: Any, roles: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "service_role", ((role, role.partition(":role/")[2]) for role in roles))

    def clean_repository(self) -> str:
        """It must exist."""
        name: str = self.cleaned_data["repository"]
        try:
            repositories.repository(name)
        except DevOpsWebError as error:
            raise forms.ValidationError(str(error)) from None
        return name

    def clean_build_projects(self) -> list[str]:
        """Names of projects, separated by commas or spaces."""
        return _projects(self.cleaned_data["build_projects"])

    def clean_test_projects(self) -> list[str]:
        """Names of projects, separated by commas or spaces."""
        return _projects(self.cleaned_data["test_projects"])

    def clean(self) -> dict[str, Any]:
        """Something must follow the source; application and group belong together."""
        data: dict[str, Any] = super().clean() or {}
        application, group = data.get("application", ""), data.get("deployment_group", "")
        if application and not group:
            self.add_error("deployment_group", f"Name the deployment group of {application}.")
        elif group and not application:
            self.add_error("application", f"Name the application of the group {group}.")
        elif application and not deployments.group_exists(application=application, name=group):
            self.add_error("deployment_group", f"There is no deployment group {group!r} of {application!r}.")
        if not any(data.get(key) for key in ("build_projects", "test_projects", "approval", "application")):
            self.add_error(
                None,
                "A pipeline needs a stage after the source: a build, a test, an approval or a deployment.",
            )
        return data


class DocumentForm(forms.Form):
    """A whole definition."""

    document = forms.CharField(widget=forms.Textarea, label="pipeline.json", strip=False)

    def clean_document(self) -> Any:
        """It must be JSON; the rules of pipelines are checked by the verb."""
        try:
            return json.loads(self.cleaned_data["document"])
        except json.JSONDecodeError as error:
            raise forms.ValidationError(
                f"Line {error.lineno}, column {error.colno}: this is not JSON ({error.msg})."
            ) from None


class AnswerForm(forms.Form):
    """An approver's answer."""

    result = forms.ChoiceField(choices=[("Approved", "Approve"), ("Rejected", "Reject")])
    token = forms.CharField(max_length=36)
    comment = forms.CharField(required=False, max_length=512)

    def clean(self) -> dict[str, Any]:
        """Whoever rejects says why."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("result") == "Rejected" and not data.get("comment", "").strip():
            self.add_error("comment", "Say why you reject it: the comment is shown to those who wait.")
        return data


def _projects(text: str) -> list[str]:
    names = list(dict.fromkeys(text.replace(",", " ").split()))
    for name in names:
        if not builds.project_exists(name):
            raise forms.ValidationError(f"There is no build project {name!r}.")
    return names
