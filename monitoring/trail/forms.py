"""The filters of the feed and of the trail."""

from datetime import UTC, datetime
from typing import Any

from django import forms

from devopsweb.events import api as events
from devopsweb.ui.forms import offer
from monitoring.trail.models import Trail
from monitoring.trail.queries import Filter


class FilterForm(forms.Form):
    """All fields optional; what cannot be understood is told at its field and not applied."""

    source = forms.ChoiceField(required=False)
    detail_type = forms.ChoiceField(required=False, label="Type")
    resource = forms.CharField(required=False, max_length=2048)
    who = forms.CharField(required=False, max_length=2048)
    start = forms.DateTimeField(required=False, label="From")
    end = forms.DateTimeField(required=False, label="To")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = events.declared()
        sources = sorted({kind.source for kind in kinds})
        types = sorted({kind.detail_type for kind in kinds})
        offer(self, "source", [("", "Any source"), *((s, s) for s in sources)])
        offer(self, "detail_type", [("", "Any type"), *((t, t) for t in types)])

    def wanted(self) -> events.Filter:
        """The filter that the valid fields make."""
        self.is_valid()
        values = self.cleaned_data
        return events.Filter(
            source=values.get("source", ""),
            detail_type=values.get("detail_type", ""),
            resource=values.get("resource", "").strip(),
            who=values.get("who", "").strip(),
            start=_utc(values.get("start")),
            end=_utc(values.get("end")),
        )


class RecordForm(forms.Form):
    """All fields optional; what cannot be understood is told at its field and not applied."""

    KINDS = (("", "Every call"), ("false", "Changes only"), ("true", "Reads only"))

    who = forms.CharField(required=False, max_length=2048)
    event = forms.CharField(required=False, max_length=128)
    resource = forms.CharField(required=False, max_length=2048)
    start = forms.DateTimeField(required=False, label="From")
    end = forms.DateTimeField(required=False, label="To")
    refused = forms.BooleanField(required=False)
    read_only = forms.ChoiceField(required=False, choices=KINDS)

    def wanted(self) -> Filter:
        """The filter that the valid fields make."""
        self.is_valid()
        values = self.cleaned_data
        kind = values.get("read_only", "")
        return Filter(
            who=values.get("who", "").strip(),
            event=values.get("event", "").strip(),
            resource=values.get("resource", "").strip(),
            refused=bool(values.get("refused")),
            read_only=None if not kind else kind == "true",
            start=_utc(values.get("start")),
            end=_utc(values.get("end")),
        )

    def is_filtered(self) -> bool:
        """Whether anything is asked for, understood or not."""
        return any(value.strip() for name, value in self.data.items() if name in self.fields)


class TrailForm(forms.Form):
    """Where copies of the records go, and of which."""

    READ_WRITE = ((Trail.ALL, "Every call"), (Trail.WRITES, "Changes only"), (Trail.READS, "Reads only"))

    name = forms.CharField(
        max_length=128, help_text="3 to 128 letters, digits and . _ -; it cannot be changed."
    )
    bucket = forms.CharField(
        max_length=63, help_text="A name in the artifact store, such as audit-copies; nothing needs to exist."
    )
    key_prefix = forms.CharField(
        required=False, max_length=200, label="Prefix", help_text="Files begin with it, within the bucket."
    )
    read_write = forms.ChoiceField(choices=READ_WRITE, label="Calls")
    validation = forms.BooleanField(required=False, label="Sign a digest of its files each hour")
    log_group_arn = forms.CharField(
        required=False, max_length=1024, label="Log group", widget=forms.TextInput(attrs={"class": "mono"}),
        help_text="Its ARN: each record becomes a line of it as well.",
    )  # fmt: skip
    log_role_arn = forms.CharField(
        required=False, max_length=2048, label="Role for the log group",
        widget=forms.TextInput(attrs={"class": "mono"}),
        help_text="The ARN of a role that trusts cloudtrail.amazonaws.com and may write to the group.",
    )  # fmt: skip
    start = forms.BooleanField(required=False, label="Deliver from now on")

    def __init__(self, *args: Any, editing: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if editing:
            del self.fields["name"], self.fields["start"]

    def settings(self) -> dict[str, Any]:
        """What the valid form says, for ``actions.trails``."""
        said = {key: value for key, value in self.cleaned_data.items() if key not in ("name", "start")}
        said["prefix"] = said.pop("key_prefix")
        return {**said, "has_custom_selectors": said["read_write"] != Trail.ALL}


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
