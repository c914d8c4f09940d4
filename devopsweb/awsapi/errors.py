"""What an operation answers when it can't do what was asked, in AWS's words."""

from typing import Any

from devopsweb.kernel.errors import DevOpsWebError, Invalid


class AwsError(DevOpsWebError):
    """An error of the wire: ``code`` as AWS spells it for this service, and a sentence.

    ``status`` is used only where the service's model does not give the code a status of its own;
    ``members`` fills further members of the error's shape.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.members = members


class ParameterProblem(Invalid):
    """A request breaks a rule of the operation's model or of the operation itself.

    The door spells it as the service does: ``ValidationException``, ``ValidationError``,
    ``InvalidParameterValue`` … AWS API reference, "Common errors".
    """

    def __init__(self, message: str, *, parameter: str = "") -> None:
        super().__init__(message)
        self.parameter = parameter
