"""One store for build, deploy and application logs, in the shape of CloudWatch Logs."""
