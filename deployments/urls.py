"""Pages of deployments, applications and instances."""

from django.urls import path

from deployments.views import applications, deployments, instances

urlpatterns = [
    path("deployments/", deployments.index, name="deployments"),
    path("deployments/<str:deployment_id>/", deployments.detail, name="deployment"),
    path("deployments/<str:deployment_id>/stop/", deployments.stop, name="deployment-stop"),
    path("deployments/<str:deployment_id>/redeploy/", deployments.redeploy, name="deployment-redeploy"),
    path("deployments/<str:deployment_id>/rollback/", deployments.roll_back, name="deployment-rollback"),
    path("deployments/<str:deployment_id>/hosts/<str:instance>/", deployments.log, name="deployment-log"),
    path("applications/", applications.index, name="applications"),
    path("applications/-/new/", applications.new, name="application-new"),
    path("applications/<str:application>/", applications.detail, name="application"),
    path("applications/<str:application>/-/delete/", applications.delete, name="application-delete"),
    path("applications/<str:application>/-/new/", applications.new_group, name="deployment-group-new"),
    path("applications/<str:application>/<str:group>/", applications.group, name="deployment-group"),
    path(
        "applications/<str:application>/<str:group>/edit/",
        applications.edit_group,
        name="deployment-group-edit",
    ),
    path(
        "applications/<str:application>/<str:group>/delete/",
        applications.delete_group,
        name="deployment-group-delete",
    ),
    path(
        "applications/<str:application>/<str:group>/deploy/",
        applications.deploy,
        name="deployment-group-deploy",
    ),
    path("agents/", instances.index, name="instances"),
    path("agents/<str:name>/", instances.detail, name="instance"),
    path("agents/<str:name>/tags/", instances.tags, name="instance-tags"),
    path("agents/<str:name>/deregister/", instances.deregister, name="instance-deregister"),
]
