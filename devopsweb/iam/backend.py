"""Django's permission questions (the admin panel asks them) answered by IAM policies."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from devopsweb.iam import api, audit

_VERBS = {"view": "Get", "add": "Create", "change": "Update", "delete": "Delete"}
_SPECIAL = {
    "trail.view_record": "cloudtrail:LookupEvents",
    "trail.view_trail": "cloudtrail:GetTrail",
    "iam.view_policyattachment": "iam:ListAttachedUserPolicies",
    "iam.add_policyattachment": "iam:AttachUserPolicy",
    "iam.change_policyattachment": "iam:AttachUserPolicy",
    "iam.delete_policyattachment": "iam:DetachUserPolicy",
    "iam.change_membership": "iam:AddUserToGroup",
    "iam.view_accountsummary": "iam:GetAccountSummary",
    "mfa.view_virtualdevice": "iam:ListVirtualMFADevices",
    "mfa.change_virtualdevice": "iam:EnableMFADevice",
    "mfa.delete_virtualdevice": "iam:DeactivateMFADevice",
    "sso.view_signinprovider": "iam:GetOpenIDConnectProvider",
    "sso.add_signinprovider": "iam:CreateOpenIDConnectProvider",
    "sso.change_signinprovider": "iam:UpdateOpenIDConnectProviderThumbprint",
    "sso.delete_signinprovider": "iam:DeleteOpenIDConnectProvider",
    "sts.view_openidprovider": "iam:GetOpenIDConnectProvider",
    "sts.add_openidprovider": "iam:CreateOpenIDConnectProvider",
    "sts.change_openidprovider": "iam:AddClientIDToOpenIDConnectProvider",
    "sts.delete_openidprovider": "iam:DeleteOpenIDConnectProvider",
    "sso.view_externalidentity": "iam:GetUser",
    "sso.add_externalidentity": "iam:UpdateLoginProfile",
    "sso.change_externalidentity": "iam:UpdateLoginProfile",
    "sso.delete_externalidentity": "iam:UpdateLoginProfile",
    "iam.view_accesskey": "iam:ListAccessKeys",
    "iam.view_servicecredential": "iam:ListServiceSpecificCredentials",
    "iam.delete_servicecredential": "iam:DeleteServiceSpecificCredential",
    "iam.view_inlinepolicy": "iam:GetUserPolicy",
    "iam.delete_inlinepolicy": "iam:DeleteUserPolicy",
    "iam.view_passwordpolicy": "iam:GetAccountPasswordPolicy",
    "iam.add_passwordpolicy": "iam:UpdateAccountPasswordPolicy",
    "iam.change_passwordpolicy": "iam:UpdateAccountPasswordPolicy",
    "iam.delete_passwordpolicy": "iam:DeleteAccountPasswordPolicy",
    "iam.set_userboundary": "iam:PutUserPermissionsBoundary",
    "iam.lift_userboundary": "iam:DeleteUserPermissionsBoundary",
    "iam.set_roleboundary": "iam:PutRolePermissionsBoundary",
    "iam.lift_roleboundary": "iam:DeleteRolePermissionsBoundary",
    "iam.change_policy": "iam:CreatePolicyVersion",
    "iam.view_usergroup": "iam:GetGroup",
    "iam.add_usergroup": "iam:CreateGroup",
    "iam.change_usergroup": "iam:UpdateGroup",
    "iam.delete_usergroup": "iam:DeleteGroup",
}


class IamBackend(ModelBackend):
    """Passwords as Django keeps them; permissions as IAM decides them, deny by default."""

    def has_perm(self, user_obj: AbstractBaseUser | AnonymousUser, perm: str, obj: Any = None) -> bool:
        """Whether a policy allows the IAM action that ``perm`` (``iam.change_policy``) stands for."""
        principal = api.principal_of(user_obj, session=getattr(user_obj, "facts", None))
        if principal is None:
            return False
        allowed = api.is_allowed(principal, action_of(perm), "*")
        if not allowed:
            audit.doubted(principal, action_of(perm), "*")
        return allowed

    def has_module_perms(self, user_obj: AbstractBaseUser | AnonymousUser, app_label: str) -> bool:
        """Whether to list the app at all: whoever enters the panel sees what there is."""
        principal = api.principal_of(user_obj, session=getattr(user_obj, "facts", None))
        return principal is not None and api.may_administer(principal)

    def get_all_permissions(self, user_obj: AbstractBaseUser | AnonymousUser, obj: Any = None) -> set[str]:
        """Django's own permissions are not used."""
        return set()


def action_of(perm: str) -> str:
    """``events.view_delivery`` → ``events:GetDelivery``."""
    if perm in _SPECIAL:
        return _SPECIAL[perm]
    label, _, codename = perm.partition(".")
    verb, _, model = codename.partition("_")
    return f"{label}:{_VERBS.get(verb, verb.capitalize())}{model.capitalize()}"
