"""CodeDeploy's errors; each carries the name that its API answers with."""

from devopsweb.kernel import errors


class ApplicationDoesNotExist(errors.NotFound):
    """No application has this name."""


class ApplicationAlreadyExists(errors.Conflict):
    """The name is taken."""


class DeploymentGroupDoesNotExist(errors.NotFound):
    """The application has no group of this name."""


class DeploymentGroupAlreadyExists(errors.Conflict):
    """The name is taken in this application."""


class DeploymentConfigDoesNotExist(errors.NotFound):
    """No configuration has this name."""


class DeploymentConfigAlreadyExists(errors.Conflict):
    """The name is taken, or begins with CodeDeployDefault."""


class DeploymentConfigInUse(errors.Conflict):
    """A group still uses the configuration."""


class InvalidOperation(errors.Conflict):
    """Predefined things cannot be deleted."""


class InvalidParameter(errors.Invalid):
    """A value breaks the rule that the message names."""


class TargetDoesNotExist(errors.NotFound):
    """The deployment has no such target."""


class DeploymentDoesNotExist(errors.NotFound):
    """No deployment has this id."""


class DeploymentLimitExceeded(errors.Conflict):
    """The group has a deployment in progress already."""


class DeploymentAlreadyCompleted(errors.Conflict):
    """The deployment is over and cannot be stopped."""


class RevisionDoesNotExist(errors.NotFound):
    """The revision's archive is not stored here."""
