"""Metric rows as CloudWatch's dashboards write them: ``[namespace, name, dimension, value, …, {options}]``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devopsweb.kernel.errors import Invalid


class InvalidRow(Invalid):
    """The row does not name a metric; ``path`` is where within the row."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True)
class MetricRow:
    """One metric of a chart and how it is drawn."""

    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def statistic(self) -> str:
        """The row's own statistic, or ""."""
        return str(self.options.get("stat", ""))

    @property
    def words(self) -> list[str]:
        """The row without its options."""
        pairs = [word for pair in self.dimensions.items() for word in pair]
        return [self.namespace, self.name, *pairs]

    def text(self, **changes: Any) -> str:
        """The row as JSON, with changed options; an option of None goes."""
        options = {k: v for k, v in {**self.options, **changes}.items() if v is not None}
        return json.dumps([*self.words, *([options] if options else [])], separators=(",", ":"))


def parse(row: object, previous: list[str] | None = None) -> MetricRow:
    """The row that the JSON value ``row`` means; ``"."`` repeats the word of ``previous``. Raises ``InvalidRow``."""
    if not isinstance(row, list) or not row:
        raise InvalidRow("must be a list: namespace, metric name, dimension names and values")
    options = row[-1] if isinstance(row[-1], dict) else {}
    words = _words(row[:-1] if isinstance(row[-1], dict) else row, previous or [])
    if "expression" in options:
        raise InvalidRow("metric math is not evaluated here; name a metric", "expression")
    if len(words) < 2 or len(words) % 2:
        raise InvalidRow("must name a namespace, a metric, and each dimension with its value")
    if "stat" in options and not isinstance(options["stat"], str):
        raise InvalidRow("must be text", "stat")
    return MetricRow(words[0], words[1], dict(zip(words[2::2], words[3::2], strict=True)), options)


def _words(raw: list[object], previous: list[str]) -> list[str]:
    words: list[str] = []
    for place, word in enumerate(raw):
        if not isinstance(word, str) or not word:
            raise InvalidRow("must be text", f"[{place}]")
        if word == "...":
            words = previous[: len(previous) - len(raw) + 1 + place]
        elif word == ".":
            if place >= len(previous):
                raise InvalidRow('"." repeats nothing: the row before is shorter', f"[{place}]")
            words.append(previous[place])
        else:
            words.append(word)
    return words


def load(text: str) -> MetricRow:
    """The row in a JSON text. Raises ``InvalidRow``."""
    try:
        return parse(json.loads(text))
    except json.JSONDecodeError:
        raise InvalidRow("is not JSON") from None
