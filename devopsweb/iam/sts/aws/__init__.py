"""The operations of STS, and IAM's on OpenID Connect providers."""

from devopsweb.iam.sts.aws import openid_providers, sts

__all__ = ["openid_providers", "sts"]
