"""Identities and policies."""

from devopsweb.iam.models.identities import Role, User, UserGroup
from devopsweb.iam.models.policies import Policy, PolicyAttachment

__all__ = ["Policy", "PolicyAttachment", "Role", "User", "UserGroup"]
