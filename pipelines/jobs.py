"""Jobs of pipelines."""

from devopsweb.kernel.jobs import Job

ADVANCE = Job("pipelines.advance")
SWEEPS = {"pipelines.sweep": 2.0}
