"""Pages of the feed and of the audit trail."""
