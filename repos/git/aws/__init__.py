"""AWS operations of repositories: CodeCommit."""

from repos.git.aws import branches, commits, contents, editing, repositories, tagging

__all__ = ["branches", "commits", "contents", "editing", "repositories", "tagging"]
