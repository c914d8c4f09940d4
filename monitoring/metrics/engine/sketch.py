"""A mergeable sketch of a distribution: counts in buckets that grow by a fixed factor.

Bucket ``i`` of the positive values holds ``(GROWTH**(i-1), GROWTH**i]`` and answers with a
value at most ``ERROR`` (relative) away from anything inside. Negative values have mirror
buckets, zero its own. Merging adds counts, so a merged sketch equals the sketch of all values.
"""

import math
from collections import defaultdict
from collections.abc import Iterable

ERROR = 0.01
GROWTH = (1 + ERROR) / (1 - ERROR)
_LOG_GROWTH = math.log(GROWTH)
# Smaller magnitudes count as zero: a double could not tell them from noise of a sum.
_TINY = 1e-12

Key = tuple[int, int]


def _key(value: float) -> Key:
    """(sign, bucket), ordered as the values are."""
    magnitude = abs(value)
    if magnitude < _TINY:
        return (0, 0)
    bucket = math.ceil(math.log(magnitude) / _LOG_GROWTH)
    return (1, bucket) if value > 0 else (-1, -bucket)


def _value(key: Key) -> float:
    sign, bucket = key
    if sign == 0:
        return 0.0
    upper = GROWTH ** (bucket * sign)
    return sign * upper * 2 / (1 + GROWTH)


class Sketch:
    """Counts per bucket; exact for merging, within ``ERROR`` for quantiles."""

    def __init__(self, buckets: Iterable[tuple[Key, float]] = ()) -> None:
        self.buckets: defaultdict[Key, float] = defaultdict(float)
        for key, count in buckets:
            self.buckets[key] += count

    def add(self, value: float, count: float = 1) -> None:
        """Count ``value``, ``count`` times."""
        self.buckets[_key(value)] += count

    def merge(self, other: "Sketch") -> None:
        """Count everything that ``other`` has counted."""
        for key, count in other.buckets.items():
            self.buckets[key] += count

    def quantile(self, share: float, *, lowest: float, highest: float) -> float:
        """The value with ``share`` (0–1) of the samples at or below it, kept within the known extremes."""
        total = sum(self.buckets.values())
        rank = share * total
        seen = 0.0
        for key in sorted(self.buckets):
            seen += self.buckets[key]
            # The tolerance keeps p50 of two samples on the first one despite rounding.
            if seen >= rank - 1e-9 * total:
                return min(max(_value(key), lowest), highest)
        return highest

    def dump(self) -> str:
        """A compact text, in bucket order: ``sign.bucket.count`` joined by blanks."""
        return " ".join(
            f"{sign}.{bucket}.{count:.12g}".replace("e+", "e")
            for (sign, bucket), count in sorted(self.buckets.items())
        )

    @classmethod
    def load(cls, text: str = "") -> "Sketch":
        """The sketch that ``dump`` wrote."""
        return cls(_entry(word) for word in text.split())


def _entry(word: str) -> tuple[Key, float]:
    sign, bucket, count = word.split(".", 2)
    return (int(sign), int(bucket)), float(count)
