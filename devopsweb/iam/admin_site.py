"""The admin panel: Django's, in the product's look."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig


class DevOpsWebAdmin(AdminSite):
    """What operators keep."""

    site_header = "DevOpsWeb"
    site_title = "DevOpsWeb"
    index_title = "Administration"


class DevOpsWebAdminConfig(AdminConfig):
    """Makes ``DevOpsWebAdmin`` the site that ``admin.site`` names."""

    default_site = "devopsweb.iam.admin_site.DevOpsWebAdmin"
