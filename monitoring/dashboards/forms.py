"""Forms that write a dashboard's body."""

import json
from typing import Any

from django import forms

from devopsweb.ui.forms import offer
from monitoring.dashboards.engine import body as engine
from monitoring.metrics import api as metrics

EMPTY = json.dumps({"widgets": []}, indent=2)
TYPES = [("metric", "Chart of a metric"), ("singleValue", "Number"), ("alarm", "Alarms"), ("text", "Text")]
WIDTHS = [(6, "quarter"), (8, "third"), (12, "half"), (24, "full width")]
STATISTICS = ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p95", "p99"]


class WidgetForm(forms.Form):
    """The common widgets without writing JSON."""

    kind = forms.ChoiceField(choices=TYPES, label="Show")
    title = forms.CharField(max_length=200, required=False)
    metric = forms.CharField(required=False)
    statistic = forms.ChoiceField(choices=[(s, s) for s in STATISTICS], required=False)
    alarms = forms.MultipleChoiceField(required=False)
    markdown = forms.CharField(required=False, widget=forms.Textarea, label="Text")
    width = forms.TypedChoiceField(coerce=int, choices=WIDTHS)

    def __init__(self, *args: Any, alarm_choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "alarms", alarm_choices)

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen kind needs."""
        values = self.cleaned_data
        kind = values.get("kind")
        if kind in ("metric", "singleValue"):
            try:
                metrics.load_row(values.get("metric", ""))
            except metrics.InvalidRow:
                self.add_error("metric", "Choose a metric.")
        if kind == "alarm" and not values.get("alarms"):
            self.add_error("alarms", "Choose at least one alarm.")
        if kind == "text" and not values.get("markdown", "").strip():
            self.add_error("markdown", "Write what it should say.")
        return values

    def widget(self) -> dict[str, Any]:
        """The widget in CloudWatch's JSON."""
        values = self.cleaned_data
        title = {"title": values["title"]} if values["title"] else {}
        kind = values["kind"]
        if kind == "text":
            return _widget("text", values["width"], {"markdown": values["markdown"]})
        if kind == "alarm":
            return _widget("alarm", values["width"], {"alarms": values["alarms"], **title})
        row = json.loads(metrics.load_row(values["metric"]).text(stat=values["statistic"] or None))
        view = {"view": "singleValue"} if kind == "singleValue" else {}
        return _widget("metric", values["width"], {"metrics": [row], **view, **title})


def _widget(kind: str, width: int, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "width": width, "height": 6, "properties": properties}


def with_widget(text: str, widget: dict[str, Any]) -> str:
    """The body ``text`` with ``widget`` below everything else."""
    body = json.loads(text)
    bottom = max((w.y + w.height for w in engine.load(text).widgets), default=0)
    free = all("x" not in other for other in body["widgets"])
    place = {} if free else {"x": 0, "y": bottom}
    body["widgets"].append({**widget, **place})
    return json.dumps(body, indent=2, ensure_ascii=False)


def without_widget(text: str, number: int) -> str:
    """The body ``text`` without its widget ``number``."""
    body = json.loads(text)
    body["widgets"] = [widget for place, widget in enumerate(body["widgets"]) if place != number]
    return json.dumps(body, indent=2, ensure_ascii=False)
