"""Decisions of the trail: pure, no clock, no tables."""
