"""What can be wrong with a call on build projects and builds."""

from devopsweb.kernel.errors import Conflict, Invalid, NotFound


class ProjectNotFound(NotFound):
    """No build project has this name."""


class BuildNotFound(NotFound):
    """No build has this id or number."""


class ProjectAlreadyExists(Conflict):
    """A build project of this name exists."""


class InvalidProject(Invalid):
    """A setting of a build project breaks a rule of CodeBuild; ``field`` names the setting."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class TooManyBuilds(Conflict):
    """The project's limit of builds at one time is reached."""


class TokenReused(Invalid):
    """An idempotency token came again with other parameters."""


class ArtifactNotFound(NotFound):
    """The build has no artifact of this name."""


class BuildNotComplete(Conflict):
    """The build still runs."""
