"""Applications and their groups: pages and forms."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deployments import access, presentation, queries, service_role
from deployments.actions import advance, applications
from deployments.actions import deployments as actions
from deployments.actions.deployments import Options
from deployments.errors import ApplicationAlreadyExists, DeploymentGroupAlreadyExists
from deployments.forms import CUSTOM, ApplicationForm, DeployForm, GroupForm, initial
from deployments.models import Application, DeploymentGroup
from deployments.types import Revision
from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock, errors
from devopsweb.ui import pages
from repos.git import api as git


@require_safe
def index(request: Request) -> HttpResponse:
    """Every application with its groups."""
    iam.require(request.principal, "codedeploy:ListApplications", access.application_arn("*"))
    rows = list(Application.objects.order_by("name"))
    places = queries.places(rows)
    listed = [
        {"application": row, "places": [p for p in places if p.group.application_id == row.pk]}
        for row in rows
    ]
    return pages.render(request, "deployments/applications.html", {"rows": listed}, parts={"list"})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Create an application."""
    iam.require(request.principal, "codedeploy:CreateApplication", access.application_arn("*"))
    form = ApplicationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        iam.require(request.principal, "codedeploy:CreateApplication", access.application_arn(name))
        try:
            applications.create_application(name=name, at=clock.now(), by=request.principal.arn)
            return redirect("application", application=name)
        except ApplicationAlreadyExists as error:
            form.add_error("name", str(error))
    context = {
        "form": form,
        "title": "New application",
        "verb": "Create application",
        "cancel": "applications",
        "text": "An application is what you deploy; its groups say where it runs.",
    }
    return pages.render(request, "deployments/form.html", context)


@require_safe
def detail(request: Request, application: str) -> HttpResponse:
    """One application: its groups and latest deployments."""
    row = access.application(request.principal, application, "codedeploy:GetApplication")
    context = {
        "application": row,
        "places": queries.places([row]),
        "recent": queries.listed(application=row.name).order_by("-pk")[:10],
        "may_create": iam.is_allowed(
            request.principal, "codedeploy:CreateDeploymentGroup", access.group_arn(row.name, "*")
        ),
        "may_delete": iam.is_allowed(request.principal, "codedeploy:DeleteApplication", row.arn),
    }
    return pages.render(request, "deployments/application.html", context, parts={"groups", "recent"})


@require_POST
def delete(request: Request, application: str) -> HttpResponse:
    """Delete an application with its groups and history."""
    row = access.application(request.principal, application, "codedeploy:DeleteApplication")
    applications.delete_application(application=row, at=clock.now(), by=request.principal.arn)
    messages.info(request, f"Deleted {application}. Hosts keep what is installed.")
    return redirect("applications")


@require_http_methods(["GET", "HEAD", "POST"])
def new_group(request: Request, application: str) -> HttpResponse:
    """Create a group."""
    row = access.application(request.principal, application, "codedeploy:GetApplication")
    form = GroupForm(
        request.POST or None, configs=applications.configs(), roles=service_role.choices(request.principal)
    )
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        iam.require(
            request.principal, "codedeploy:CreateDeploymentGroup", access.group_arn(application, name)
        )
        try:
            settings = form.settings(_config(form))
            service_role.may_pass(
                request.principal, settings.service_role, access.group_arn(application, name)
            )
            applications.create_group(
                application=row, name=name, settings=settings, at=clock.now(), by=request.principal.arn
            )
            return redirect("deployment-group", application=application, group=name)
        except DeploymentGroupAlreadyExists as error:
            form.add_error("name", str(error))
        except errors.Invalid as error:
            form.add_error(None, str(error))
    return _group_form(request, form, row, f"New group of {application}", "Create group")


@require_http_methods(["GET", "HEAD", "POST"])
def edit_group(request: Request, application: str, group: str) -> HttpResponse:
    """Change a group."""
    row = access.group(request.principal, application, group, "codedeploy:UpdateDeploymentGroup")
    form = GroupForm(
        request.POST or None,
        configs=applications.configs(),
        roles=service_role.choices(request.principal, row.service_role),
        initial=initial(row),
        fixed_name=row.name,
    )
    if request.method == "POST" and form.is_valid():
        try:
            settings = form.settings(_config(form))
            if settings.service_role not in ("", row.service_role):
                service_role.may_pass(request.principal, settings.service_role, row.arn)
            applications.update_group(group=row, settings=settings, at=clock.now(), by=request.principal.arn)
            messages.info(request, "Saved. It holds from the next deployment on.")
            return redirect("deployment-group", application=application, group=group)
        except errors.Invalid as error:
            form.add_error(None, str(error))
    return _group_form(request, form, row.application, f"Settings of {row}", "Save", row)


def _config(form: GroupForm) -> str:
    values = form.cleaned_data
    if values["config"] != CUSTOM:
        return str(values["config"])
    return applications.ensure_minimum(
        kind=values["custom_kind"], value=values["custom_value"], at=clock.now()
    )


def _group_form(
    request: Request,
    form: GroupForm,
    application: Application,
    title: str,
    verb: str,
    group: DeploymentGroup | None = None,
) -> HttpResponse:
    context = {"form": form, "application": application, "title": title, "verb": verb, "group": group}
    return pages.render(request, "deployments/group_form.html", context)


@require_safe
def group(request: Request, application: str, group: str) -> HttpResponse:
    """One group: its hosts, settings and deployments."""
    row = access.group(request.principal, application, group, "codedeploy:GetDeploymentGroup")
    context = {**_group_facts(request, row), "form": DeployForm(repositories=_repositories(request))}
    return pages.render(request, "deployments/group.html", context, parts={"hosts", "recent"})


def _group_facts(request: Request, row: DeploymentGroup) -> dict[str, Any]:
    def may(action: str) -> bool:
        return iam.is_allowed(request.principal, action, row.arn)

    health = {s.instance_id: s for s in row.host_states.select_related("deployment")}
    hosts = advance.hosts(row)
    good = row.last_successful
    return {
        "group": row,
        "hosts": [{"instance": h, "state": health.get(h.pk)} for h in hosts],
        "config": applications.config(row.config_name),
        "good": good,
        "good_label": presentation.label(good.revision_commit, good.revision_digest) if good else "",
        "recent": queries.listed().filter(group=row).order_by("-pk")[:10],
        "may_deploy": may("codedeploy:CreateDeployment"),
        "may_edit": may("codedeploy:UpdateDeploymentGroup"),
        "may_delete": may("codedeploy:DeleteDeploymentGroup"),
    }


@require_POST
def delete_group(request: Request, application: str, group: str) -> HttpResponse:
    """Delete a group and its history."""
    row = access.group(request.principal, application, group, "codedeploy:DeleteDeploymentGroup")
    applications.delete_group(group=row, at=clock.now(), by=request.principal.arn)
    messages.info(request, f"Deleted {application}/{group}. Hosts keep what is installed.")
    return redirect("application", application=application)


@require_POST
def deploy(request: Request, application: str, group: str) -> HttpResponse:
    """Deploy a commit of a repository."""
    row = access.group(request.principal, application, group, "codedeploy:CreateDeployment")
    form = DeployForm(request.POST, repositories=_repositories(request))
    if form.is_valid():
        try:
            return redirect("deployment", deployment_id=_deploy(request, row, form.cleaned_data))
        except errors.NotFound as error:
            form.add_error("ref", str(error))
    context = {**_group_facts(request, row), "form": form, "opened": True}
    return pages.render(request, "deployments/group.html", context, status=400)


def _repositories(request: Request) -> list[str]:
    return [repository.name for repository in git.repositories_of(request.principal)]


def _deploy(request: Request, group: DeploymentGroup, values: dict[str, Any]) -> str:
    repository = git.repository(values["repository"])
    iam.require(request.principal, "codecommit:GitPull", repository.arn)
    commit = git.resolve(repository=repository.name, ref=values["ref"])
    blob = git.archive(repository=repository.name, sha=commit.sha)
    subject = commit.message.partition("\n")[0]
    return actions.create(
        group=group,
        revision=Revision(blob.digest, commit.sha, repository.name, subject),
        creator="user",
        creator_arn=request.principal.arn,
        at=clock.now(),
        options=Options(
            description=values["description"],
            file_exists_behavior=values["file_exists_behavior"],
            ignore_application_stop_failures=values["ignore_application_stop_failures"],
        ),
    ).code
