"""What a bench returns, and how the table shows it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles


@dataclass(frozen=True)
class Figure:
    """One measured number, its unit, the aim, and where it helps the ratio to something else in the same run."""

    what: str
    value: float
    unit: str
    aim: str = ""
    ratio: float | None = None
    compared_with: str = ""
    note: str = ""


def p95(samples: Sequence[float]) -> float:
    """The 95th percentile."""
    return quantiles(samples, n=20, method="inclusive")[18] if len(samples) > 1 else samples[0]


def middle(what: str, samples: Sequence[float], unit: str, **more: str) -> Figure:
    """The median of samples as a figure that notes their number and p95."""
    return Figure(what, median(samples), unit, note=f"n={len(samples)}, p95={p95(samples):.3g}", **more)


def table(figures: Sequence[Figure]) -> str:
    """All figures in aligned columns."""
    rows = [("what", "median", "aim", "ratio", "note")]
    for figure in figures:
        ratio = f"{figure.ratio:.2f} × {figure.compared_with}" if figure.ratio is not None else ""
        rows.append((figure.what, f"{figure.value:.3g} {figure.unit}", figure.aim, ratio, figure.note))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def save(path: str, figures: Sequence[Figure]) -> None:
    """Write figures for ``load``."""
    Path(path).write_text(json.dumps([asdict(figure) for figure in figures]))


def load(path: Path) -> list[Figure]:
    """Figures that ``save`` wrote."""
    return [Figure(**fields) for fields in json.loads(path.read_text())]
