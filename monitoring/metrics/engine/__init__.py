"""Pure decisions about metrics: sketches, statistics, limits, ranges."""
