"""Template words of pipelines: icons of cells and actions, links, how something came about."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from devopsweb.ui.states import look
from devopsweb.ui.templatetags.ui import icon
from pipelines.models import ActionExecution, PipelineExecution
from pipelines.queries import details
from pipelines.queries.cells import Cell
from pipelines.urls_of import action_url

register = template.Library()


@register.simple_tag
def cell_icon(cell: Cell) -> SafeString:
    """The icon of a stage's state, named ``Build: In progress``."""
    seen = look(cell.state)
    return icon(seen.icon, seen.motion, f"{cell.stage}: {seen.word}")


@register.simple_tag
def act_icon(row: ActionExecution | None) -> SafeString:
    """The icon of an action's state."""
    seen = look(row.look if row else "")
    return icon(seen.icon, seen.motion, seen.word)


@register.simple_tag
def action_link(row: ActionExecution) -> str:
    """Where the action's work is to be seen: the build, the deployment, the commit, or its page."""
    if row.category != "Approval" and row.external_url.startswith("/"):
        return row.external_url
    return action_url(row)


@register.filter
def of(table: Mapping[str, Any], key: str) -> Any:
    """The value of ``key``."""
    return table.get(key)


@register.filter
def person(arn: str) -> str:
    """The name in an ARN."""
    return details.person(arn)


@register.filter
def trigger_words(execution: PipelineExecution) -> str:
    """How the execution came about: ``push by dev-checkout``."""
    words = {"CloudWatchEvent": "push", "StartPipelineExecution": "released", "CreatePipeline": "created"}
    word = words.get(execution.trigger_type, execution.trigger_type)
    return f"{word} by {details.person(execution.started_by)}" if execution.started_by else word


@register.filter
def result_words(execution: PipelineExecution) -> str:
    """The result with the one thing that one wants to know beside it."""
    newer = execution.superseded_by
    if newer is not None:
        return f"Superseded by #{newer.number}"
    if execution.status == "Stopped" and execution.stop_by:
        return f"Stopped by {details.person(execution.stop_by)}"
    return look(execution.status).word
