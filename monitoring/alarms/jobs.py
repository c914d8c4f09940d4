"""Jobs of alarms."""

from devopsweb.kernel.jobs import Job

EVALUATE = Job("alarms.evaluate")
SWEEPS = {"alarms.sweep": 5.0, "alarms.expire": 3600.0}
