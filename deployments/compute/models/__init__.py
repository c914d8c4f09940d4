"""Instances and the tokens by which hosts join."""

from deployments.compute.models.instances import Instance, JoinToken, SweepMark

__all__ = ["Instance", "JoinToken", "SweepMark"]
