"""Identities, their credentials and policies."""

from devopsweb.iam.models.credentials import AccessKey, SignInAttempts
from devopsweb.iam.models.identities import Role, User, UserGroup
from devopsweb.iam.models.policies import Policy, PolicyAttachment, PolicySet
from devopsweb.iam.models.sessions import BrowserSession

__all__ = [
    "AccessKey",
    "BrowserSession",
    "Policy",
    "PolicyAttachment",
    "PolicySet",
    "Role",
    "SignInAttempts",
    "User",
    "UserGroup",
]
