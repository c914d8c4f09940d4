"""The variables of a build (CodeBuild User Guide, "Environment variables in build environments")."""

from collections.abc import Mapping
from datetime import datetime


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
) -> dict[str, str]:
    """All variables; the project's (with the start call's) win over the buildspec's, ours over both."""
    base = {"PATH": path, "HOME": "/root", "LANG": "C.UTF-8", "TERM": "xterm", "USER": "root"}
    ours = {
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
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
    return {**base, **buildspec, **project, **ours}
