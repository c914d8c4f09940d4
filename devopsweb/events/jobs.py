"""Jobs of the event bus."""

from devopsweb.kernel.jobs import Job

DISPATCH = Job("events.dispatch")
SWEEPS = {"events.sweep": 2.0, "events.expire": 3600.0}
