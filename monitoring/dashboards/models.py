"""Dashboards."""

from django.conf import settings
from django.db import models
from django.urls import reverse


class Dashboard(models.Model):
    """A page of charts; ``body`` is CloudWatch's JSON text, kept as it came."""

    name = models.CharField(max_length=255, unique=True)
    body = models.TextField()
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=2048, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The dashboard's ARN."""
        return dashboard_arn(self.name)

    def get_absolute_url(self) -> str:
        """The dashboard's page."""
        return reverse("dashboard", kwargs={"name": self.name})


def dashboard_arn(name: str) -> str:
    """The ARN of the dashboard ``name``; dashboards belong to no region."""
    return f"arn:aws:cloudwatch::{settings.DEVOPSWEB_ACCOUNT_ID}:dashboard/{name}"
