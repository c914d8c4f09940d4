"""Every page's address. Apps own their prefixes; see each ``urls.py``."""

from django.contrib import admin
from django.urls import include, path

from devopsweb.ui.middleware import bad_request, forbidden, page_not_found, server_error

urlpatterns = [
    path("admin/rq/", include("django_rq.urls")),
    path("admin/", admin.site.urls),
    path("", include("devopsweb.ui.urls")),
    path("", include("devopsweb.iam.urls")),
    path("", include("devopsweb.iam.mfa.urls")),
    path("", include("devopsweb.iam.sso.urls")),
    path("", include("devopsweb.vault.urls")),
    path("", include("repos.git.urls")),
    path("", include("pipelines.urls")),
    path("", include("pipelines.builds.urls")),
    path("", include("deployments.urls")),
    path("", include("deployments.compute.urls")),
    path("", include("monitoring.logs.urls")),
    path("", include("monitoring.metrics.urls")),
    path("", include("monitoring.alarms.urls")),
    path("", include("monitoring.dashboards.urls")),
    path("", include("monitoring.trail.urls")),
]

handler400 = bad_request
handler403 = forbidden
handler404 = page_not_found
handler500 = server_error
