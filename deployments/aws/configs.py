"""CodeDeploy's operations on deployment configurations."""

import uuid
from typing import Any

from deployments import access, errors
from deployments.actions import applications
from deployments.aws.words import PAGE, codedeploy
from deployments.engine.configs import PREDEFINED
from deployments.models import DeploymentConfig
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from devopsweb.kernel.arn import arn


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, arn("codedeploy", f"deploymentconfig:{name}")))


@codedeploy.operation(
    "CreateDeploymentConfig",
    partial="The compute platform is Server; traffic routing and zones are refused.",
)
def create_deployment_config(call: Call, params: Params) -> Result:
    """Create a configuration: a minimum of healthy hosts."""
    name = params["deploymentConfigName"]
    access.config(call.principal, name, "codedeploy:CreateDeploymentConfig")
    if params.get("computePlatform", "Server") != "Server":
        raise AwsError("InvalidComputePlatformException", "The compute platform here is Server.")
    if params.get("trafficRoutingConfig"):
        raise AwsError("InvalidTrafficRoutingConfigurationException", "Traffic is not routed here.")
    if params.get("zonalConfig"):
        raise AwsError("InvalidZonalDeploymentConfigurationException", "There are no zones here.")
    minimum = params.get("minimumHealthyHosts", {})
    if "type" not in minimum or "value" not in minimum:
        raise AwsError("InvalidMinimumHealthyHostValueException", "minimumHealthyHosts needs type and value.")
    try:
        applications.create_config(name=name, kind=minimum["type"], value=minimum["value"], at=call.at)
    except errors.InvalidParameter as error:
        raise AwsError("InvalidMinimumHealthyHostValueException", str(error)) from None
    return {"deploymentConfigId": _id(name)}


@codedeploy.operation("GetDeploymentConfig")
def get_deployment_config(call: Call, params: Params) -> Result:
    """One configuration."""
    name = params["deploymentConfigName"]
    access.config(call.principal, name, "codedeploy:GetDeploymentConfig")
    found = applications.config(name)
    row = DeploymentConfig.objects.filter(name=name).first()
    info: dict[str, Any] = {
        "deploymentConfigId": _id(name),
        "deploymentConfigName": name,
        "minimumHealthyHosts": {"type": str(found.kind), "value": found.value},
        "computePlatform": "Server",
    }
    return {"deploymentConfigInfo": info | ({"createTime": row.created_at} if row else {})}


@codedeploy.operation("ListDeploymentConfigs")
def list_deployment_configs(call: Call, params: Params) -> Result:
    """Names of configurations, the predefined ones among them."""
    access.config(call.principal, "*", "codedeploy:ListDeploymentConfigs")
    names = sorted(config.name for config in applications.configs())
    page = paging.page_of(
        names,
        token=params.get("nextToken", ""),
        size=PAGE,
        key=lambda name: name,
        scope="codedeploy:ListDeploymentConfigs",
    )
    found: dict[str, Any] = {"deploymentConfigsList": list(page.rows)}
    return found | ({"nextToken": page.next_token} if page.next_token else {})


@codedeploy.operation("DeleteDeploymentConfig")
def delete_deployment_config(call: Call, params: Params) -> Result:
    """Delete a configuration that no group uses; one that does not exist is as good as deleted."""
    name = params["deploymentConfigName"]
    access.config(call.principal, name, "codedeploy:DeleteDeploymentConfig")
    if name in PREDEFINED or DeploymentConfig.objects.filter(name=name).exists():
        applications.delete_config(name=name)
    return {}
