"""The feed of events: who did what to which resource, and when (CloudTrail's event history)."""
