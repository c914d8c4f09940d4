"""Policies that every installation has; they cannot be edited, only attached or copied.

Named like AWS's managed policies where AWS has one for the purpose, and written from what AWS documents
them to be for (user guides, "AWS managed policies for …").
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class BuiltIn:
    """A policy that comes with the product."""

    name: str
    description: str
    document: dict[str, Any]
    path: str = "/"


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(sid: str, actions: list[str] | str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource, **more}


def _of(service: str, names: str) -> list[str]:
    """``_of("iam", "Get* List*")`` names both actions in full."""
    return [f"{service}:{name}" for name in names.split()]


def _pass_role(*services: str, role: str = "*") -> dict[str, Any]:
    """Service roles, and these alone, may be given to the services, and to no other."""
    passed = {"StringEquals": {"iam:PassedToService": [f"{one}.amazonaws.com" for one in services]}}
    resource = f"arn:aws:iam::*:role/service-role/{role}"
    return _allow("PassRole", "iam:PassRole", resource, Condition=passed)


_LOGS_READ = _of("logs", "Get* List* Describe* FilterLogEvents StartQuery StopQuery TestMetricFilter")
_METRICS_READ = _of("cloudwatch", "Get* List* Describe*")
_GIT_READ = _of(
    "codecommit", "BatchGet* BatchDescribe* Describe* EvaluatePullRequestApprovalRules Get* List* GitPull"
)
_BUILD_READ = _of("codebuild", "BatchGet* Describe* Get* List*")
_PIPELINE_READ = _of("codepipeline", "Get* List*")
_DEPLOY_READ = _of("codedeploy", "Batch* Get* List*")
_READ = [
    *_GIT_READ, *_BUILD_READ, *_PIPELINE_READ, *_DEPLOY_READ, *_METRICS_READ, *_LOGS_READ,
    *_of("events", "List* Describe*"), *_of("cloudtrail", "LookupEvents Get* Describe* List*"),
    *_of("sns", "Get* List*"),
]  # fmt: skip
_IAM_READ = _of("iam", "Get* List* GenerateCredentialReport SimulateCustomPolicy SimulatePrincipalPolicy")
_WORK = [
    *_of("codecommit", "GitPush Create* Update* Put* Post* Merge* DeleteBranch TagResource UntagResource"),
    *_of("codebuild", "StartBuild StopBuild RetryBuild CreateProject UpdateProject"),
    *_of("codepipeline", "StartPipelineExecution RetryStageExecution"),
    "codedeploy:RegisterApplicationRevision",
    *_of("cloudwatch", "PutMetricData PutDashboard PutMetricAlarm"),
]
_RELEASE = [
    *_of(
        "codepipeline", "PutApprovalResult StartPipelineExecution StopPipelineExecution RetryStageExecution"
    ),
    *_of("codepipeline", "RollbackStage EnableStageTransition DisableStageTransition"),
    *_of("codedeploy", "CreateDeployment StopDeployment ContinueDeployment RegisterApplicationRevision"),
    *_of("codebuild", "StartBuild StopBuild RetryBuild"),
]
_OWN = _allow(
    "OwnCredentials",
    _of(
        "iam",
        "GetUser ChangePassword CreateAccessKey DeleteAccessKey ListAccessKeys UpdateAccessKey "
        "CreateServiceSpecificCredential ListServiceSpecificCredentials UpdateServiceSpecificCredential "
        "DeleteServiceSpecificCredential ResetServiceSpecificCredential",
    ),
    "arn:aws:iam::*:user/${aws:username}",
)

_HOUSE = (
    BuiltIn(
        "ReadOnlyAccess",
        "See everything except identities and secrets; change nothing.",
        _document(_allow("Read", _READ)),
    ),
    BuiltIn(
        "DeveloperAccess",
        "Read everything, push code, start and retry builds and pipelines. No approvals, no deployments by hand.",
        _document(
            _allow("Read", _READ),
            _allow("Work", _WORK),
            # Whoever may make build projects may give them the default role, and no other.
            _pass_role("codebuild", role="DevOpsWebBuildRole"),
            _OWN,
        ),
    ),
    BuiltIn(
        "ReleaseManagerAccess",
        "Read everything, approve and reject, start, stop, roll back and deploy. No pushing of code.",
        _document(_allow("Read", _READ), _allow("Release", _RELEASE), _OWN),
    ),
)
_JOBS = (
    BuiltIn("AdministratorAccess", "Everything, everywhere.", _document(_allow("Everything", "*"))),
    BuiltIn(
        "PowerUserAccess",
        "Everything except identities and policies.",
        _document(
            {"Sid": "AllButIdentities", "Effect": "Allow", "NotAction": ["iam:*", "sts:AssumeRole"], "Resource": "*"},
            _allow("SeeRoles", _of("iam", "GetAccountSummary ListRoles")),
        ),
    ),
    BuiltIn(
        "SecurityAudit",
        "See how everything is set up and secured: identities, policies, configuration, the audit trail.",
        _document(
            _allow(
                "Audit",
                [
                    *_IAM_READ, *_of("cloudtrail", "Describe* Get* List* LookupEvents"),
                    *_of("codecommit", "BatchGetRepositories GetBranch GetRepository GetRepositoryTriggers List*"),
                    *_of("codebuild", "BatchGetProjects GetResourcePolicy List*"),
                    # An execution says what an approver had before them; what a commit holds it does not.
                    *_of("codepipeline", "GetPipeline GetPipelineState GetPipelineExecution List*"), *_DEPLOY_READ,
                    *_of("cloudwatch", "Describe* List*"), *_of("logs", "Describe* ListTagsForResource"),
                    *_of("events", "Describe* List*"), *_of("sns", "GetTopicAttributes List*"),
                    *_of("ssm", "DescribeParameters ListTagsForResource"),
                    *_of("secretsmanager", "DescribeSecret GetResourcePolicy ListSecrets ListSecretVersionIds"),
                ],
            )
        ),
    ),
    BuiltIn(
        "ViewOnlyAccess",
        "See what there is, by name and standing; no contents of repositories, logs or secrets.",
        _document(
            _allow(
                "View",
                [
                    *_of("iam", "GetAccountSummary List*"), *_of("codecommit", "List*"), *_of("codebuild", "List*"),
                    *_of("codepipeline", "List*"), *_of("codedeploy", "List*"), *_of("cloudwatch", "Describe* List*"),
                    *_of("logs", "Describe*"), *_of("events", "List*"), *_of("sns", "List*"),
                    *_of("cloudtrail", "DescribeTrails LookupEvents"), "ssm:DescribeParameters",
                    "secretsmanager:ListSecrets",
                ],
            )
        ),
        "/job-function/",
    ),
)  # fmt: skip
_IDENTITY = (
    BuiltIn(
        "IAMFullAccess", "Everything about identities and policies.", _document(_allow("Identities", "iam:*"))
    ),
    BuiltIn(
        "IAMReadOnlyAccess",
        "See identities and policies; change nothing.",
        _document(_allow("Read", _IAM_READ)),
    ),
    BuiltIn(
        "IAMUserChangePassword",
        "Change one's own password.",
        _document(
            _allow("Own", "iam:ChangePassword", "arn:aws:iam::*:user/${aws:username}"),
            _allow("Rules", "iam:GetAccountPasswordPolicy"),
        ),
    ),
)
_CODE = (
    BuiltIn("AWSCodeCommitFullAccess", "Everything with repositories.", _document(_allow("Git", "codecommit:*"), _OWN)),
    BuiltIn(
        "AWSCodeCommitPowerUser",
        "Everything with repositories except deleting them.",
        _document(
            _allow(
                "Git",
                [
                    *_GIT_READ, "codecommit:GitPush",
                    *_of("codecommit", "AssociateApprovalRuleTemplateWithRepository BatchAssociate* BatchDisassociate*"),
                    *_of("codecommit", "CancelUploadArchive Create* DeleteBranch DeleteFile DeletePullRequestApprovalRule"),
                    *_of("codecommit", "DeleteCommentContent DeleteApprovalRuleTemplate Disassociate* Merge*"),
                    *_of("codecommit", "OverridePullRequestApprovalRules Post* Put* TagResource Test* UntagResource"),
                    *_of("codecommit", "Update* UploadArchive"),
                ],
            ),
            _OWN,
        ),
    ),
    BuiltIn("AWSCodeCommitReadOnly", "See and clone repositories.", _document(_allow("Read", _GIT_READ))),
    BuiltIn(
        "AWSCodeBuildAdminAccess",
        "Everything with build projects, builds and reports, and their logs.",
        _document(
            _allow("Builds", "codebuild:*"), _allow("Logs", _LOGS_READ), _allow("Metrics", _METRICS_READ),
            _allow("Sources", _of("codecommit", "GetBranch GetCommit GetRepository ListBranches ListRepositories")),
            _pass_role("codebuild"),
        ),
    ),
    BuiltIn(
        "AWSCodeBuildDeveloperAccess",
        "Run builds and see everything about them; no creating, changing or deleting of projects.",
        _document(
            _allow("Builds", [*_BUILD_READ, *_of("codebuild", "StartBuild* StopBuild* RetryBuild*")]),
            _allow("Logs", _LOGS_READ), _allow("Metrics", _METRICS_READ),
            _allow("Sources", _of("codecommit", "GetBranch GetCommit GetRepository ListBranches")),
        ),
    ),
    BuiltIn(
        "AWSCodeBuildReadOnlyAccess",
        "See build projects, builds, reports and their logs.",
        _document(
            _allow("Read", [*_BUILD_READ, *_of("codecommit", "GetBranch GetCommit GetRepository")]),
            _allow("Logs", _LOGS_READ), _allow("Metrics", _METRICS_READ),
        ),
    ),
    BuiltIn(
        "AWSCodePipeline_FullAccess",
        "Everything with pipelines, and what is needed to put them together.",
        _document(
            _allow(
                "Pipelines",
                [
                    "codepipeline:*", *_of("codecommit", "GetReferences ListBranches ListRepositories"),
                    *_of("codebuild", "BatchGetProjects CreateProject ListProjects ListCuratedEnvironmentImages"),
                    *_of("codedeploy", "GetApplication GetDeploymentGroup ListApplications ListDeploymentGroups"),
                    *_of("iam", "ListRoles GetRole"), *_of("sns", "ListTopics"),
                ],
            ),
            _pass_role("codepipeline"),
        ),
    ),
    BuiltIn(
        "AWSCodePipeline_ReadOnlyAccess",
        "See pipelines and their executions.",
        _document(_allow("Read", _PIPELINE_READ)),
    ),
    BuiltIn(
        "AWSCodePipelineApproverAccess",
        "See pipelines, approve and reject.",
        _document(_allow("Approve", [*_PIPELINE_READ, "codepipeline:PutApprovalResult"])),
    ),
    BuiltIn(
        "AWSCodePipelineCustomActionAccess",
        "What a job worker of a custom action calls.",
        _document(
            _allow(
                "Work",
                _of(
                    "codepipeline",
                    "AcknowledgeJob GetJobDetails PollForJobs PutJobFailureResult PutJobSuccessResult",
                ),
            )
        ),
    ),
    BuiltIn(
        "AWSCodeDeployFullAccess",
        "Everything with applications, groups and deployments.",
        _document(_allow("Deployments", "codedeploy:*"), _pass_role("codedeploy")),
    ),
    BuiltIn(
        "AWSCodeDeployDeployerAccess",
        "Register revisions and deploy them.",
        _document(
            _allow(
                "Deploy",
                [
                    *_DEPLOY_READ,
                    *_of("codedeploy", "CreateDeployment RegisterApplicationRevision StopDeployment ContinueDeployment"),
                ],
            )
        ),
    ),
    BuiltIn(
        "AWSCodeDeployReadOnlyAccess",
        "See applications, groups and deployments.",
        _document(_allow("Read", _DEPLOY_READ)),
    ),
    BuiltIn(
        "AWSCodeDeployRole",
        "For the role under which deployments act: find instances by tags, move traffic, read alarms.",
        _document(
            _allow(
                "Deploy",
                [
                    *_of("ec2", "Describe*"), "tag:GetResources", "cloudwatch:DescribeAlarms", "sns:Publish",
                    *_of("autoscaling", "CompleteLifecycleAction DeleteLifecycleHook Describe* PutLifecycleHook"),
                    *_of("autoscaling", "RecordLifecycleActionHeartbeat SuspendProcesses ResumeProcesses"),
                    *_of("elasticloadbalancing", "Describe* DeregisterTargets RegisterTargets"),
                ],
            )
        ),
        "/service-role/",
    ),
)  # fmt: skip
_WATCH = (
    BuiltIn(
        "CloudWatchFullAccess",
        "Everything with metrics, alarms, dashboards and logs.",
        _document(
            _allow(
                "Watch",
                ["cloudwatch:*", "logs:*", "sns:*", *_of("iam", "GetPolicy GetPolicyVersion GetRole")],
            )
        ),
    ),
    BuiltIn(
        "CloudWatchFullAccessV2",
        "Everything with metrics, alarms, dashboards and logs; topics can be made and subscribed.",
        _document(
            _allow(
                "Watch",
                [
                    "cloudwatch:*",
                    "logs:*",
                    *_of("sns", "CreateTopic ListSubscriptions* ListTopics Subscribe"),
                ],
            )
        ),
    ),
    BuiltIn(
        "CloudWatchReadOnlyAccess",
        "See metrics, alarms, dashboards and logs.",
        _document(_allow("Read", [*_METRICS_READ, *_LOGS_READ, *_of("sns", "Get* List*")])),
    ),
    BuiltIn("CloudWatchLogsFullAccess", "Everything with logs.", _document(_allow("Logs", "logs:*"))),
    BuiltIn("CloudWatchLogsReadOnlyAccess", "See and search logs.", _document(_allow("Read", _LOGS_READ))),
    BuiltIn(
        "AWSCloudTrail_FullAccess",
        "Everything with the audit trail.",
        _document(
            _allow("Trail", ["cloudtrail:*", *_of("logs", "CreateLogGroup Describe*")]),
            _pass_role("cloudtrail"),
        ),
    ),
    BuiltIn(
        "AWSCloudTrail_ReadOnlyAccess",
        "See and search the audit trail.",
        _document(_allow("Read", _of("cloudtrail", "Describe* Get* List* LookupEvents"))),
    ),
)
_VAULT = (
    BuiltIn(
        "SecretsManagerReadWrite",
        "Everything with secrets.",
        _document(_allow("Secrets", "secretsmanager:*")),
    ),
    BuiltIn("AmazonSSMFullAccess", "Everything with parameters.", _document(_allow("Parameters", "ssm:*"))),
    BuiltIn(
        "AmazonSSMReadOnlyAccess",
        "See parameters and their values.",
        _document(_allow("Read", _of("ssm", "Describe* Get* List*"))),
    ),
)

POLICIES: dict[str, BuiltIn] = {
    one.name: one for one in (*_HOUSE, *_JOBS, *_IDENTITY, *_CODE, *_WATCH, *_VAULT)
}
