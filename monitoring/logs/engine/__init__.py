"""Pure parts: record format, line splitting, batching, failure words."""
