"""Time series in the shape of CloudWatch metrics."""
