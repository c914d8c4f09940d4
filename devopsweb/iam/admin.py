"""Identities and policies in the admin panel."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from devopsweb.iam.actions import account, named, policies, roles, sessions, users
from devopsweb.iam.actions.news import tell
from devopsweb.iam.http import asker
from devopsweb.iam.models import (
    AccessKey,
    BrowserSession,
    InlinePolicy,
    PasswordPolicy,
    Policy,
    PolicyAttachment,
    Role,
    ServiceCredential,
    SignInAttempts,
    User,
    UserGroup,
)
from devopsweb.iam.panel import ModelAdmin, as_json, titled
from devopsweb.iam.panel_forms import PasswordForm, PasswordPolicyForm, PolicyForm, RoleForm, UserForm
from devopsweb.kernel import clock

# mypy knows this class as generic, Django does not at run time.
TabularInline = admin.TabularInline


# Django's groups are not used: ours carry policies.
admin.site.unregister(Group)


class Told(ModelAdmin):
    """Changes become events, like those made on pages; ``noun`` is AWS's word (``Group``)."""

    noun = ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save and tell."""
        super().save_model(request, obj, form, change)
        self._tell(request, obj, "Update" if change else "Create")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete and tell."""
        self._tell(request, obj, "Delete")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        """Delete one by one, so that each is told."""
        for obj in queryset:
            self.delete_model(request, obj)

    def _tell(self, request: HttpRequest, obj: Any, verb: str) -> None:
        name = "CreatePolicyVersion" if (self.noun, verb) == ("Policy", "Update") else f"{verb}{self.noun}"
        principal = asker(request)
        tell(name, arns=[obj.arn], by=principal, at=clock.now(), name=str(obj))


class AttachmentInline(TabularInline):  # type: ignore[type-arg]
    """Attached policies."""

    model = PolicyAttachment
    extra = 0
    verbose_name = "attached policy"
    verbose_name_plural = "attached policies"

    autocomplete_fields = ("user",)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """On a user, group or role only the policy is to be chosen."""
        return [] if self.parent_model is Policy else ["user", "group", "role"]


@admin.register(User)
class UserAdmin(Told, DjangoUserAdmin):  # type: ignore[type-arg]
    """Users; administrators are changed by administrators only."""

    noun = "User"
    form = UserForm
    add_form = AdminUserCreationForm
    change_password_form = PasswordForm
    list_display = ["username", "email", "is_active", "is_administrator", "last_login"]
    list_filter = [("is_active", titled("active")), ("is_superuser", titled("administrator")), "iam_groups"]
    search_fields = ["username", "email", "first_name", "last_name"]
    ordering = ["username"]
    filter_horizontal = ["iam_groups"]
    readonly_fields = ["last_login", "date_joined"]
    inlines = [AttachmentInline]
    actions = None
    fieldsets = [
        (None, {"fields": ["username", "password", "email", "first_name", "last_name"]}),
        ("Permissions", {"fields": ["is_active", "is_superuser", "iam_groups", "permissions_boundary"]}),
        ("Sign-in", {"fields": ["password_reset_required"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]

    @admin.display(description="administrator", boolean=True, ordering="is_superuser")
    def is_administrator(self, obj: User) -> bool:
        """Our word for it."""
        return obj.is_superuser

    def view_on_site(self, obj: User) -> str:
        """The user's page."""
        return reverse("user", args=[obj.username])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who may not give power cannot take it here either."""
        fixed = list(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fixed.append("is_superuser")
        if not request.user.has_perm("iam.change_membership"):
            fixed.append("iam_groups")
        return fixed + _fixed_boundary(request, "user")

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A new user is saved first."""
        return super().get_inline_instances(request, obj) if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An administrator yields to administrators only."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An administrator yields to administrators only, and the last one stays."""
        if not super().has_delete_permission(request, obj) or not _may_touch(request, obj):
            return False
        return obj is None or not (obj.is_superuser and _is_last(obj))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Administrators are staff, others are not; who is switched off or renamed is so everywhere."""
        obj.is_staff = obj.is_superuser
        before = User.objects.get(pk=obj.pk).arn if change else obj.arn
        super().save_model(request, obj, form, change)
        if before != obj.arn:
            named.renamed(before, obj.arn)
        if not obj.is_active:
            sessions.end_others(user=obj, keep="")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """By the same verb as the page."""
        users.delete_with_belongings(user=obj, by=asker(request), at=clock.now())


def _may_touch(request: HttpRequest, obj: User | None) -> bool:
    return obj is None or not obj.is_superuser or bool(request.user.is_superuser)


def _is_last(user: User) -> bool:
    return not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists()


@admin.register(UserGroup)
class GroupAdmin(Told):
    """Groups and what their policies give to members."""

    noun = "Group"
    list_display = ["name", "path", "members_count", "created_at"]
    fields = ["name", "path"]
    search_fields = ["name"]
    ordering = ["name"]
    inlines = [AttachmentInline]

    def view_on_site(self, obj: UserGroup) -> str:
        """The group's page."""
        return reverse("group", args=[obj.name])

    def get_queryset(self, request: HttpRequest) -> "QuerySet[UserGroup]":
        """With the number of members."""
        rows: QuerySet[UserGroup] = super().get_queryset(request)
        return rows.annotate(member_count=Count("members"))

    @admin.display(description="members", ordering="member_count")
    def members_count(self, obj: Any) -> int:
        """How many users are members."""
        return int(obj.member_count)


@admin.register(Role)
class RoleAdmin(Told):
    """Roles: who may assume them, and their policies."""

    noun = "Role"
    form = RoleForm
    list_display = ["name", "path", "description", "last_used_at", "created_at"]
    fields = [
        "name", "path", "description", "trust_policy", "max_session_seconds", "permissions_boundary",
        "sessions_revoked_before",
    ]  # fmt: skip
    readonly_fields = ["sessions_revoked_before"]
    search_fields = ["name", "description"]
    ordering = ["name"]
    inlines = [AttachmentInline]

    def view_on_site(self, obj: Role) -> str:
        """The role's page."""
        return reverse("role", args=[obj.name])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The ARN stays; whoever may not set boundaries cannot lift them here either."""
        fixed = [*super().get_readonly_fields(request, obj), *_fixed_boundary(request, "role")]
        return [*fixed, "name", "path"] if obj else fixed

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """By the same verb as the page."""
        roles.delete_with_belongings(role=obj, by=asker(request), at=clock.now())


def _fixed_boundary(request: HttpRequest, kind: str) -> list[str]:
    user = request.user
    may = user.has_perm(f"iam.set_{kind}boundary") and user.has_perm(f"iam.lift_{kind}boundary")
    return [] if may else ["permissions_boundary"]


@admin.register(Policy)
class PolicyAdmin(Told):
    """Policies; built-in ones are read only."""

    noun = "Policy"
    form = PolicyForm
    list_display = ["name", "description", "is_builtin", "version", "attachments_count", "updated_at"]
    list_filter = [("builtin", titled("origin", yes="built in", no="of this account"))]
    search_fields = ["name", "description"]
    ordering = ["name"]
    inlines = [AttachmentInline]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A document that is only looked at is set like one."""
        document = "document" if self.has_change_permission(request, obj) or obj is None else "document_text"
        return ["name", "path", "description", document]

    def view_on_site(self, obj: Policy) -> str:
        """The policy's page, with its versions and the simulator."""
        return reverse("policy", args=[obj.name])

    @admin.display(description="built in", boolean=True, ordering="builtin")
    def is_builtin(self, obj: Policy) -> bool:
        """Whether it comes with the product."""
        return obj.builtin

    @admin.display(description="document")
    def document_text(self, obj: Policy) -> str:
        """As it is written."""
        return as_json(obj.document)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Policy]":
        """With the number of attachments."""
        rows: QuerySet[Policy] = super().get_queryset(request)
        return rows.annotate(attachment_count=Count("attachments"))

    @admin.display(description="attached", ordering="attachment_count")
    def attachments_count(self, obj: Any) -> int:
        """How often the policy is attached."""
        return int(obj.attachment_count)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The ARN stays."""
        return ["name", "path", "document_text"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A changed document is a new version."""
        by, at = asker(request), clock.now()
        if change and form.cleaned_data["document"] != form.initial.get("document"):
            policies.update(policy=obj, document=obj.document, description=obj.description, by=by, at=at)
            return
        super().save_model(request, obj, form, change)
        policies.keep_present(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Built-in policies come with the product."""
        return super().has_change_permission(request, obj) and not (obj and obj.builtin)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Built-in policies come with the product."""
        return super().has_delete_permission(request, obj) and not (obj and obj.builtin)


class ReadOnly(ModelAdmin):
    """Rows that the product writes; an operator looks, and may delete."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Made by the product only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Changed by the product only."""
        return False


@admin.register(AccessKey)
class AccessKeyAdmin(ReadOnly):
    """Access keys; secrets are never shown."""

    list_display = ["id", "user", "is_active", "created_at", "last_used_at"]
    list_filter = [("is_active", titled("active"))]
    list_select_related = ["user"]
    search_fields = ["id", "user__username"]
    exclude = ["sealed_secret"]


@admin.register(ServiceCredential)
class ServiceCredentialAdmin(ReadOnly):
    """User names and passwords for git; passwords are never shown."""

    list_display = ["user_name", "user", "service", "is_active", "created_at", "last_used_at"]
    list_filter = [("is_active", titled("active")), "service"]
    list_select_related = ["user"]
    search_fields = ["user_name", "user__username"]
    exclude = ["digest"]


@admin.register(InlinePolicy)
class InlinePolicyAdmin(ReadOnly):
    """Inline policies of everybody, to find them; the pages under Access write them."""

    list_display = ["name", "user", "group", "role"]
    list_select_related = ["user", "group", "role"]
    search_fields = ["name", "user__username", "group__name", "role__name"]
    fields = ("name", "user", "group", "role", "document_text")
    readonly_fields = ("document_text",)
    ordering = ["name"]

    @admin.display(description="document")
    def document_text(self, obj: InlinePolicy) -> str:
        """As it is written."""
        return as_json(obj.document)


@admin.register(PasswordPolicy)
class PasswordPolicyAdmin(ModelAdmin):
    """The account's rules of passwords; without a row the product's own hold."""

    form = PasswordPolicyForm
    list_display = ["__str__", "minimum_length", "max_age_days", "reuse_prevention"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One row at most."""
        return super().has_add_permission(request) and not PasswordPolicy.objects.exists()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the verb, which tells."""
        by = asker(request)
        account.set_password_policy(by=by, at=clock.now(), **form.cleaned_data)
        obj.pk = 1

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Back to the product's own rules."""
        account.delete_password_policy(by=asker(request), at=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[PasswordPolicy]") -> None:
        """There is one."""
        for obj in queryset:
            self.delete_model(request, obj)


@admin.register(SignInAttempts)
class SignInAttemptsAdmin(ReadOnly):
    """Failed attempts to sign in; deleting a row unlocks."""

    list_display = ["failures", "locked_until", "last_failure_at"]
    ordering = ["-last_failure_at"]
    exclude = ["key"]


@admin.register(BrowserSession)
class BrowserSessionAdmin(ReadOnly):
    """Signed-in browsers; deleting a row signs it out."""

    list_display = ["user", "browser", "source_ip", "signed_in_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "source_ip"]
    exclude = ["session_key"]
    ordering = ["-signed_in_at"]

    def delete_model(self, request: HttpRequest, obj: BrowserSession) -> None:
        """Sign the browser out."""
        sessions.end(session=obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[BrowserSession]") -> None:
        """Sign the browsers out."""
        for session in queryset:
            sessions.end(session=session)
