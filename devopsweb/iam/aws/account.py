"""The account: its alias, and how much of everything it has."""

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, queries
from devopsweb.iam.actions import account
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam
from devopsweb.iam.models import AccountAlias


@iam.operation("CreateAccountAlias")
def create_account_alias(call: Call, params: Params) -> Result:
    """Name the account."""
    access.account(call.principal, "iam:CreateAccountAlias")
    account.set_alias(name=params["AccountAlias"], by=call.principal, at=call.at)
    return None


@iam.operation("ListAccountAliases")
def list_account_aliases(call: Call, params: Params) -> Result:
    """The name of the account."""
    access.account(call.principal, "iam:ListAccountAliases")
    names = list(AccountAlias.objects.values_list("name", flat=True))
    return shapes.marked({"AccountAliases": names}, "")


@iam.operation("DeleteAccountAlias")
def delete_account_alias(call: Call, params: Params) -> Result:
    """Take the name away."""
    access.account(call.principal, "iam:DeleteAccountAlias")
    account.delete_alias(name=params["AccountAlias"], by=call.principal, at=call.at)
    return None


@iam.operation("GetAccountSummary")
def get_account_summary(call: Call, params: Params) -> Result:
    """Counts and quotas."""
    access.account(call.principal, "iam:GetAccountSummary")
    return {"SummaryMap": queries.account_summary()}
