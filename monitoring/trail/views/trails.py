"""Trails are made, changed, started, stopped and deleted by form."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Conflict, Invalid
from devopsweb.ui import pages
from monitoring.trail import access, errors
from monitoring.trail.actions import trails
from monitoring.trail.forms import TrailForm
from monitoring.trail.models import Trail

_FIELDS = (
    (errors.InvalidTrailName, "name"),
    (errors.TrailAlreadyExists, "name"),
    (errors.InvalidBucketName, "bucket"),
    (errors.InvalidPrefix, "key_prefix"),
    (errors.InvalidLogGroupArn, "log_group_arn"),
    (errors.InvalidLogRoleArn, "log_role_arn"),
)


def create(request: Request) -> HttpResponse:
    """The form of a new trail."""
    if request.method != "POST":
        access.may(request.principal, "cloudtrail:DescribeTrails")
        return _form(request, TrailForm(initial={"validation": True, "start": True}))
    form, at = TrailForm(request.POST), clock.now()
    name = request.POST.get("name", "").strip()[:128]
    access.may_create(request.principal, name or "*")
    if not form.is_valid():
        return _form(request, form)
    if form.cleaned_data["start"]:
        access.may_start(request.principal, name)
    try:
        made = trails.create(name=name, settings_=form.settings(), tags={}, by=request.principal, at=at)
    except (Invalid, Conflict) as error:
        return _refused(request, form, error)
    if form.cleaned_data["start"]:
        trails.start(trail=made, at=at)
    messages.success(
        request, f"The trail {made.name} is made{' and logs' if form.cleaned_data['start'] else ''}."
    )
    return redirect("trail-files")


def edit(request: Request, name: str) -> HttpResponse:
    """The form of a trail, with its buttons."""
    if request.method != "POST":
        row = access.trail(request.principal, name, "cloudtrail:GetTrail")
        return _form(request, TrailForm(initial=_present(row), editing=True), row)
    row = access.trail(request.principal, name, "cloudtrail:UpdateTrail")
    form = TrailForm(request.POST, editing=True)
    if not form.is_valid():
        return _form(request, form, row)
    if form.cleaned_data["read_write"] != row.read_write:
        access.trail(request.principal, name, "cloudtrail:PutEventSelectors")
    # What stays is not asked about again: a role that was given once is not given anew.
    changed = {key: value for key, value in form.settings().items() if value != getattr(row, key)}
    try:
        trails.update(trail=row, settings_=changed, by=request.principal)
    except (Invalid, Conflict) as error:
        return _refused(request, form, error, row)
    messages.success(request, f"The trail {row.name} is changed.")
    return redirect("trail-files")


@require_POST
def logging(request: Request, name: str) -> HttpResponse:
    """Start (``start``) or stop."""
    if "start" in request.POST:
        trails.start(trail=access.trail(request.principal, name, "cloudtrail:StartLogging"), at=clock.now())
        messages.success(request, f"{name} delivers from now on.")
    else:
        trails.stop(trail=access.trail(request.principal, name, "cloudtrail:StopLogging"), at=clock.now())
        messages.success(request, f"{name} delivers no more. The audit trail itself goes on.")
    return redirect("trail-files")


@require_POST
def delete(request: Request, name: str) -> HttpResponse:
    """Delete the trail; what it delivered stays."""
    trails.delete(trail=access.trail(request.principal, name, "cloudtrail:DeleteTrail"))
    messages.success(request, f"The trail {name} is deleted; its files stay.")
    return redirect("trail-files")


def _present(row: Trail) -> dict[str, object]:
    fields = ("bucket", "read_write", "validation", "log_group_arn", "log_role_arn")
    return {field: getattr(row, field) for field in fields} | {"key_prefix": row.prefix}


def _refused(request: Request, form: TrailForm, error: Exception, row: Trail | None = None) -> HttpResponse:
    field = next((name for kind, name in _FIELDS if isinstance(error, kind) and name in form.fields), None)
    form.add_error(field, str(error))
    return _form(request, form, row)


def _form(request: Request, form: TrailForm, row: Trail | None = None) -> HttpResponse:
    may = {
        verb: bool(row) and iam.is_allowed(request.principal, f"cloudtrail:{verb}", row.arn if row else "*")
        for verb in ("UpdateTrail", "StartLogging", "StopLogging", "DeleteTrail")
    }
    context = {"form": form, "row": row, "may": may}
    return pages.render(request, "trail/trail_form.html", context, status=422 if form.errors else 200)
