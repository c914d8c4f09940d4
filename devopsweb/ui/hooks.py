"""The shell's own topic, and the entries of those below it that cannot reach up to register."""

from collections.abc import Iterable

from django.urls import reverse

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live
from devopsweb.ui import registry
from devopsweb.ui.registry import NavItem, PaletteRow
from devopsweb.vault import api as vault


def install() -> None:
    """Register with live topics, sidebar and palette."""
    # Everybody who is signed in may know that something changed; what, each fetch decides.
    live.register("home", lambda principal, name: name == "all")
    registry.nav(
        NavItem("Govern", 34, "Parameters", "file-text", "parameters", visible=may_see_parameters),
        NavItem("Govern", 36, "Secrets", "key", "secrets", visible=may_see_secrets),
        NavItem("Govern", 40, "Access", "shield-lock", "access", visible=may_see_access),
        NavItem("Govern", 90, "Administration", "settings", "admin:index", visible=may_administer),
    )
    registry.palette(access_rows)


def may_see_access(principal: Principal) -> bool:
    """Whether the pages of access would open."""
    return iam.is_allowed(principal, "iam:ListUsers", arn("iam", "user/"))


def may_see_parameters(principal: Principal) -> bool:
    """Whether the list of parameters would open."""
    return vault.can_list_parameters(principal)


def may_see_secrets(principal: Principal) -> bool:
    """Whether the list of secrets would open."""
    return vault.can_list_secrets(principal)


def may_administer(principal: Principal) -> bool:
    """Whether the admin panel would open."""
    return iam.may_administer(principal)


def access_rows(principal: Principal, query: str) -> Iterable[PaletteRow]:
    """People (also as ``@name``), groups and policies whose name contains the query."""
    text = query.removeprefix("@").strip()
    if not text or not may_see_access(principal):
        return
    icons = {"user": "user", "group": "users", "policy": "file-certificate"}
    for kind, name in iam.find_identities(text, users_only=query.startswith("@")):
        yield PaletteRow("Access", name, reverse(kind, kwargs={"name": name}), icons[kind], kind.capitalize())
