"""Pure decisions about dashboards."""
