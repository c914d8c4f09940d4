"""The service's registration, and its names for our errors."""

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import service
from devopsweb.iam.api import RoleNotAssumable
from devopsweb.kernel.paging import InvalidToken
from devopsweb.kernel.tags import InvalidTags
from pipelines.builds.errors import (
    BuildNotFound,
    InvalidProject,
    ProjectAlreadyExists,
    ProjectNotFound,
    TokenReused,
    TooManyBuilds,
)

INVALID = "InvalidInputException"

codebuild = service(
    "codebuild",
    errors={
        ProjectNotFound: "ResourceNotFoundException",
        BuildNotFound: "ResourceNotFoundException",
        ProjectAlreadyExists: "ResourceAlreadyExistsException",
        TooManyBuilds: "AccountLimitExceededException",
        InvalidProject: INVALID,
        InvalidTags: INVALID,
        InvalidToken: INVALID,
        ParameterProblem: INVALID,
        RoleNotAssumable: INVALID,
        TokenReused: INVALID,
    },
)
