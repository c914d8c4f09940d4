"""Buttons: release, stop, retry, transitions. Each POST is one verb, then back to a page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Conflict, Invalid
from pipelines import access
from pipelines.actions import executions, transitions
from pipelines.arns import stage_arn
from pipelines.urls_of import execution_url


def _back(request: Request, otherwise: str) -> HttpResponse:
    wanted = request.POST.get("next", "")
    known = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return redirect(wanted if known else otherwise)


@require_POST
def release(request: Request, name: str) -> HttpResponse:
    """Start an execution with the latest change."""
    pipeline = access.pipeline(request.principal, name, "codepipeline:StartPipelineExecution")
    try:
        execution = executions.start(
            pipeline=pipeline,
            trigger_type="StartPipelineExecution",
            trigger_detail=request.principal.arn,
            started_by=request.principal.arn,
            at=clock.now(),
        )
    except Invalid as error:
        messages.error(request, f"{name} is not started. {error}")
    else:
        messages.success(request, f"#{execution.number} started.")
    return _back(request, reverse("pipeline", kwargs={"name": name}))


@require_POST
def stop(request: Request, name: str, number: int) -> HttpResponse:
    """Stop an execution, after its actions or at once."""
    execution = access.execution(request.principal, name, number, "codepipeline:StopPipelineExecution")
    abandon = request.POST.get("mode") == "abandon"
    reason = request.POST.get("reason", "").strip()
    try:
        executions.stop(
            execution=execution, abandon=abandon, reason=reason, by=request.principal.arn, at=clock.now()
        )
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    return _back(request, execution_url(execution))


@require_POST
def retry(request: Request, name: str, number: int) -> HttpResponse:
    """Run a failed stage again."""
    stage = request.POST.get("stage", "")
    iam.require(request.principal, "codepipeline:RetryStageExecution", stage_arn(name, stage))
    execution = access.execution(request.principal, name, number, "codepipeline:GetPipelineExecution")
    mode = request.POST.get("mode", "FAILED_ACTIONS")
    try:
        executions.retry_stage(
            execution=execution, stage=stage, mode=mode, by=request.principal.arn, at=clock.now()
        )
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    return _back(request, execution_url(execution))


@require_POST
def transition(request: Request, name: str) -> HttpResponse:
    """Hold the entry of a stage, or open it."""
    stage, opens = request.POST.get("stage", ""), request.POST.get("enabled") == "true"
    verb = "EnableStageTransition" if opens else "DisableStageTransition"
    iam.require(request.principal, f"codepipeline:{verb}", stage_arn(name, stage))
    pipeline = access.pipeline(request.principal, name, "codepipeline:GetPipelineState")
    try:
        if opens:
            transitions.release(pipeline=pipeline, stage=stage, by=request.principal.arn, at=clock.now())
        else:
            transitions.hold(
                pipeline=pipeline,
                stage=stage,
                reason=request.POST.get("reason", "").strip(),
                by=request.principal.arn,
                at=clock.now(),
            )
    except Invalid as error:
        messages.error(request, f"The transition to {stage} is unchanged. {error}")
    return _back(request, reverse("pipeline", kwargs={"name": name}))
