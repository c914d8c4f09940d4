"""CodeCommit source: the head of a branch, as a zip of its files."""

from datetime import UTC, datetime

from django.urls import reverse

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from pipelines.engine.types import ActionSpec, ActionType
from pipelines.providers.registry import Artifact, Context, Outcome, Provider, failed
from repos.git import api as repositories

MESSAGE_LIMIT = 100_000
# CodeCommit's own action asks for these; UploadArchive stands for storing the zip.
PERMISSIONS = ("codecommit:GetBranch", "codecommit:GetCommit", "codecommit:UploadArchive")


class CodeCommitSource(Provider):
    """Takes the branch as it is when the action starts, or the commit that the starter chose."""

    type = ActionType("Source", "AWS", "CodeCommit")
    spec = ActionSpec(
        inputs=(0, 0),
        outputs=(1, 1),
        required=("RepositoryName", "BranchName"),
        optional=("PollForSourceChanges", "OutputArtifactFormat"),
    )
    is_repeatable = True

    def start(self, context: Context) -> Outcome:
        """Resolve the branch and store its zip as the pipeline's role; done at once."""
        wanted = context.configuration.get("OutputArtifactFormat", "CODE_ZIP")
        if wanted != "CODE_ZIP":
            return failed(
                "ConfigurationError", f"OutputArtifactFormat {wanted} is not available; use CODE_ZIP."
            )
        repository, branch = context.configuration["RepositoryName"], context.configuration["BranchName"]
        for action in PERMISSIONS:
            iam.require(context.principal, action, arn("codecommit", repository))
        commit = repositories.resolve(repository=repository, ref=context.override or f"refs/heads/{branch}")
        blob = repositories.archive(repository=repository, sha=commit.sha)
        url = reverse("commit", kwargs={"repository": repository, "sha": commit.sha})
        return Outcome(
            "Succeeded",
            external_id=commit.sha,
            url=url,
            summary=commit.subject,
            artifacts=(Artifact(context.outputs[0], blob.digest, blob.size, commit.sha, repository),),
            variables={
                "CommitId": commit.sha,
                "CommitMessage": commit.message[:MESSAGE_LIMIT],
                "RepositoryName": repository,
                "BranchName": branch,
                "AuthorDate": _iso(commit.authored_at),
                "CommitterDate": _iso(commit.committed_at),
            },
            revision={
                "name": context.outputs[0],
                "revisionId": commit.sha,
                "revisionSummary": commit.subject,
                "revisionUrl": url,
                "repository": repository,
                "branch": branch,
                "author": commit.author_name,
                "created": _iso(commit.committed_at),
            },
        )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
