"""Threshold alarms over metrics."""
