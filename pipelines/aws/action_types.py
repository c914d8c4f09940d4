"""CodePipeline: the action types that pipelines can use here."""

from typing import Any

from django.conf import settings

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import api as iam
from devopsweb.kernel import paging
from devopsweb.kernel.arn import arn
from pipelines.aws.service import codepipeline
from pipelines.engine.types import ActionSpec, ActionType
from pipelines.providers import registry

PAGE = 100
SERVICE = "codepipeline.amazonaws.com"


def _sorted() -> list[tuple[ActionType, ActionSpec]]:
    return sorted(registry.catalog().items(), key=lambda item: _key(item[0]))


def _key(kind: ActionType) -> list[str]:
    return [kind.owner, kind.category, kind.provider, kind.version]


def _id(kind: ActionType) -> dict[str, str]:
    return {
        "category": kind.category,
        "owner": kind.owner,
        "provider": kind.provider,
        "version": kind.version,
    }


def _counts(spec: ActionSpec) -> dict[str, Any]:
    return {
        name: {"minimumCount": least, "maximumCount": most}
        for name, (least, most) in (
            ("inputArtifactDetails", spec.inputs),
            ("outputArtifactDetails", spec.outputs),
        )
    }


@codepipeline.operation("ListActionTypes")
def list_action_types(call: Call, params: Params) -> Result:
    """The action types, all or those of one owner or one region: another one than ours has none."""
    iam.require(call.principal, "codepipeline:ListActionTypes", arn("codepipeline", "actiontype:*"))
    owner, region = params.get("actionOwnerFilter", ""), params.get("regionFilter", "")
    is_here = region in ("", settings.DEVOPSWEB_REGION)
    page = paging.page_of(
        [item for item in _sorted() if is_here and owner in ("", item[0].owner)],
        token=params.get("nextToken", ""),
        size=PAGE,
        key=lambda item: _key(item[0]),
        scope=f"codepipeline:ListActionTypes:{owner}:{region}",
    )
    rows = [
        {
            "id": _id(kind),
            "settings": {},
            "actionConfigurationProperties": [
                {"name": name, "required": name in spec.required, "key": True, "secret": False}
                for name in (*spec.required, *spec.optional)
            ],
            **_counts(spec),
        }
        for kind, spec in page.rows
    ]
    return {"actionTypes": rows, **({"nextToken": page.next_token} if page.next_token else {})}


@codepipeline.operation("GetActionType")
def get_action_type(call: Call, params: Params) -> Result:
    """One action type: its settings and how many artifacts it takes and makes."""
    kind = ActionType(params["category"], params["owner"], params["provider"], params["version"])
    resource = arn("codepipeline", f"actiontype:{kind.owner}/{kind.category}/{kind.provider}/{kind.version}")
    iam.require(call.principal, "codepipeline:GetActionType", resource)
    spec = registry.catalog().get(kind)
    if spec is None:
        raise AwsError(
            "ActionTypeNotFoundException", f"There is no action type {kind} of owner {kind.owner}."
        )
    found = {
        "id": _id(kind),
        "executor": {
            "type": "JobWorker",
            "configuration": {"jobWorkerExecutorConfiguration": {"pollingServicePrincipals": [SERVICE]}},
        },
        "properties": [
            {"name": name, "optional": name not in spec.required, "key": True, "noEcho": False}
            for name in (*spec.required, *spec.optional)
        ],
        "permissions": {"allowedAccounts": ["*"]},
        **_counts(spec),
    }
    return {"actionType": found}
