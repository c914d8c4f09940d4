"""The identity of metrics and streams."""

import hashlib
import json
from collections.abc import Mapping

from monitoring.metrics.types import Datum


def metric_key(namespace: str, name: str, dimensions: Mapping[str, str]) -> str:
    """The identity of a metric; the order of its dimensions does not matter."""
    text = json.dumps([namespace, name, sorted(dimensions.items())])
    return hashlib.sha256(text.encode()).hexdigest()


def stream_key(datum: Datum) -> str:
    """The identity of a datum's stream: metric and unit."""
    metric = metric_key(datum.namespace, datum.name, datum.dimensions)
    return hashlib.sha256(f"{metric} {datum.unit}".encode()).hexdigest()
