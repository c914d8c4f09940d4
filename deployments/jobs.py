"""Jobs of deployments."""

from devopsweb.kernel.jobs import Job

ADVANCE = Job("deployments.advance")
SWEEPS = {"deployments.sweep": 2.0}
