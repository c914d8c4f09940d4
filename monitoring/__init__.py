"""Append-only facts and rules over them: logs, metrics, alarms, dashboards, notifications."""
