"""Pages: create, read, edit and delete a pipeline's definition."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Conflict, Invalid
from devopsweb.ui import pages
from pipelines import access, api, service_role
from pipelines.actions import definitions
from pipelines.arns import pipeline_arn
from pipelines.builds import api as builds
from pipelines.engine.problems import InvalidDefinition, Problem
from pipelines.engine.template import simple_definition
from pipelines.forms import CommonForm, DocumentForm
from pipelines.models import Pipeline
from pipelines.views.boards import powers
from repos.git import api as repositories

FORM = ["GET", "HEAD", "POST"]


@require_http_methods(FORM)
def create(request: Request) -> HttpResponse:
    """A pipeline of the common kind."""
    iam.require(request.principal, "codepipeline:CreatePipeline", pipeline_arn("*"))
    form = CommonForm(
        request.POST or None,
        initial={"branch": "main", **request.GET.dict()},
        roles=service_role.choices(request.principal),
    )
    problems: list[Problem] = []
    if request.method == "POST" and form.is_valid():
        made, problems = _create(request, _document(form.cleaned_data))
        if made:
            return redirect("pipeline", name=made)
    context = {
        "form": form,
        "problems": problems,
        "repositories": repositories.repositories_of(request.principal),
        "projects": builds.project_names(),
    }
    return pages.render(
        request, "pipelines/new.html", context, status=400 if form.errors or problems else 200
    )


@require_http_methods(FORM)
def create_from_document(request: Request) -> HttpResponse:
    """A pipeline of any kind, from its JSON."""
    iam.require(request.principal, "codepipeline:CreatePipeline", pipeline_arn("*"))
    start = {"document": json.dumps(_example(), indent=2)}
    form = DocumentForm(request.POST or None, initial=start)
    problems: list[Problem] = []
    if request.method == "POST" and form.is_valid():
        made, problems = _create(request, form.cleaned_data["document"])
        if made:
            return redirect("pipeline", name=made)
    context = {"form": form, "problems": problems}
    return pages.render(
        request, "pipelines/new_json.html", context, status=400 if form.errors or problems else 200
    )


def _create(request: Request, document: Any) -> tuple[str, list[Problem]]:
    """The name of the pipeline that was made, or what is wrong."""
    try:
        made = api.create_pipeline(definition=document, principal=request.principal, at=clock.now())
    except InvalidDefinition as error:
        return "", list(error.problems)
    except Conflict as error:
        return "", [Problem("PipelineNameInUseException", "pipeline.name", str(error))]
    except iam.RoleNotAssumable as error:
        return "", [Problem("InvalidStructureException", "pipeline.roleArn", str(error))]
    messages.success(request, "Pipeline created. Its first execution has started.")
    return made.rsplit(":", 1)[-1], []


def _document(data: dict[str, Any]) -> dict[str, Any]:
    return simple_definition(
        name=data["name"],
        repository=data["repository"],
        branch=data["branch"],
        role_arn=data["service_role"] or service_role.default(),
        build_projects=data["build_projects"],
        test_projects=data["test_projects"],
        approval_comment=data["approval_comment"] if data["approval"] else None,
        application=data["application"],
        deployment_group=data["deployment_group"],
    )


def _example() -> dict[str, Any]:
    return simple_definition(
        name="my-pipeline",
        repository="my-repository",
        branch="main",
        role_arn=service_role.default(),
        build_projects=["my-build"],
        approval_comment="What to look at before you approve",
        application="my-application",
        deployment_group="production",
    )


@require_safe
def show(request: Request, name: str) -> HttpResponse:
    """The definition, of any version; ``?format=json`` is what GetPipeline prints."""
    pipeline = access.pipeline(request.principal, name, "codepipeline:GetPipeline")
    number = int(text) if (text := request.GET.get("version", "")).isdigit() else pipeline.version
    version = access.version(pipeline, number)
    if request.GET.get("format") == "json":
        text = json.dumps({"pipeline": version.document}, indent=2)
        return HttpResponse(text, content_type="application/json")
    context = {
        "pipeline": pipeline,
        "version": version,
        "versions": pipeline.versions.order_by("-number").defer("document")[:50],
        "document": json.dumps(version.document, indent=2),
        "tab": "definition",
        "may": powers(request, pipeline),
    }
    return pages.render(request, "pipelines/definition.html", context)


@require_http_methods(FORM)
def edit(request: Request, name: str) -> HttpResponse:
    """Change the definition; saving makes a new version."""
    pipeline = access.pipeline(request.principal, name, "codepipeline:UpdatePipeline")
    current = access.version(pipeline, pipeline.version)
    form = DocumentForm(request.POST or None, initial={"document": json.dumps(current.document, indent=2)})
    problems: list[Problem] = []
    if request.method == "POST" and form.is_valid():
        problems = _update(request, pipeline, form.cleaned_data["document"])
        if not problems:
            return redirect("pipeline", name=name)
    context = {
        "pipeline": pipeline,
        "form": form,
        "problems": problems,
        "running": pipeline.executions.filter(status__in=["InProgress", "Stopping"]).count(),
        "tab": "definition",
        "may": powers(request, pipeline),
    }
    return pages.render(
        request, "pipelines/edit.html", context, status=400 if form.errors or problems else 200
    )


def _update(request: Request, pipeline: Pipeline, document: Any) -> list[Problem]:
    try:
        parsed, _ = definitions.parse(document)
        service_role.may_pass(request.principal, parsed)
        definitions.update(pipeline=pipeline, document=document, by=request.principal.arn, at=clock.now())
    except InvalidDefinition as error:
        return list(error.problems)
    except iam.RoleNotAssumable as error:
        return [Problem("InvalidStructureException", "pipeline.roleArn", str(error))]
    except Invalid as error:
        return [Problem("ValidationException", "pipeline.name", str(error))]
    messages.success(request, f"Saved as version {pipeline.version}.")
    return []


@require_http_methods(FORM)
def delete(request: Request, name: str) -> HttpResponse:
    """Delete the pipeline, once its name is typed."""
    pipeline = access.pipeline(request.principal, name, "codepipeline:DeletePipeline")
    wrong = False
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == name:
            definitions.delete(pipeline=pipeline, by=request.principal.arn, at=clock.now())
            messages.success(request, f"Pipeline {name} deleted.")
            return redirect("pipelines")
        wrong = True
    context = {
        "pipeline": pipeline,
        "wrong": wrong,
        "executions": pipeline.last_number,
        "may": powers(request, pipeline),
        "tab": "definition",
    }
    return pages.render(request, "pipelines/delete.html", context, status=400 if wrong else 200)
