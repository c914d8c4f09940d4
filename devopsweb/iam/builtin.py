"""Policies that every installation has; they cannot be edited, only attached.

Named like AWS's job-function policies where AWS has one for the purpose.
"""

from typing import Any

_READ = [
    "codecommit:Get*", "codecommit:List*", "codecommit:BatchGet*", "codecommit:Describe*", "codecommit:GitPull",
    "codebuild:Get*", "codebuild:List*", "codebuild:BatchGet*", "codebuild:Describe*",
    "codepipeline:Get*", "codepipeline:List*",
    "codedeploy:Get*", "codedeploy:List*", "codedeploy:BatchGet*",
    "cloudwatch:Get*", "cloudwatch:List*", "cloudwatch:Describe*",
    "logs:Get*", "logs:List*", "logs:Describe*", "logs:FilterLogEvents", "logs:StartQuery", "logs:StopQuery",
    "events:List*", "events:Describe*", "cloudtrail:LookupEvents",
    "sns:Get*", "sns:List*",
]  # fmt: skip
_WORK = [
    "codecommit:GitPush", "codecommit:Create*", "codecommit:Update*", "codecommit:Put*", "codecommit:Post*",
    "codecommit:Merge*", "codecommit:DeleteBranch", "codecommit:TagResource", "codecommit:UntagResource",
    "codebuild:StartBuild", "codebuild:StopBuild", "codebuild:RetryBuild",
    "codebuild:CreateProject", "codebuild:UpdateProject",
    "codepipeline:StartPipelineExecution", "codepipeline:RetryStageExecution",
    "codedeploy:RegisterApplicationRevision",
    "cloudwatch:PutMetricData", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm",
]  # fmt: skip
_RELEASE = [
    "codepipeline:PutApprovalResult", "codepipeline:StartPipelineExecution", "codepipeline:StopPipelineExecution",
    "codepipeline:RetryStageExecution", "codepipeline:RollbackStage",
    "codepipeline:EnableStageTransition", "codepipeline:DisableStageTransition",
    "codedeploy:CreateDeployment", "codedeploy:StopDeployment", "codedeploy:ContinueDeployment",
    "codedeploy:RegisterApplicationRevision",
    "codebuild:StartBuild", "codebuild:StopBuild", "codebuild:RetryBuild",
]  # fmt: skip
_OWN = [
    "iam:GetUser", "iam:ChangePassword",
    "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys", "iam:UpdateAccessKey",
]  # fmt: skip


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(sid: str, actions: list[str] | str, resource: str = "*") -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


# Whoever may make build projects may give them the default role, and no other.
_PASS_BUILD_ROLE = {
    **_allow("PassBuildRole", "iam:PassRole", "arn:aws:iam::*:role/service-role/DevOpsWebBuildRole"),
    "Condition": {"StringEquals": {"iam:PassedToService": "codebuild.amazonaws.com"}},
}

POLICIES: dict[str, tuple[str, dict[str, Any]]] = {
    "AdministratorAccess": ("Everything, everywhere.", _document(_allow("Everything", "*"))),
    "ReadOnlyAccess": (
        "See everything except identities and secrets; change nothing.",
        _document(_allow("Read", _READ)),
    ),
    "DeveloperAccess": (
        "Read everything, push code, start and retry builds and pipelines. No approvals, no deployments by hand.",
        _document(
            _allow("Read", _READ),
            _allow("Work", _WORK),
            _PASS_BUILD_ROLE,
            _allow("OwnCredentials", _OWN, "arn:aws:iam::*:user/${aws:username}"),
        ),
    ),
    "ReleaseManagerAccess": (
        "Read everything, approve and reject, start, stop, roll back and deploy. No pushing of code.",
        _document(
            _allow("Read", _READ),
            _allow("Release", _RELEASE),
            _allow("OwnCredentials", _OWN, "arn:aws:iam::*:user/${aws:username}"),
        ),
    ),
}
