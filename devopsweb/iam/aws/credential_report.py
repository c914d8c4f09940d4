"""The credential report: a list of all users and the standing of their credentials."""

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access
from devopsweb.iam.actions import credential_report
from devopsweb.iam.aws.shapes import iam


@iam.operation("GenerateCredentialReport")
def generate_credential_report(call: Call, params: Params) -> Result:
    """Make the report; one of the last four hours is still good."""
    access.account(call.principal, "iam:GenerateCredentialReport")
    if credential_report.ensure(at=call.at):
        return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}
    return {"State": "COMPLETE"}


@iam.operation("GetCredentialReport")
def get_credential_report(call: Call, params: Params) -> Result:
    """The newest report, as CSV."""
    access.account(call.principal, "iam:GetCredentialReport")
    report = credential_report.newest()
    return {
        "Content": report.content.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": report.generated_at,
    }
