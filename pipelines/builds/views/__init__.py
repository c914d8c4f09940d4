"""Pages of projects and builds."""
