"""Refusals of STS, in its own words."""

from devopsweb.kernel.errors import Denied, Fault, Invalid


class SessionDenied(Denied):
    """The caller's own kind of credentials, or a wrong code, rules the session out."""


class PackedPolicyTooLarge(Invalid):
    """Session policies and tags do not fit into a session token."""


class InvalidIdentityToken(Invalid):
    """The token is none of a provider that we know, or not meant for us."""


class IdentityTokenExpired(Invalid):
    """The token was good once."""


class IssuerSilent(Fault):
    """The issuer can't be asked for its keys."""
