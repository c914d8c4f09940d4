"""Pure decisions about alarms."""
