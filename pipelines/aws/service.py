"""CodePipeline at the door: its words for our errors, and shapes that several operations share."""

from datetime import datetime
from typing import Any

from devopsweb.awsapi.registry import service
from devopsweb.iam import api as iam
from devopsweb.kernel import tags
from devopsweb.kernel.errors import Conflict, Invalid
from devopsweb.kernel.paging import InvalidToken
from pipelines.models import PipelineExecution
from pipelines.urls_of import absolute

codepipeline = service(
    "codepipeline",
    errors={
        tags.InvalidTags: "InvalidTagsException",
        tags.TooManyTags: "TooManyTagsException",
        Invalid: "ValidationException",
        Conflict: "ConflictException",
        InvalidToken: "InvalidNextTokenException",
        iam.RoleNotAssumable: "InvalidStructureException",
    },
)


def filled(**members: Any) -> dict[str, Any]:
    """The members that have a value: AWS leaves the others out."""
    return {name: value for name, value in members.items() if value not in ("", None)}


def address(path: str) -> str:
    """``path`` (of a page, or a whole address) for a client; empty stays empty."""
    return absolute(path) if path.startswith("/") else path


def moment(text: str) -> datetime | None:
    """A stored time; None when there is none."""
    return datetime.fromisoformat(text) if text else None


def trigger(execution: PipelineExecution) -> dict[str, str]:
    """What started the execution."""
    return {"triggerType": execution.trigger_type, "triggerDetail": execution.trigger_detail}
