"""Build projects and builds."""

from pipelines.builds.models.builds import Build, BuildPhase
from pipelines.builds.models.projects import Project

__all__ = ["Build", "BuildPhase", "Project"]
