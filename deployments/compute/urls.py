"""What hosts fetch to become instances."""

from django.urls import path

from deployments.compute.views import program

urlpatterns = [
    path("agent/install", program.install, name="agent-install"),
    path("agent/agent.pyz", program.agent, name="agent-program"),
]
