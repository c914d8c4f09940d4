"""CodePipeline: approvals, retries and the transitions between stages."""

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from pipelines import api
from pipelines.aws.service import codepipeline


@codepipeline.operation("PutApprovalResult")
def put_approval_result(call: Call, params: Params) -> Result:
    """Answer an approval; its token is in GetPipelineState while it waits."""
    api.put_approval_result(
        pipeline=params["pipelineName"],
        stage=params["stageName"],
        action=params["actionName"],
        token=params["token"],
        result=params["result"]["status"],
        summary=params["result"]["summary"],
        principal=call.principal,
        at=call.at,
    )
    return {"approvedAt": call.at}


@codepipeline.operation("RetryStageExecution")
def retry_stage_execution(call: Call, params: Params) -> Result:
    """Run a failed or stopped stage again, in the same execution."""
    api.retry_stage_execution(
        pipeline=params["pipelineName"],
        execution_id=params["pipelineExecutionId"],
        stage=params["stageName"],
        mode=params["retryMode"],
        principal=call.principal,
        at=call.at,
    )
    return {"pipelineExecutionId": params["pipelineExecutionId"]}


@codepipeline.operation("DisableStageTransition")
def disable_stage_transition(call: Call, params: Params) -> Result:
    """Let no execution into a stage, or out of it into the next."""
    api.disable_stage_transition(
        name=params["pipelineName"],
        stage=params["stageName"],
        outbound=_outbound(params),
        reason=params["reason"],
        principal=call.principal,
        at=call.at,
    )
    return None


@codepipeline.operation("EnableStageTransition")
def enable_stage_transition(call: Call, params: Params) -> Result:
    """Let executions pass again."""
    api.enable_stage_transition(
        name=params["pipelineName"],
        stage=params["stageName"],
        outbound=_outbound(params),
        principal=call.principal,
        at=call.at,
    )
    return None


def _outbound(params: Params) -> bool:
    kind = params["transitionType"]
    if kind not in ("Inbound", "Outbound"):
        raise ParameterProblem(f"transitionType must be Inbound or Outbound, not {kind[:50]!r}.")
    return bool(kind == "Outbound")
