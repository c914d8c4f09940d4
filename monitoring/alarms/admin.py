"""Alarms in the admin panel."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from devopsweb.ui import panel
from monitoring.alarms import access, presenters
from monitoring.alarms.actions import alarms
from monitoring.alarms.engine.words import condition
from monitoring.alarms.models import Alarm, alarm_arn
from monitoring.alarms.states import AlarmState


class AlarmStates(panel.StateFilter):
    """By state."""

    states = AlarmState

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Alarm]") -> "QuerySet[Alarm] | None":
        """Those in the chosen one."""
        return queryset.filter(state_value=self.value()) if self.value() else None


@admin.register(Alarm)
class AlarmAdmin(panel.Kept):
    """Alarms and their states."""

    listing = (access.DESCRIBE, alarm_arn(access.EVERY))
    viewing = access.DESCRIBE
    creating = ("alarm-new", "cloudwatch:PutMetricAlarm", alarm_arn(access.EVERY))
    verbs = (
        panel.Verb(
            name="enable",
            label="Enable actions",
            done="Actions are on",
            permission="cloudwatch:EnableAlarmActions",
            run=lambda row, by, at: alarms.enable_actions(row, True, principal=by, at=at),
            warning="From its next transition on the alarm writes to its recipients.",
            offered=lambda row: not row.actions_enabled,
        ),
        panel.Verb(
            name="disable",
            label="Disable actions",
            done="Actions are off",
            permission="cloudwatch:DisableAlarmActions",
            run=lambda row, by, at: alarms.enable_actions(row, False, principal=by, at=at),
            warning="The alarm goes on changing its state, but tells nobody.",
            offered=lambda row: row.actions_enabled,
        ),
        panel.deletion(
            permission="cloudwatch:DeleteAlarms",
            run=lambda row, by, at: alarms.delete(row, principal=by, at=at),
            warning="Nobody is told any more. The history is kept for two weeks.",
        ),
    )
    list_display = ["name", "state", "rule", "actions_enabled", "state_transitioned_at", "created_at"]
    list_filter = [AlarmStates, "actions_enabled", "namespace", panel.TagFilter]
    search_fields = ["name", "description", "metric_name", "namespace"]
    ordering = ["name"]
    fieldsets = (
        (None, {"fields": ("name", "description", "state", "state_reason", "state_transitioned_at")}),
        ("What it watches", {"fields": ("metric", "measured_on", "rule", "missing")}),
        ("Whom it tells", {"fields": ("actions_enabled", "told")}),
        ("Record", {"fields": ("resource", "labels", "created_at", "configuration_updated_at")}),
    )

    def editor(self, row: Alarm) -> tuple[str, str, str]:
        """The alarm's form."""
        return "Edit", reverse("alarm-edit", args=[row.name]), "cloudwatch:PutMetricAlarm"

    @admin.display(description="state", ordering="state_value")
    def state(self, obj: Alarm) -> str:
        """What the last evaluation found."""
        return panel.state(obj.state_value)

    @admin.display(description="condition")
    def rule(self, obj: Alarm) -> str:
        """When it alarms."""
        periods = f"{obj.needed} of {obj.evaluation_periods} periods of {presenters.span(obj.period)}"
        return f"{obj.metric_name} {obj.statistic} {condition(obj.spec)} for {periods}"

    @admin.display
    def metric(self, obj: Alarm) -> str:
        """Namespace and name."""
        return f"{obj.namespace} {obj.metric_name}"

    @admin.display(description="dimensions")
    def measured_on(self, obj: Alarm) -> str:
        """Of the metric."""
        return panel.pairs(obj.dimensions)

    @admin.display(description="missing data")
    def missing(self, obj: Alarm) -> str:
        """What it means."""
        return presenters.MISSING[obj.treat_missing_data]

    @admin.display(description="recipients")
    def told(self, obj: Alarm) -> str:
        """By state."""
        found = {panel.worded(state): panel.lines(to) for state, to in obj.recipients.items() if to}
        return panel.pairs(found) if found else "nobody"
