"""The form of an alarm's configuration."""

from typing import Any

from django import forms

from monitoring.alarms.engine import limits
from monitoring.alarms.types import AlarmSpec, Comparison, MissingData
from monitoring.metrics import api as metrics

COMPARISONS = [
    (Comparison.GREATER, "greater than"),
    (Comparison.GREATER_OR_EQUAL, "greater than or equal to"),
    (Comparison.LESS, "less than"),
    (Comparison.LESS_OR_EQUAL, "less than or equal to"),
]
MISSING = [
    (MissingData.MISSING, "missing: insufficient data after a while"),
    (MissingData.NOT_BREACHING, "fine (not breaching)"),
    (MissingData.BREACHING, "wrong (breaching)"),
    (MissingData.IGNORE, "nothing: keep the state"),
]
PERIODS = [
    (60, "1 minute"),
    (300, "5 minutes"),
    (900, "15 minutes"),
    (3600, "1 hour"),
    (21600, "6 hours"),
    (86400, "1 day"),
]
STATISTICS = ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p95", "p99"]
LOW = [("evaluate", "evaluate them all the same"), ("ignore", "keep the state")]
EMAILS = ("alarm_emails", "ok_emails", "insufficient_data_emails")


class AlarmForm(forms.Form):
    """Everything that PutMetricAlarm takes for a threshold on one metric."""

    name = forms.CharField(max_length=255, strip=False)
    description = forms.CharField(max_length=1024, required=False)
    namespace = forms.CharField(max_length=255)
    metric_name = forms.CharField(max_length=255, label="Metric")
    dimensions = forms.CharField(required=False, help_text="name=value, one per line or parted by commas")
    statistic = forms.CharField(max_length=20)
    period = forms.TypedChoiceField(coerce=int, choices=PERIODS)
    comparison_operator = forms.ChoiceField(choices=COMPARISONS, label="Alarm when the value is")
    threshold = forms.FloatField()
    datapoints_to_alarm = forms.IntegerField(min_value=1, label="Breaching periods")
    evaluation_periods = forms.IntegerField(min_value=1, label="out of the last")
    treat_missing_data = forms.ChoiceField(choices=MISSING, label="A period without samples is")
    evaluate_low_sample_count = forms.ChoiceField(choices=LOW, label="Percentiles of few samples")
    actions_enabled = forms.BooleanField(required=False, label="Send mails when the state changes")
    alarm_emails = forms.CharField(required=False, label="When it goes in alarm, mail")
    ok_emails = forms.CharField(required=False, label="When it is OK again, mail")
    insufficient_data_emails = forms.CharField(required=False, label="When data is missing, mail")

    def clean_dimensions(self) -> dict[str, str]:
        """The dimensions as a mapping."""
        found = {}
        for part in self.cleaned_data["dimensions"].replace(",", "\n").splitlines():
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not part.strip():
                continue
            if not (name and equals and value):
                raise forms.ValidationError(f"{part.strip()!r} is not name=value.")
            found[name] = value
        return found

    def clean(self) -> dict[str, Any]:
        """Ask the alarm's own rules, and put their answers beside the fields."""
        values = self.cleaned_data
        for name in EMAILS:
            values[name] = tuple(values.get(name, "").replace(",", " ").split())
        if not self.errors:
            for field, message in limits.problems(self.spec()):
                self.add_error(field, message)
        return values

    def spec(self) -> AlarmSpec:
        """The configuration that the valid form says."""
        return AlarmSpec(**self.cleaned_data)


def initial_of(spec: AlarmSpec) -> dict[str, Any]:
    """The form's values that show ``spec``."""
    values = {name: getattr(spec, name) for name in AlarmSpec.__dataclass_fields__}
    values["datapoints_to_alarm"] = spec.datapoints_to_alarm or spec.evaluation_periods
    values["dimensions"] = ", ".join(f"{name}={value}" for name, value in spec.dimensions.items())
    return values | {name: ", ".join(getattr(spec, name)) for name in EMAILS}


def initial_for(row: str, period: str) -> dict[str, Any]:
    """The form's values for a new alarm on the metric row ``row`` (JSON), which may be empty."""
    values: dict[str, Any] = {
        "statistic": "Average", "period": 60, "comparison_operator": Comparison.GREATER,
        "datapoints_to_alarm": 1, "evaluation_periods": 1, "treat_missing_data": MissingData.MISSING,
        "evaluate_low_sample_count": "evaluate", "actions_enabled": True,
    }  # fmt: skip
    if period.isdigit() and int(period) in dict(PERIODS):
        values["period"] = int(period)
    try:
        metric = metrics.load_row(row)
    except metrics.InvalidRow:
        return values
    dimensions = ", ".join(f"{name}={value}" for name, value in metric.dimensions.items())
    return values | {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dimensions,
        "statistic": metric.statistic or "Average",
    }
