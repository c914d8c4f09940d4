"""CodeCommit: tags of repositories."""

import re

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import api as iam
from repos.git import access
from repos.git.actions import tags
from repos.git.aws.service import codecommit
from repos.git.models import Repository

_ARN = re.compile(r"arn:aws[\w-]*:codecommit:[^:]*:\d{12}:([^:]+)")


def _tagged(call: Call, params: Params, action: str) -> Repository:
    arn = params["resourceArn"]
    iam.require(call.principal, f"codecommit:{action}", arn)
    found = _ARN.fullmatch(arn)
    if found is None:
        raise AwsError("InvalidResourceArnException", f"{arn[:200]!r} is not the ARN of a repository.")
    return access.repository(call.principal, found[1])


@codecommit.operation("TagResource")
def tag_resource(call: Call, params: Params) -> Result:
    """Set tags of a repository."""
    target = _tagged(call, params, "TagResource")
    tags.add(repository=target, tags=params["tags"], principal=call.principal, at=call.at)
    return None


@codecommit.operation("UntagResource")
def untag_resource(call: Call, params: Params) -> Result:
    """Take tags from a repository."""
    target = _tagged(call, params, "UntagResource")
    tags.remove(repository=target, keys=params["tagKeys"], principal=call.principal, at=call.at)
    return None


@codecommit.operation("ListTagsForResource")
def list_tags_for_resource(call: Call, params: Params) -> Result:
    """The tags of a repository."""
    return {"tags": _tagged(call, params, "ListTagsForResource").tags}
