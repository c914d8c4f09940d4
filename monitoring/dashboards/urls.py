"""Pages of dashboards."""

from django.urls import path

from monitoring.dashboards import views

urlpatterns = [
    path("dashboards/", views.listing, name="dashboards"),
    path("dashboards/-/new/", views.create, name="dashboard-new"),
    path("dashboards/<str:name>/", views.detail, name="dashboard"),
    path("dashboards/<str:name>/edit/", views.edit, name="dashboard-edit"),
    path("dashboards/<str:name>/edit/widgets/", views.add_widget, name="dashboard-add-widget"),
    path("dashboards/<str:name>/edit/remove/", views.remove_widget, name="dashboard-remove-widget"),
    path("dashboards/<str:name>/delete/", views.delete, name="dashboard-delete"),
]
