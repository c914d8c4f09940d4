"""Says a condition in a few words."""

from monitoring.alarms.types import AlarmSpec, Comparison

_WORDS = {
    Comparison.GREATER: "over",
    Comparison.GREATER_OR_EQUAL: "at or over",
    Comparison.LESS: "under",
    Comparison.LESS_OR_EQUAL: "at or under",
}


def condition(spec: AlarmSpec, unit: str = "") -> str:
    """``over 800 ms``."""
    number = f"{spec.threshold:,.6g}".replace(",", " ")
    return f"{_WORDS[Comparison(spec.comparison_operator)]} {number}{f' {unit}' if unit else ''}"
