"""CodeBuild's operations on projects and builds."""

from pipelines.builds.aws import builds, projects

__all__ = ["builds", "projects"]
