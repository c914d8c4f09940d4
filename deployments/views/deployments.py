"""Deployments: the list, one deployment, a host's log, and what can be done about them."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from deployments import access, errors, presentation, queries
from deployments.actions import applications
from deployments.actions import deployments as actions
from deployments.actions.deployments import Options
from deployments.models import Deployment, Target
from deployments.states import ACTIVE, DeploymentStatus, TargetStatus
from deployments.types import Revision
from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.paging import page as paged
from devopsweb.ui import pages
from monitoring.logs import api as logs

PAGE = 30
GRID = 100


@require_safe
def index(request: Request) -> HttpResponse:
    """The list, newest first."""
    access.may_list(request.principal)
    chosen = {key: request.GET.get(key, "") for key in ("application", "group", "status", "q")}
    found = queries.listed(
        application=chosen["application"],
        group=chosen["group"],
        status=chosen["status"],
        text=chosen["q"].strip(),
    )
    page = paged(found, token=request.GET.get("after", ""), size=PAGE)
    context = {
        "page": page,
        "rows": [_line(row) for row in page.rows],
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "places": queries.places(),
        "statuses": [s.value for s in DeploymentStatus if s != DeploymentStatus.READY],
    }
    return pages.render(request, "deployments/index.html", context, parts={"list", "places"})


def _line(row: Deployment) -> dict[str, Any]:
    return {
        "deployment": row,
        "label": presentation.label(row.revision_commit, row.revision_digest),
        "by": presentation.by(row),
        "word": presentation.word(row),
        "took": _took(row),
    }


def _took(row: Deployment) -> timedelta | None:
    return row.completed_at - row.started_at if row.completed_at and row.started_at else None


@require_safe
def detail(request: Request, deployment_id: str) -> HttpResponse:
    """One deployment with its grid of hosts."""
    deployment = access.deployment(request.principal, deployment_id, "codedeploy:GetDeployment")
    context = {**_facts(request, deployment), **_grid(request, deployment)}
    return pages.render(
        request, "deployments/deployment.html", context, parts={"head", "hosts", "side", "alerts"}
    )


def _facts(request: Request, deployment: Deployment) -> dict[str, Any]:
    group = deployment.group
    rollback = Deployment.objects.filter(rollback_of=deployment).first()
    target = _rollback_target(deployment)
    return {
        "deployment": deployment,
        "group": group,
        "active": deployment.status in ACTIVE,
        "word": presentation.word(deployment),
        "by": presentation.by(deployment),
        "commit_url": presentation.commit_url(deployment),
        "label": presentation.label(deployment.revision_commit, deployment.revision_digest),
        "before": presentation.label(deployment.previous_commit, deployment.previous_digest),
        "config": _config_sentence(deployment),
        "problem": presentation.TITLES.get(deployment.error_code, deployment.error_code),
        "took": _took(deployment),
        "rollback": rollback,
        "back_to": target,
        "back_label": presentation.label(target.revision_commit, target.revision_digest) if target else "",
        "may_stop": iam.is_allowed(request.principal, "codedeploy:StopDeployment", group.arn),
        "may_deploy": iam.is_allowed(request.principal, "codedeploy:CreateDeployment", group.arn),
    }


def _config_sentence(deployment: Deployment) -> str:
    try:
        return applications.config(deployment.config_name).sentence
    except errors.DeploymentConfigDoesNotExist:
        return deployment.config_name


def _rollback_target(deployment: Deployment) -> Deployment | None:
    """The last deployment that succeeded with another revision than this one."""
    return (
        Deployment.objects.filter(group=deployment.group, status=DeploymentStatus.SUCCEEDED)
        .exclude(revision_digest=deployment.revision_digest)
        .order_by("-pk")
        .first()
    )


def _grid(request: HttpRequest, deployment: Deployment) -> dict[str, Any]:
    only = request.GET.get("only") == "problems"
    found = deployment.targets.select_related("instance").order_by("position")
    counts = queries.overview(deployment)
    failed = list(found.filter(status__in=[TargetStatus.FAILED, TargetStatus.UNKNOWN])[:GRID])
    first = max(_number(request.GET.get("from", "")), 0)
    shown = failed if only else list(found[first : first + GRID])
    rows = presentation.rows(deployment, shown, queries.events_of(shown), now=clock.now())
    total = sum(counts.values())
    return {
        "rows": rows,
        "problems": [row for row in rows if row.problem],
        "failed": counts["Failed"],
        "only": only,
        "counts": counts,
        "shares": presentation.shares(counts),
        "total": total,
        "done": total - counts["Pending"] - counts["InProgress"] - counts["Ready"],
        "events": [cell.name for cell in rows[0].cells] if rows else [],
        "next_from": first + GRID if not only and first + GRID < total else None,
        "first": first,
        "feed": presentation.feed(deployment, failed),
    }


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 7 else 0


@require_safe
def log(request: Request, deployment_id: str, instance: str) -> HttpResponse:
    """The log of one host in a deployment."""
    deployment = access.deployment(request.principal, deployment_id, "codedeploy:GetDeploymentTarget")
    target = deployment.targets.select_related("instance").filter(instance__name=instance).first()
    if target is None:
        raise errors.DeploymentDoesNotExist(f"{instance!r} takes no part in {deployment_id}.")
    [row] = presentation.rows(deployment, [target], queries.events_of([target]), now=clock.now())
    context = {
        "deployment": deployment,
        "group": deployment.group,
        "target": target,
        "row": row,
        "stream": logs.info(target.log_stream) if target.log_stream else None,
        "others": _others(deployment),
    }
    return pages.render(request, "deployments/log.html", context, parts={"head", "events"})


def _others(deployment: Deployment) -> list[Target]:
    return list(deployment.targets.select_related("instance").order_by("position")[:GRID])


@require_POST
def stop(request: Request, deployment_id: str) -> HttpResponse:
    """Stop, with or without a roll-back."""
    deployment = access.deployment(request.principal, deployment_id, "codedeploy:StopDeployment")
    actions.stop(
        deployment=deployment,
        principal=request.principal,
        at=clock.now(),
        auto_rollback="rollback" in request.POST,
    )
    messages.info(request, "Stopping. Events that run will finish.")
    return redirect("deployment", deployment_id=deployment_id)


@require_POST
def redeploy(request: Request, deployment_id: str) -> HttpResponse:
    """Deploy the same revision once more."""
    deployment = access.deployment(request.principal, deployment_id, "codedeploy:CreateDeployment")
    return _again(request, deployment, deployment, f"Again, as {deployment.code}")


@require_POST
def roll_back(request: Request, deployment_id: str) -> HttpResponse:
    """Deploy the last other revision that succeeded."""
    deployment = access.deployment(request.principal, deployment_id, "codedeploy:CreateDeployment")
    good = _rollback_target(deployment)
    if good is None:
        raise errors.RevisionDoesNotExist(f"No other revision was ever deployed to {deployment.group} well.")
    return _again(request, deployment, good, f"Roll-back of {deployment.code}")


def _again(request: Request, deployment: Deployment, source: Deployment, description: str) -> HttpResponse:
    revision = Revision(
        source.revision_digest,
        source.revision_commit,
        source.revision_repository,
        source.revision_description,
    )
    new = actions.create(
        group=deployment.group,
        revision=revision,
        creator="user",
        creator_arn=request.principal.arn,
        at=clock.now(),
        options=Options(
            description=description,
            file_exists_behavior=source.file_exists_behavior,
            ignore_application_stop_failures=source.ignore_application_stop_failures,
        ),
    )
    return redirect("deployment", deployment_id=new.code)
