"""What can be wrong with parameters and secrets, in AWS's words (``code``)."""

from devopsweb.kernel.errors import Conflict, Invalid, NotFound


class InvalidRequest(Invalid):
    """The request breaks a rule of Parameter Store."""

    code = "ValidationException"


class ParameterNotFound(NotFound):
    """No parameter has that name."""

    code = "ParameterNotFound"


class ParameterVersionNotFound(NotFound):
    """The parameter has no such version or label."""

    code = "ParameterVersionNotFound"


class ParameterAlreadyExists(Conflict):
    """The name is taken, and overwriting was not asked for."""

    code = "ParameterAlreadyExists"


class HierarchyTooDeep(Invalid):
    """More than fifteen levels."""

    code = "HierarchyLevelLimitExceededException"


class TypeIsFixed(Invalid):
    """A parameter's type cannot be changed."""

    code = "HierarchyTypeMismatchException"


class UnsupportedType(Invalid):
    """No such type of parameter."""

    code = "UnsupportedParameterType"


class PatternMismatch(Invalid):
    """The value does not match the parameter's pattern."""

    code = "ParameterPatternMismatchException"


class BadPattern(Invalid):
    """The pattern is no regular expression, or takes too long."""

    code = "InvalidAllowedPatternException"


class TooManyPatterns(Conflict):
    """Too many values are being matched against patterns just now; try again."""

    code = "ThrottlingException"


class OldestVersionIsLabelled(Conflict):
    """There are a hundred versions, and the oldest has a label."""

    code = "ParameterMaxVersionLimitExceeded"


class TooManyLabels(Conflict):
    """Ten labels are the most for a version."""

    code = "ParameterVersionLabelLimitExceeded"


class BadPolicyType(Invalid):
    """A kind of parameter policy that does not exist here."""

    code = "InvalidPolicyTypeException"


class BadPolicyAttribute(Invalid):
    """A parameter policy says something that makes no sense."""

    code = "InvalidPolicyAttributeException"


class PolicyNeedsAdvancedTier(Invalid):
    """Standard parameters have no policies."""

    code = "IncompatiblePolicyException"


class BadFilterKey(Invalid):
    """No such filter for this list."""

    code = "InvalidFilterKey"


class BadFilterOption(Invalid):
    """The filter cannot compare in that way."""

    code = "InvalidFilterOption"


class BadFilterValue(Invalid):
    """The filter cannot have that value."""

    code = "InvalidFilterValue"


class BadResourceType(Invalid):
    """Only parameters have tags here."""

    code = "InvalidResourceType"


class BadResourceId(NotFound):
    """There is no such thing to tag."""

    code = "InvalidResourceId"


class SecretNotFound(NotFound):
    """No secret, version or stage of that name."""

    code = "ResourceNotFoundException"


class SecretExists(Conflict):
    """The name or the request token is taken."""

    code = "ResourceExistsException"


class BadParameter(Invalid):
    """The request breaks a rule of Secrets Manager."""

    code = "InvalidParameterException"


class NotNow(Conflict):
    """The secret's state does not allow this."""

    code = "InvalidRequestException"


class TooManyVersions(Conflict):
    """The quota of versions or stages is used up."""

    code = "LimitExceededException"


class BadResourcePolicy(Invalid):
    """The resource policy cannot be read."""

    code = "MalformedPolicyDocumentException"


class PublicPolicy(Invalid):
    """The resource policy would let everybody in."""

    code = "PublicPolicyException"


class CannotResolve(Invalid):
    """A reference to a value (of a build) names nothing that can be read."""
