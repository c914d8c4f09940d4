"""Template words of the product: icons, states, times, durations, commits."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from devopsweb.iam import api as iam
from devopsweb.kernel import clock
from devopsweb.kernel.arn import arn
from devopsweb.ui.states import look

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """An icon of the sprite; decorative unless it has a ``label``."""
    if label:
        return format_html(
            '<svg class="i {}" role="img" aria-label="{}"><use href="{}#i-{}"/></svg>',
            css, label, static("icons.svg"), name,
        )  # fmt: skip
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        css, static("icons.svg"), name,
    )  # fmt: skip


@register.simple_tag
def state(value: str | None, word: str = "", chip: bool = False, only_icon: bool = False) -> SafeString:
    """A state as icon and word; ``only_icon`` keeps the word for screen readers and the tooltip."""
    seen = look(value)
    text = word or seen.word
    if only_icon:
        return format_html(
            '<span class="st" data-s="{}" title="{}">{}</span>',
            seen.family, text, icon(seen.icon, seen.motion, text),
        )  # fmt: skip
    return format_html(
        '<span class="st{}" data-s="{}">{}{}</span>',
        " st-chip" if chip else "", seen.family, icon(seen.icon, seen.motion), text,
    )  # fmt: skip


@register.filter
def family(value: str | None) -> str:
    """The colour family of a state: ok, run, wait, fail, undo, idle, none."""
    return look(value).family


@register.filter
def duration(value: timedelta | float | None) -> str:
    """A length of time for cells: ``340 ms``, ``3s``, ``2m 10s``, ``1h 05m``, ``3d 4h``."""
    if value is None:
        return ""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86400}d {whole % 86400 // 3600}h"


def _ago(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    if seconds < 0:
        return _until(-seconds)
    if seconds < 45:
        return "just now"
    if seconds < 3600:
        return f"{max(1, round(seconds / 60))} min ago"
    if seconds < 86400:
        return f"{seconds // 3600:.0f} h ago"
    return moment.strftime("%-d %b %H:%M") if moment.year == now.year else moment.strftime("%-d %b %Y")


def _until(seconds: float) -> str:
    if seconds < 3600:
        return f"in {max(1, round(seconds / 60))} min"
    if seconds < 86400:
        return f"in {int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
    return f"in {seconds // 86400:.0f} days"


@register.simple_tag
def ago(moment: datetime | None, css: str = "") -> SafeString:
    """A moment as ``4 min ago`` (``in 3 h 20 min`` ahead), exact in its tooltip; empty for None."""
    if moment is None:
        return SafeString("")
    return format_html(
        '<time class="{}" datetime="{}" title="{} UTC" data-ago>{}</time>',
        css, moment.isoformat(), moment.strftime("%Y-%m-%d %H:%M:%S"), _ago(moment, clock.now()),
    )  # fmt: skip


@register.filter
def short(sha: str) -> str:
    """A commit's first seven characters."""
    return sha[:7]


@register.filter
def last_part(arn: str) -> str:
    """The name at the end of an ARN."""
    return arn.rsplit("/", 1)[-1]


@register.filter
def initials(name: str) -> str:
    """The avatar's letters: ``dev-checkout`` → ``DC``."""
    words = [w for w in name.replace(".", "-").replace("_", "-").split("-") if w]
    return "".join(w[0] for w in words[:2]).upper() or "?"


@register.filter
def hue(name: str) -> int:
    """A stable hue of 0–359 for a name's avatar."""
    return sum(ord(c) * (i + 7) for i, c in enumerate(name)) * 47 % 360


@register.filter
def event_name(topic: str) -> str:
    """The DOM event that ``live.js`` fires for a topic."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", topic)


@register.filter
def bytes_short(size: float | None) -> str:
    """A size: ``340 B``, ``12.4 kB``, ``3.1 MB``."""
    if size is None:
        return ""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The present query string with ``changes``; an empty value drops its key."""
    values = context["request"].GET.copy()
    values.pop("part", None)
    for key, value in changes.items():
        if value in ("", None):
            values.pop(key, None)
        else:
            values[key] = value
    return f"?{values.urlencode()}"


@register.simple_tag(takes_context=True)
def history(
    context: dict[str, Any], service: str, *resource: str, word: str = "History", css: str = ""
) -> SafeString:
    """A link to an object's own records in the audit trail, for those who may read them.

    ``{% history alarm.arn %}`` or ``{% history "codepipeline" pipeline.name %}``.
    """
    principal = getattr(context.get("request"), "principal", None)
    if principal is None or not iam.is_allowed(principal, "cloudtrail:LookupEvents", "*"):
        return SafeString("")
    named = arn(service, "".join(resource)) if resource else service
    return format_html(
        '<a{} href="{}?{}" title="Who did what to it">{}</a>',
        format_html(' class="{}"', css) if css else "",
        reverse("trail"),
        urlencode({"resource": named}),
        word,
    )


_CLASSES = (
    ((forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple), ""),
    ((forms.Textarea,), "textarea"),
    ((forms.Select, forms.SelectMultiple), "select"),
    ((forms.Widget,), "input"),
)


@register.simple_tag
def control(field: BoundField, css: str = "") -> SafeString:
    """The input of a form field in our look, tied to its hint and its errors."""
    base = next(name for kinds, name in _CLASSES if isinstance(field.field.widget, kinds))
    notes = [f"{field.id_for_label}-hint"] if field.help_text else []
    attributes: dict[str, str | bool] = {
        "class": " ".join(filter(None, [base, css, field.field.widget.attrs.get("class", "")]))
    }
    if field.errors:
        notes.append(f"{field.id_for_label}-error")
        attributes["aria-invalid"] = "true"
    if notes:
        attributes["aria-describedby"] = " ".join(notes)
    return field.as_widget(attrs=attributes)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether the field is one checkbox, whose label stands behind it."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def json_text(value: Any) -> str:
    """A JSON value as indented text."""
    return json.dumps(value, indent=2, ensure_ascii=False)
