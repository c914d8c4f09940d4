"""AWS operations of repositories: CodeCommit."""

from repos.git.aws import (
    branches,
    commits,
    conflicts,
    contents,
    differences,
    editing,
    merging,
    repositories,
    tagging,
)

__all__ = [
    "branches",
    "commits",
    "conflicts",
    "contents",
    "differences",
    "editing",
    "merging",
    "repositories",
    "tagging",
]
