"""Forms of applications, groups, deployments and instances."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from deployments.actions.applications import GroupSettings
from deployments.engine.configs import DEFAULT, Config, Kind
from deployments.models import DeploymentGroup
from deployments.models.applications import NAME
from devopsweb.ui.forms import offer

CUSTOM = "custom"
Tags = list[list[dict[str, str]]]


def parse_filters(text: str) -> Tags:
    """One tag group per line, its filters separated by blanks: ``env=prod role``."""
    return [[_filter(word) for word in line.split()] for line in text.splitlines() if line.strip()]


def _filter(word: str) -> dict[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        return {"Key": key, "Value": "", "Type": "KEY_ONLY"}
    if not key:
        return {"Key": "", "Value": value, "Type": "VALUE_ONLY"}
    return {"Key": key, "Value": value, "Type": "KEY_AND_VALUE"}


def show_filters(filters: Tags) -> str:
    """The text that ``parse_filters`` reads."""
    return "\n".join(" ".join(_show(item) for item in line) for line in filters)


def _show(item: dict[str, str]) -> str:
    if item.get("Type") == "KEY_ONLY":
        return item["Key"]
    return f"{item.get('Key', '')}={item.get('Value', '')}"


def parse_tags(text: str) -> dict[str, str]:
    """Tags of an instance: one ``key=value`` per line or separated by commas. Raises ``ValidationError``."""
    tags = {}
    for word in text.replace(",", "\n").splitlines():
        key, equals, value = word.strip().partition("=")
        if not word.strip():
            continue
        if not equals or not key:
            raise forms.ValidationError(f"Write {word.strip()!r} as key=value.")
        tags[key.strip()] = value.strip()
    return tags


class TagsField(forms.CharField):
    """Tags of an instance as text."""

    widget = forms.Textarea

    def clean(self, value: Any) -> dict[str, str]:
        """The tags as a dictionary."""
        return parse_tags(str(super().clean(value)))


class Styled(forms.Form):
    """Gives every widget the class of its component."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.Textarea):
                widget.attrs |= {"class": "textarea mono", "rows": 3, "spellcheck": "false"}
            elif isinstance(widget, forms.Select):
                widget.attrs["class"] = "select"
            elif not isinstance(widget, forms.CheckboxInput):
                widget.attrs |= {"class": "input", "autocomplete": "off"}


class ApplicationForm(Styled):
    """A new application."""

    name = forms.CharField(max_length=100, validators=[NAME], help_text="For example storefront.")


class GroupForm(Styled):
    """A group's settings."""

    name = forms.CharField(max_length=100, validators=[NAME], help_text="For example production.")
    config = forms.ChoiceField(label="How fast")
    custom_value = forms.IntegerField(
        label="Hosts that stay healthy", required=False, min_value=0, max_value=10_000
    )
    custom_kind = forms.ChoiceField(
        label="Counted in",
        required=False,
        choices=[(Kind.FLEET_PERCENT, "percent"), (Kind.HOST_COUNT, "hosts")],
    )
    tag_filters = forms.CharField(
        label="Hosts with tags",
        required=False,
        widget=forms.Textarea,
        help_text="key=value, key alone or =value. A host must match one entry of every line.",
    )
    instances = forms.CharField(
        label="Hosts by name", required=False, help_text="Names with blanks between them, besides the tags."
    )
    rollback_on_failure = forms.BooleanField(
        label="Roll back when a deployment fails", required=False, initial=True
    )
    rollback_on_stop = forms.BooleanField(label="Roll back when a deployment is stopped", required=False)

    service_role = forms.ChoiceField(
        required=False,
        label="Service role",
        help_text="Deployments may do what this role allows. You need iam:PassRole to choose another.",
    )

    def __init__(
        self,
        *args: Any,
        configs: list[Config],
        roles: Sequence[str],
        fixed_name: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "service_role", ((one, one.partition(":role/")[2]) for one in roles))
        choices = [(c.name, f"{c.name.partition('.')[2] or c.name}: {c.sentence}") for c in configs]
        offer(self, "config", [*choices, (CUSTOM, "A minimum of my own")])
        if fixed_name:
            self.fields["name"].disabled = True
            self.fields["name"].initial = fixed_name

    def clean(self) -> dict[str, Any]:
        """A custom minimum needs its number; hosts must be chosen somehow."""
        values: dict[str, Any] = super().clean() or {}
        value = values.get("custom_value")
        if values.get("config") == CUSTOM:
            if value is None:
                self.add_error("custom_value", "Say how many hosts must stay healthy.")
            elif values.get("custom_kind") == Kind.FLEET_PERCENT and value > 99:
                self.add_error("custom_value", "At most 99 percent can stay healthy while others change.")
        if not (values.get("tag_filters") or values.get("instances")):
            self.add_error("tag_filters", "Name tags or hosts; without them no host is found.")
        return values

    def settings(self, config: str) -> GroupSettings:
        """What was chosen, under the configuration ``config``."""
        values = self.cleaned_data
        wanted = {
            "DEPLOYMENT_FAILURE": values["rollback_on_failure"],
            "DEPLOYMENT_STOP_ON_REQUEST": values["rollback_on_stop"],
        }
        events = tuple(name for name, on in wanted.items() if on)
        return GroupSettings(
            config=config,
            tag_filters=parse_filters(values["tag_filters"]),
            instances=values["instances"].replace(",", " ").split(),
            auto_rollback=bool(events),
            auto_rollback_events=events,
            service_role=values["service_role"],
        )


def initial(group: DeploymentGroup) -> Mapping[str, Any]:
    """The form's values for a group that exists."""
    events = group.auto_rollback_events if group.auto_rollback else []
    return {
        "name": group.name,
        "config": group.config_name or DEFAULT,
        "tag_filters": show_filters(group.tag_filters),
        "instances": " ".join(group.instance_names),
        "rollback_on_failure": "DEPLOYMENT_FAILURE" in events,
        "rollback_on_stop": "DEPLOYMENT_STOP_ON_REQUEST" in events,
        "service_role": group.service_role,
    }


class DeployForm(Styled):
    """A deployment by hand: a commit of a repository."""

    repository = forms.ChoiceField()
    ref = forms.CharField(
        label="Branch, tag or commit", max_length=200, initial="main", help_text="Its appspec.yml says how."
    )
    description = forms.CharField(max_length=256, required=False)
    file_exists_behavior = forms.ChoiceField(
        label="When a file that is not ours stands in the way",
        choices=[
            ("DISALLOW", "Fail before anything is copied"),
            ("OVERWRITE", "Take its place"),
            ("RETAIN", "Leave it"),
        ],
    )
    ignore_application_stop_failures = forms.BooleanField(
        label="Go on when the old revision's ApplicationStop fails", required=False
    )

    def __init__(self, *args: Any, repositories: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "repository", ((name, name) for name in repositories))


class JoinForm(Styled):
    """What a join token gives to the hosts that use it."""

    uses = forms.IntegerField(label="Hosts", min_value=1, max_value=1000, initial=1)
    hours = forms.IntegerField(label="Valid for hours", min_value=1, max_value=168, initial=1)
    tags = TagsField(required=False, help_text="key=value, one per line; the groups find hosts by them.")


class TagsForm(Styled):
    """An instance's tags."""

    tags = TagsField(required=False, help_text="key=value, one per line.")
