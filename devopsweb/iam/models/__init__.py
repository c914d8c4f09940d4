"""Identities, their credentials and policies."""

from devopsweb.iam.models.account import AccountAlias, CredentialReport, PasswordPolicy
from devopsweb.iam.models.credentials import AccessKey, FormerPassword, ServiceCredential, SignInAttempts
from devopsweb.iam.models.identities import Role, User, UserGroup
from devopsweb.iam.models.policies import InlinePolicy, Policy, PolicyAttachment, PolicySet, PolicyVersion
from devopsweb.iam.models.sessions import BrowserSession

__all__ = [
    "AccessKey",
    "AccountAlias",
    "BrowserSession",
    "CredentialReport",
    "FormerPassword",
    "InlinePolicy",
    "PasswordPolicy",
    "Policy",
    "PolicyAttachment",
    "PolicySet",
    "PolicyVersion",
    "Role",
    "ServiceCredential",
    "SignInAttempts",
    "User",
    "UserGroup",
]
