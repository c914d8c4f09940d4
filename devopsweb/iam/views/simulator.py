"""The simulator: can this user do this, and who can?"""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from devopsweb.iam import access, advice, simulation
from devopsweb.iam.api import users_allowed
from devopsweb.iam.engine.evaluate import Reason
from devopsweb.iam.forms import SimulateForm
from devopsweb.iam.http import Request
from devopsweb.iam.models import Policy, Role, User
from devopsweb.kernel import clock

EVERYONE = "*"
_OFFERED = 500


@dataclass(frozen=True)
class Said:
    """What a statement says, and at which lines of the document on the page it stands."""

    reason: Reason
    lines: tuple[int, int] | None = None


def simulate(request: Request) -> HttpResponse:
    """The simulator as a page of its own; ``?part=verdict`` answers the verdict alone."""
    access.may_list(request.principal, "user")
    context = {"tab": "simulate", **fields(request)}
    verdict_only = request.GET.get("part") == "verdict"
    return render(request, "iam/verdict.html" if verdict_only else "iam/simulate.html", context)


def fields(request: Request, policy: Policy | None = None) -> dict[str, Any]:
    """The form, the answer, and the lines of ``policy`` (or of the one that the form names) behind it."""
    form = SimulateForm(request.GET if "action" in request.GET else None)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else None
    if asked and asked["of"] and policy is None:
        policy = access.policy(request.principal, asked["of"], "iam:GetPolicy")
    return {
        "who": User.objects.filter(is_active=True)
        .order_by("username")
        .values_list("username", flat=True)[:_OFFERED],
        "roles": Role.objects.order_by("name").values_list("name", flat=True)[:_OFFERED],
        "asked": asked or {"who": request.GET.get("who", "")},
        "wrong": form.errors if form.is_bound else None,
        **(_answer(request, asked, form.context(), policy) if asked else {}),
    }


def _answer(
    request: Request, asked: dict[str, Any], context: dict[str, str], policy: Policy | None
) -> dict[str, Any]:
    action, resource = asked["action"], asked["resource"] or "*"
    if asked["who"] == EVERYONE:
        access.all_users(request.principal, "iam:SimulatePrincipalPolicy")
        return {"allowed": users_allowed(action, resource, context)}
    kind, slash, name = asked["who"].rpartition("role/")
    find = access.role if slash and not kind else access.user
    subject = find(request.principal, name, "iam:SimulatePrincipalPolicy")
    verdict = simulation.run(subject, action, resource, context, at=clock.now())
    said = [Said(reason, _lines(reason, policy)) for reason in verdict.reasons]
    return {
        "verdict": verdict,
        "said": said,
        "marks": json.dumps({f"{one.lines[0]}-{one.lines[1]}": _mark(one) for one in said if one.lines}),
        "subject_kind": "role" if isinstance(subject, Role) else "user",
        "subject_name": name,
        "givers": simulation.policies_that_allow(verdict.decision),
    }


def _lines(reason: Reason, policy: Policy | None) -> tuple[int, int] | None:
    if policy is None or reason.policy != policy.name:
        return None
    return advice.lines_of(json.dumps(policy.document, indent=2, ensure_ascii=False), reason.index)


def _mark(said: Said) -> str:
    return {"allow": "ok", "deny": "fail"}.get(said.reason.effect, "idle")
