"""Alarms and their history."""

from django.db import models
from django.urls import reverse

from devopsweb.kernel.arn import arn
from monitoring.alarms.engine.evaluate import Rule
from monitoring.alarms.states import AlarmState
from monitoring.alarms.types import AlarmSpec


class Alarm(models.Model):
    """A threshold on a metric, and the state that its last evaluation found.

    ``recipients`` maps a state to the e-mail addresses told when it is entered.
    """

    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(blank=True)
    namespace = models.CharField(max_length=255)
    metric_name = models.CharField(max_length=255)
    dimensions = models.JSONField(default=dict)
    statistic = models.CharField(max_length=20)
    unit = models.CharField(max_length=20, blank=True)
    period = models.PositiveIntegerField()
    evaluation_periods = models.PositiveIntegerField()
    datapoints_to_alarm = models.PositiveIntegerField(null=True)
    threshold = models.FloatField()
    comparison_operator = models.CharField(max_length=40)
    treat_missing_data = models.CharField(max_length=20)
    evaluate_low_sample_count = models.CharField(max_length=10, default="evaluate")
    actions_enabled = models.BooleanField(default=True)
    recipients = models.JSONField(default=dict)
    tags = models.JSONField(default=dict, blank=True)
    state_value = models.CharField(
        max_length=20, choices=[(s, s) for s in AlarmState], default=AlarmState.INSUFFICIENT_DATA
    )
    state_reason = models.TextField()
    state_reason_data = models.TextField(blank=True)
    state_updated_at = models.DateTimeField()
    state_transitioned_at = models.DateTimeField()
    configuration_updated_at = models.DateTimeField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    claimed_by = models.CharField(max_length=36, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state_value", "name"])]

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The alarm's ARN."""
        return alarm_arn(self.name)

    @property
    def topic(self) -> str:
        """The live topic of the alarm's page; its name may hold what topics may not."""
        return f"alarm:{self.pk}"

    @property
    def needed(self) -> int:
        """M of M out of N."""
        return self.datapoints_to_alarm or self.evaluation_periods

    @property
    def rule(self) -> Rule:
        """What decides the state."""
        return Rule(
            comparison=self.comparison_operator,
            threshold=self.threshold,
            periods=self.evaluation_periods,
            needed=self.needed,
            missing=self.treat_missing_data,
        )

    @property
    def spec(self) -> AlarmSpec:
        """The configuration."""
        plain = {
            name: getattr(self, name)
            for name in AlarmSpec.__dataclass_fields__
            if not name.endswith("_emails")
        }
        return AlarmSpec(
            **plain,
            alarm_emails=tuple(self.recipients.get(AlarmState.ALARM, [])),
            ok_emails=tuple(self.recipients.get(AlarmState.OK, [])),
            insufficient_data_emails=tuple(self.recipients.get(AlarmState.INSUFFICIENT_DATA, [])),
        )

    def get_absolute_url(self) -> str:
        """The alarm's page."""
        return reverse("alarm", kwargs={"name": self.name})


def alarm_arn(name: str) -> str:
    """The ARN of the alarm ``name``."""
    return arn("cloudwatch", f"alarm:{name}")


class AlarmHistory(models.Model):
    """Something that happened to an alarm; kept when the alarm is deleted."""

    alarm_name = models.CharField(max_length=255)
    type = models.CharField(max_length=30)
    summary = models.CharField(max_length=300)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["alarm_name", "type", "-id"]), models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"{self.alarm_name}: {self.summary}"
