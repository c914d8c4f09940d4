"""Build projects, builds, buildspec, executors."""
