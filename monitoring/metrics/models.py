"""Streams, the samples put into them, and the points those are folded into."""

from django.db import models


class Stream(models.Model):
    """A metric in one unit: points of different units are never added up.

    ``metric_key`` names the metric (namespace, name, exact dimensions); ``key`` the metric and unit.
    """

    key = models.CharField(max_length=64, unique=True)
    metric_key = models.CharField(max_length=64)
    namespace = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    dimensions = models.JSONField(default=dict)
    unit = models.CharField(max_length=20)
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = "metric"
        indexes = [models.Index(fields=["metric_key"]), models.Index(fields=["namespace", "name"])]

    def __str__(self) -> str:
        return f"{self.namespace} {self.name}"


class Aggregated(models.Model):
    """The samples of one period, folded; ``start`` in seconds since the epoch."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE)
    start = models.BigIntegerField()
    count = models.FloatField()
    sum = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    sketch = models.TextField()

    class Meta:
        abstract = True


class Sample(Aggregated):
    """What one ``put`` brought for one minute; appended only, until the sweep folds it into points.

    Writers never meet: appending needs no lock, and a killed fold leaves its samples.
    """

    class Meta:
        indexes = [models.Index(fields=["stream", "start"])]

    def __str__(self) -> str:
        return f"{self.stream_id}@{self.start}"


class Point(Aggregated):
    """The folded samples of one stream, resolution (60, 300, 3600 s) and period."""

    resolution = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "resolution", "start"], name="one_point_per_period")
        ]
        indexes = [models.Index(fields=["resolution", "start"])]

    def __str__(self) -> str:
        return f"{self.stream_id}@{self.start}/{self.resolution}"


class Turnstile(models.Model):
    """A row that a fold updates first: its row lock lets one fold through at a time."""

    passes = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.passes} folds"
