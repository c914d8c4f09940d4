"""The actions that anything here asks for, to notice those that a policy names in vain."""

import difflib
from functools import lru_cache

from devopsweb.awsapi import models
from devopsweb.iam.engine.matching import action_matches

# Permissions of theirs that are no operations.
_SERVICES: dict[str, tuple[str, ...]] = {
    "cloudtrail": (),
    "cloudwatch": (),
    "codebuild": (),
    "codecommit": (
        "CancelUploadArchive", "GetCommitHistory", "GetCommitsFromMergeBase", "GetObjectIdentifier",
        "GetReferences", "GetTree", "GetUploadArchiveStatus", "GitPull", "GitPush", "UploadArchive",
    ),
    "codedeploy": (),
    "codepipeline": (),
    "iam": ("PassRole",),
    "logs": (),
    "secretsmanager": (),
    "ssm": (),
    "sts": ("SetContext", "SetSourceIdentity", "TagSession"),
}  # fmt: skip
_LIKE = 0.8


@lru_cache(maxsize=16)
def of_service(prefix: str) -> tuple[str, ...]:
    """The actions of a service that is here (``codecommit``), sorted; none for others."""
    if prefix not in _SERVICES:
        return ()
    return tuple(sorted(f"{prefix}:{name}" for name in (*models.load(prefix).names, *_SERVICES[prefix])))


def problem(pattern: str) -> str:
    """What is wrong with the action (or pattern) of a policy, in one sentence; empty if nothing is.

    Services that are not here are nobody's mistake: policies may come from an account at AWS.
    """
    prefix, _, name = pattern.lower().partition(":")
    known = of_service(prefix)
    if not known:
        meant = difflib.get_close_matches(prefix, _SERVICES, n=1, cutoff=_LIKE)
        return f"there is no service {prefix}; {meant[0]} is meant perhaps." if meant else ""
    if any(action_matches(pattern, one) for one in known):
        return ""
    if "*" in name or "?" in name:
        return f"no action of {prefix} begins or reads like {pattern}."
    by_lower = {one.lower(): one for one in known}
    meant = difflib.get_close_matches(pattern.lower(), by_lower, n=1, cutoff=_LIKE)
    return f"the action {pattern} does not exist" + (f"; {by_lower[meant[0]]} does." if meant else ".")
