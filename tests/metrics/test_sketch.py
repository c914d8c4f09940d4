"""The sketch answers percentiles within its stated error, however it was merged."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.metrics.engine.sketch import ERROR, Sketch

values = st.lists(
    st.floats(min_value=-1e12, max_value=1e12, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1e-9),
    min_size=1,
    max_size=60,
)
shares = st.floats(min_value=0, max_value=1)


def sketch_of(numbers: list[float]) -> Sketch:
    sketch = Sketch()
    for number in numbers:
        sketch.add(number)
    return sketch


def exact(numbers: list[float], share: float) -> float:
    """The smallest number with at least that share of all at or below it."""
    rank = max(1, math.ceil(share * len(numbers) - 1e-9 * len(numbers)))
    return sorted(numbers)[rank - 1]


class TestSketch:
    @given(values, shares)
    @settings(max_examples=150, deadline=None)
    def test_keeps_percentiles_within_its_error(self, numbers, share):
        answer = sketch_of(numbers).quantile(share, lowest=min(numbers), highest=max(numbers))

        truth = exact(numbers, share)
        assert abs(answer - truth) <= abs(truth) * ERROR * (1 + 1e-6)

    @given(values, values)
    @settings(max_examples=50, deadline=None)
    def test_of_two_parts_merged_is_the_sketch_of_the_whole(self, left, right):
        merged = sketch_of(left)
        merged.merge(sketch_of(right))

        assert merged.buckets == sketch_of(left + right).buckets

    @given(values)
    @settings(max_examples=50, deadline=None)
    def test_survives_being_stored(self, numbers):
        sketch = sketch_of(numbers)

        assert Sketch.load(sketch.dump()).buckets == sketch.buckets

    def test_keeps_fractional_weights(self):
        sketch = Sketch()
        sketch.add(5.0, 2.5)

        assert Sketch.load(sketch.dump()).buckets == sketch.buckets

    def test_answers_exactly_for_one_value(self):
        assert sketch_of([42.0]).quantile(0.5, lowest=42.0, highest=42.0) == 42.0

    def test_stays_small_for_many_values(self):
        assert len(sketch_of([n / 7 for n in range(1, 5000)]).buckets) < 700
