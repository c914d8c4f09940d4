"""CodePipeline: tags of pipelines."""

import re

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import api as iam
from devopsweb.kernel import paging, tags
from pipelines.aws.service import codepipeline
from pipelines.models import Pipeline

_ARN = re.compile(r"arn:aws[\w-]*:codepipeline:[^:]*:\d{12}:([^:/]+)")
PAGE = 100


def _tagged(call: Call, params: Params, action: str) -> Pipeline:
    arn = params["resourceArn"]
    iam.require(call.principal, f"codepipeline:{action}", arn)
    found = _ARN.fullmatch(arn)
    if found is None:
        raise AwsError("InvalidArnException", f"{arn[:200]!r} is not the ARN of a pipeline.")
    row = Pipeline.objects.filter(name=found[1]).first()
    if row is None:
        raise AwsError("ResourceNotFoundException", f"There is no resource {arn}.")
    return row


@codepipeline.operation("TagResource")
def tag_resource(call: Call, params: Params) -> Result:
    """Set tags of a pipeline."""
    tags.add(_tagged(call, params, "TagResource"), tags.pairs(params["tags"]))
    return {}


@codepipeline.operation("UntagResource")
def untag_resource(call: Call, params: Params) -> Result:
    """Take tags from a pipeline."""
    row = _tagged(call, params, "UntagResource")
    tags.checked(dict.fromkeys(params["tagKeys"], ""))
    tags.remove(row, params["tagKeys"])
    return {}


@codepipeline.operation("ListTagsForResource")
def list_tags_for_resource(call: Call, params: Params) -> Result:
    """The tags of a pipeline by key."""
    row = _tagged(call, params, "ListTagsForResource")
    page = paging.page_of(
        sorted(row.tags.items()),
        token=params.get("nextToken", ""),
        size=params.get("maxResults", PAGE),
        key=lambda item: item[0],
        scope=f"codepipeline:ListTagsForResource:{row.pk}",
    )
    shown = [{"key": key, "value": value} for key, value in page.rows]
    return {"tags": shown, **({"nextToken": page.next_token} if page.next_token else {})}
