"""The variables of a build (CodeBuild User Guide, "Environment variables in build environments")."""

from collections.abc import Mapping
from datetime import datetime

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
# By these a build says that its clients have credentials of its own: they may be meant for somebody else than us.
_OWN_WAYS = (
    *CREDENTIALS,
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)


def variables(
    *,
    build_id: str,
    build_arn: str,
    number: int,
    initiator: str,
    stream: str,
    region: str,
    repository_url: str,
    asked_version: str,
    version: str,
    started_at: datetime,
    path: str,
    source_dir: str,
    buildspec: Mapping[str, str],
    project: Mapping[str, str],
    clients: Mapping[str, str],
) -> dict[str, str]:
    """All variables; the project's (with the start call's) win over the buildspec's, ours over both.

    Only what AWS's clients read yields to what the build itself says: the region, and ``clients`` (credentials and
    our address) altogether when it brings credentials of its own.
    """
    base = {"PATH": path, "HOME": "/root", "LANG": "C.UTF-8", "TERM": "xterm", "USER": "root"}
    base |= {"AWS_DEFAULT_REGION": region, "AWS_REGION": region}
    own = {**buildspec, **project}
    if not any(name in own for name in _OWN_WAYS):
        base |= clients
    ours = {
        "CI": "true",
        "CODEBUILD_CI": "true",
        "CODEBUILD_BUILD_ARN": build_arn,
        "CODEBUILD_BUILD_ID": build_id,
        "CODEBUILD_BUILD_IMAGE": "devopsweb/sandbox",
        "CODEBUILD_BUILD_NUMBER": str(number),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_INITIATOR": initiator,
        "CODEBUILD_LOG_PATH": stream,
        "CODEBUILD_SRC_DIR": source_dir,
        "CODEBUILD_START_TIME": str(int(started_at.timestamp() * 1000)),
    }
    if repository_url:
        ours["CODEBUILD_SOURCE_REPO_URL"] = repository_url
    if asked_version:
        ours["CODEBUILD_SOURCE_VERSION"] = asked_version
    if version:
        ours["CODEBUILD_RESOLVED_SOURCE_VERSION"] = version
    return {**base, **own, **ours}
