"""What an ARN names: its type in CloudTrail's (CloudFormation's) words, its name, and what contains it."""

from dataclasses import dataclass

_TYPES = {
    ("codecommit", ""): "AWS::CodeCommit::Repository",
    ("codepipeline", ""): "AWS::CodePipeline::Pipeline",
    ("codebuild", "project"): "AWS::CodeBuild::Project",
    ("codebuild", "build"): "AWS::CodeBuild::Build",
    ("codebuild", "report-group"): "AWS::CodeBuild::ReportGroup",
    ("codedeploy", "application"): "AWS::CodeDeploy::Application",
    ("codedeploy", "deploymentgroup"): "AWS::CodeDeploy::DeploymentGroup",
    ("codedeploy", "deploymentconfig"): "AWS::CodeDeploy::DeploymentConfig",
    ("codedeploy", "instance"): "AWS::CodeDeploy::Instance",
    ("iam", "user"): "AWS::IAM::User",
    ("iam", "group"): "AWS::IAM::Group",
    ("iam", "role"): "AWS::IAM::Role",
    ("iam", "policy"): "AWS::IAM::Policy",
    ("iam", "mfa"): "AWS::IAM::VirtualMFADevice",
    ("iam", "oidc-provider"): "AWS::IAM::OIDCProvider",
    ("sts", "assumed-role"): "AWS::STS::AssumedRole",
    ("cloudwatch", "alarm"): "AWS::CloudWatch::Alarm",
    ("cloudwatch", "dashboard"): "AWS::CloudWatch::Dashboard",
    ("logs", "log-group"): "AWS::Logs::LogGroup",
    ("ssm", "parameter"): "AWS::SSM::Parameter",
    ("secretsmanager", "secret"): "AWS::SecretsManager::Secret",
    ("cloudtrail", "trail"): "AWS::CloudTrail::Trail",
    ("events", "rule"): "AWS::Events::Rule",
    ("sns", ""): "AWS::SNS::Topic",
}
_WITH_PATHS = frozenset({"user", "group", "role", "policy"})
_NO_KIND = frozenset({"codecommit", "codepipeline", "sns"})


@dataclass(frozen=True)
class Resource:
    """A thing that a call was about."""

    arn: str
    name: str
    type: str


def of(arn: str) -> Resource | None:
    """The resource that ``arn`` names; None for patterns and what is no ARN."""
    if arn.startswith("arn:aws:logs:"):
        # With all of its streams: so policies name a log group.
        arn = arn.removesuffix(":*")
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or "*" in arn or not parts[5]:
        return None
    service, rest = parts[2], parts[5]
    if service in _NO_KIND:
        return Resource(arn, rest, _TYPES[service, ""])
    cut = min((at for at in (rest.find("/"), rest.find(":")) if at >= 0), default=-1)
    kind, name = (rest[:cut], rest[cut + 1 :]) if cut >= 0 else ("", rest)
    known = _TYPES.get((service, kind))
    return Resource(arn, _called(service, kind, name), known) if known else Resource(arn, name or rest, "")


def _called(service: str, kind: str, name: str) -> str:
    """How people call it: an identity without its path, a parameter of a hierarchy from the root on."""
    if service == "iam" and kind in _WITH_PATHS:
        return name.rsplit("/", 1)[-1]
    return f"/{name}" if service == "ssm" and "/" in name else name


def with_parents(found: list[Resource]) -> list[Resource]:
    """``found`` and what contains them: a stage's pipeline, a group's application."""
    every = {one.arn: one for one in found}
    for one in found:
        for parent in _parents(one):
            every.setdefault(parent.arn, parent)
    return list(every.values())


def _parents(one: Resource) -> list[Resource]:
    service = one.arn.split(":", 3)[2]
    base = one.arn.removesuffix(one.name)
    if service == "codepipeline" and "/" in one.name:
        pieces = one.name.split("/")
        names = ["/".join(pieces[:n]) for n in range(1, len(pieces))]
        return [Resource(base + name, name, _TYPES["codepipeline", ""]) for name in names]
    if service == "logs" and ":log-stream:" in one.name:
        name = one.name.partition(":log-stream:")[0]
        return [Resource(base + name, name, _TYPES["logs", "log-group"])]
    if one.type == "AWS::CodeDeploy::DeploymentGroup" and "/" in one.name:
        name = one.name.partition("/")[0]
        prefix = one.arn.partition("deploymentgroup:")[0]
        return [Resource(f"{prefix}application:{name}", name, _TYPES["codedeploy", "application"])]
    if one.type == "AWS::CodeBuild::Build" and ":" in one.name:
        name = one.name.partition(":")[0]
        prefix = one.arn.partition("build/")[0]
        return [Resource(f"{prefix}project/{name}", name, _TYPES["codebuild", "project"])]
    return []
