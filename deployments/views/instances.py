"""Instances: the list, one instance, join tokens."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deployments import queries
from deployments.compute import access
from deployments.compute import api as compute
from deployments.compute.actions import instances as actions
from deployments.compute.errors import InvalidInstance
from deployments.compute.models import Instance
from deployments.compute.states import InstanceStatus
from deployments.forms import JoinForm, TagsForm
from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.ui import pages

PAGE = 50
SHOWN_ONCE = "join_token"


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """The list; a POST makes a join token, which is shown once."""
    access.may_list(request.principal)
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            request.session[SHOWN_ONCE] = compute.create_join_token(
                principal=request.principal,
                at=clock.now(),
                lifetime=timedelta(hours=values["hours"]),
                uses=values["uses"],
                tags=values["tags"],
            )
            return redirect("instances")
        except InvalidInstance as error:
            form.add_error("tags", str(error))
    return _index(request, form)


def _index(request: Request, form: JoinForm) -> HttpResponse:
    status, text = request.GET.get("status", ""), request.GET.get("q", "").strip()
    rows = Instance.objects.all()
    rows = rows.filter(status=status) if status else rows.exclude(status=InstanceStatus.DEREGISTERED)
    if text:
        rows = rows.filter(name__icontains=text)
    found = list(rows.filter(name__gt=request.GET.get("after", "")).order_by("name")[: PAGE + 1])
    part = request.GET.get("part", "")
    context = {
        "rows": found[:PAGE],
        "next": found[PAGE - 1].name if len(found) > PAGE else "",
        "form": form,
        "chosen": {"status": status, "q": text},
        "filtered": bool(status or text),
        "statuses": [s.value for s in InstanceStatus],
        "token": "" if part else request.session.pop(SHOWN_ONCE, ""),
        "server": settings.DEVOPSWEB_BASE_URL.rstrip("/"),
        "may_join": iam.is_allowed(
            request.principal, "codedeploy:RegisterOnPremisesInstance", access.arn_of("*")
        ),
    }
    return pages.render(request, "deployments/instances.html", context, parts={"list"})


@require_safe
def detail(request: Request, name: str) -> HttpResponse:
    """One instance: its agent, tags, what runs there, its deployments."""
    instance = access.instance(request.principal, name, "codedeploy:GetOnPremisesInstance")
    context = {
        "instance": instance,
        "states": queries.states_of(instance),
        "targets": queries.of_instance(instance),
        "form": TagsForm(initial={"tags": "\n".join(f"{k}={v}" for k, v in instance.tags.items())}),
        "may_tag": iam.is_allowed(request.principal, "codedeploy:AddTagsToOnPremisesInstances", instance.arn),
        "may_deregister": iam.is_allowed(
            request.principal, "codedeploy:DeregisterOnPremisesInstance", instance.arn
        ),
    }
    return pages.render(request, "deployments/instance.html", context, parts={"head", "facts", "recent"})


@require_POST
def tags(request: Request, name: str) -> HttpResponse:
    """Replace an instance's tags."""
    instance = access.instance(request.principal, name, "codedeploy:AddTagsToOnPremisesInstances")
    form = TagsForm(request.POST)
    if form.is_valid():
        try:
            actions.set_tags(
                instance=instance,
                tags=form.cleaned_data["tags"],
                at=clock.now(),
                by=request.principal.arn,
            )
            messages.info(request, "Saved. Groups see it from their next deployment on.")
        except InvalidInstance as error:
            messages.error(request, f"Nothing was changed. {error}", extra_tags="fail")
    else:
        reason = " ".join(str(e) for found in form.errors.values() for e in found)
        messages.error(request, f"Nothing was changed. {reason}", extra_tags="fail")
    return redirect("instance", name=name)


@require_POST
def deregister(request: Request, name: str) -> HttpResponse:
    """Take an instance out of service."""
    instance = access.instance(request.principal, name, "codedeploy:DeregisterOnPremisesInstance")
    actions.deregister(instance=instance, at=clock.now(), by=request.principal.arn)
    messages.info(request, f"Deregistered {name}. What is installed there goes on running.")
    return redirect("instances")
