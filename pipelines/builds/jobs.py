"""Jobs of the build engine."""

from devopsweb.kernel.jobs import Job

RUN = Job("builds.run", queue="builds")
SWEEPS = {"builds.sweep": 2.0}
