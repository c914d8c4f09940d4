"""Pages of parameters and secrets; names hold slashes, so the routes with an ending stand first."""

from django.urls import path

from devopsweb.vault.views import parameters, secrets

urlpatterns = [
    path("parameters/", parameters.listing, name="parameters"),
    path("parameters/-/new/", parameters.create, name="parameter-new"),
    path("parameters/<path:resource>/-/edit/", parameters.edit, name="parameter-edit"),
    path("parameters/<path:resource>/-/labels/", parameters.labels, name="parameter-labels"),
    path("parameters/<path:resource>/-/tags/", parameters.tags, name="parameter-tags"),
    path("parameters/<path:resource>/-/delete/", parameters.delete, name="parameter-delete"),
    path("parameters/<path:resource>/", parameters.detail, name="parameter"),
    path("secrets/", secrets.listing, name="secrets"),
    path("secrets/-/new/", secrets.create, name="secret-new"),
    path("secrets/<path:resource>/-/value/", secrets.put_value, name="secret-value"),
    path("secrets/<path:resource>/-/stages/", secrets.stages, name="secret-stages"),
    path("secrets/<path:resource>/-/tags/", secrets.tags, name="secret-tags"),
    path("secrets/<path:resource>/-/policy/", secrets.policy, name="secret-policy"),
    path("secrets/<path:resource>/-/delete/", secrets.delete, name="secret-delete"),
    path("secrets/<path:resource>/-/restore/", secrets.restore, name="secret-restore"),
    path("secrets/<path:resource>/", secrets.detail, name="secret"),
]
