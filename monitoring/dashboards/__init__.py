"""Pages of charts over metrics."""
