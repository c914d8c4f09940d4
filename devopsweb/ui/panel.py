"""The admin panel's pages about what the product keeps: repositories, pipelines, instances, alarms and so on.

Each app declares its own in ``admin.py``. An operator looks, searches and filters; a change is one of the app's own
verbs, asked of IAM upon the very thing and told to the audit trail. What the product has a form for is made and
edited there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from devopsweb.iam import api as iam
from devopsweb.iam import audit
from devopsweb.iam.http import asker
from devopsweb.iam.panel import LookedAt
from devopsweb.kernel import clock
from devopsweb.kernel.errors import Conflict, Invalid
from devopsweb.kernel.principals import Principal

_MOST_TAGS = 1000


@dataclass(frozen=True, kw_only=True)
class Verb:
    """What an operator can do to a thing: ``run`` is the app's own action, ``permission`` IAM's name for it.

    ``warning`` says before it is done what comes of it; ``offered`` for which things there is a button.
    """

    name: str
    label: str
    done: str
    permission: str
    run: Callable[[Any, Principal, datetime], object]
    warning: str
    deletes: bool = False
    offered: Callable[[Any], bool] = lambda row: True


def deletion(*, permission: str, run: Callable[[Any, Principal, datetime], object], warning: str) -> Verb:
    """The verb by which a thing goes."""
    return Verb(
        name="delete",
        label="Delete",
        done="Deleted",
        permission=permission,
        run=run,
        warning=warning,
        deletes=True,
    )


class Kept(LookedAt):
    """Things that the product keeps. ``listing`` is the permission for the list and its resource, ``viewing`` the
    permission for one thing, upon what ``guard`` names; ``creating`` the address, permission and resource of the
    product's own form.
    """

    listing: tuple[str, str]
    viewing: str
    creating: tuple[str, str, str] | None = None
    verbs: Sequence[Verb] = ()

    change_list_template = "admin/kept_list.html"
    change_form_template = "admin/kept_object.html"
    list_per_page = 50

    def guard(self, row: Any) -> str:
        """The ARN that permissions for the thing name."""
        return str(row.arn)

    def history_of(self, row: Any) -> str:
        """The ARN under which the audit trail tells of the thing."""
        return self.guard(row)

    def called(self, row: Any) -> str:
        """The name by which people know the thing."""
        return str(row)

    def hidden(self, principal: Principal) -> "Q | None":
        """What the product's own list does not show to ``principal``."""
        return None

    def editor(self, row: Any) -> tuple[str, str, str] | None:
        """The words, address and permission of the product's own editor for the thing."""
        return None

    @admin.display(description="ARN")
    def resource(self, obj: Any) -> str:
        """How policies name it."""
        return str(obj.arn)

    @admin.display(description="tags")
    def labels(self, obj: Any) -> str:
        """Its tags."""
        return pairs(obj.tags)

    # Questions that decide what the panel offers; they are not told to the audit trail.

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether IAM lets the user see the list, or the thing."""
        action, resource = self.listing if obj is None else (self.viewing, self.guard(obj))
        return iam.is_allowed(asker(request), action, resource)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The verbs; the list offers those that are allowed upon everything, a thing's page asks by itself."""
        asked = request.method == "POST"
        return {
            verb.name: (_performer(verb), verb.name, f"{verb.label}…")
            for verb in self.verbs
            if asked or iam.is_allowed(asker(request), verb.permission, self.listing[1])
        }

    # Pages: a refusal is raised, so that it explains itself like everywhere in the product.

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """Those that the user may see; a page of one thing asks about that one, and explains a refusal."""
        rows: QuerySet[Any] = super().get_queryset(request)
        matched = request.resolver_match
        of_one = matched is not None and str(matched.url_name).endswith(("_change", "_history"))
        hidden = None if of_one else self.hidden(asker(request))
        return rows.exclude(hidden) if hidden else rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The thing, if the user may see it; whoever may not see the list learns nothing of what is missing."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            iam.require(asker(request), *self.listing)
        else:
            iam.require(asker(request), self.viewing, self.guard(row))
        return row

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list."""
        iam.require(asker(request), *self.listing)
        more: dict[str, Any] = {"title": capfirst(self.opts.verbose_name_plural)}
        if self.creating and iam.is_allowed(asker(request), *self.creating[1:]):
            more["new_url"] = reverse(self.creating[0])
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """One thing, with the buttons that the user may press."""
        row = self.get_object(request, object_id)
        more = self._tools(row, asker(request)) if row else {}
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    def _tools(self, row: Any, principal: Principal) -> dict[str, Any]:
        guard, editor = self.guard(row), self.editor(row)
        return {
            "title": self.called(row),
            "subtitle": None,
            "trail_of": self.history_of(row),
            "editor": editor if editor and iam.is_allowed(principal, editor[2], guard) else None,
            "verbs": [
                verb
                for verb in self.verbs
                if verb.offered(row) and iam.is_allowed(principal, verb.permission, guard)
            ],
        }

    def perform(self, verb: Verb, request: HttpRequest, rows: Sequence[Any]) -> HttpResponse:
        """Ask whether to do it, then do it to each by itself and say what became of it."""
        principal = asker(request)
        if not rows:
            messages.warning(request, "Nothing was done: what was chosen is not there any more.")
            return redirect(self._after(verb, rows))
        for row in rows:
            if not iam.is_allowed(principal, verb.permission, self.guard(row)):
                iam.require(principal, verb.permission, self.guard(row))
        if "confirmed" not in request.POST:
            return self._confirm(verb, request, rows)
        done, problems = [], []
        for row in rows:
            try:
                self._do(verb, request, row)
                done.append(row)
            except (Conflict, Invalid) as error:
                problems.append(str(error))
        if problems and not done:
            return self._confirm(verb, request, rows, problems)
        for problem in problems:
            messages.error(request, problem)
        messages.success(request, f"{verb.done}: {', '.join(map(self.called, done))}.")
        return redirect(self._after(verb, done))

    def _do(self, verb: Verb, request: HttpRequest, row: Any) -> None:
        principal, name = asker(request), self.called(row)
        with audit.apart({"name": name}), transaction.atomic():
            iam.require(principal, verb.permission, self.guard(row))
            if verb.deletes:
                self.log_deletions(request, self.model.objects.filter(pk=row.pk))
            else:
                self.log_change(request, row, f"{verb.done}.")
            verb.run(row, principal, clock.now())

    def _confirm(
        self, verb: Verb, request: HttpRequest, rows: Sequence[Any], problems: Sequence[str] = ()
    ) -> HttpResponse:
        nouns = self.opts.verbose_name if len(rows) == 1 else self.opts.verbose_name_plural
        context = {
            **self.admin_site.each_context(request),
            "title": f"{verb.label} {f'{len(rows)} ' if len(rows) > 1 else ''}{nouns}?",
            "opts": self.opts,
            "verb": verb,
            "rows": [(row.pk, self.called(row)) for row in rows],
            "problems": problems,
            "checkbox": ACTION_CHECKBOX_NAME,
            "back": self._after(verb, rows, there=True),
        }
        status = 409 if problems else 200
        return TemplateResponse(request, "admin/kept_confirm.html", context, status=status)

    def _after(self, verb: Verb, rows: Sequence[Any], *, there: bool = False) -> str:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}"
        if len(rows) == 1 and (there or not verb.deletes):
            return reverse(f"{name}_change", args=[rows[0].pk])
        return reverse(f"{name}_changelist")


def _performer(verb: Verb) -> Callable[..., HttpResponse]:
    """The verb as Django calls what is chosen in a list."""

    def performer(page: Kept, request: HttpRequest, queryset: "QuerySet[Any]") -> HttpResponse:
        return page.perform(verb, request, list(queryset))

    return performer


class TagFilter(admin.SimpleListFilter):
    """Things that have a tag of this name."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        """The names of the tags that are in use."""
        some = model_admin.model.objects.exclude(tags={}).values_list("tags", flat=True)[:_MOST_TAGS]
        return ((key, key) for key in sorted({key for tags in some for key in tags}))

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any] | None":
        """Those with the chosen one."""
        return queryset.filter(tags__has_key=self.value()) if self.value() else None


class StateFilter(admin.SimpleListFilter):
    """Things in a state, of those in ``states``; in AWS's words."""

    title = "status"
    parameter_name = "status"
    states: type[Any]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        """Every state there is."""
        return ((str(state), worded(state)) for state in self.states)

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any] | None":
        """Those in the chosen one."""
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else None


def worded(state: str) -> str:
    """``IN_PROGRESS`` and ``InProgress`` as people say it."""
    if state == "OK":
        return state
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in state) if not state.isupper() else state
    return spaced.replace("_", " ").strip().capitalize()


_TONES = {
    "ok": {"succeeded", "online", "healthy", "ok", "on"},
    "fail": {"failed", "fault", "timed out", "alarm", "unhealthy"},
    "run": {"in progress", "queued", "created", "stopping", "ready"},
}


def state(word: str) -> str:
    """A state with its colour."""
    text = worded(word)
    tone = next((tone for tone, words in _TONES.items() if text.lower() in words), "idle")
    return format_html('<span class="kept-state" data-tone="{}">{}</span>', tone, text)


def who(arn: str) -> str:
    """The name in the ARN of who did it; the ARN itself as its title."""
    if not arn.startswith("arn:"):
        return arn or "-"
    return format_html('<span title="{}">{}</span>', arn, arn.rpartition("/")[2] or arn.rpartition(":")[2])


def moment(at: datetime | None) -> str:
    """A time that no field of the thing holds, written like those that one does."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else "-"


def link(href: str, text: object) -> str:
    """A link to another page of the product."""
    return format_html('<a href="{}">{}</a>', href, text)


def pairs(values: Mapping[str, Any]) -> str:
    """Keys with their values, each on a line; a value may be made up already (a state, a link)."""
    if not values:
        return "-"
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", ((key, value) for key, value in values.items()))
    return format_html('<dl class="kept-pairs">{}</dl>', rows)


def lines(found: Sequence[object], empty: str = "-") -> str:
    """Each on a line."""
    if not found:
        return empty
    return format_html(
        '<ul class="kept-lines">{}</ul>', format_html_join("", "<li>{}</li>", ((one,) for one in found))
    )


def text(words: str) -> str:
    """Text as it was written: a buildspec, a document."""
    return format_html('<pre class="json">{}</pre>', words) if words else "-"
