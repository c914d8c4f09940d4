"""Where a user is signed in, so that they can look and sign a lost browser out."""

from django.db import models

from devopsweb.iam.models.identities import User


class BrowserSession(models.Model):
    """One signed-in browser; ``session_key`` is that of Django's session."""

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    source_ip = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    signed_in_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user} from {self.source_ip}"

    @property
    def browser(self) -> str:
        """The browser and system in a few words."""
        agent = self.user_agent
        name = next((n for k, n in _BROWSERS if k in agent), agent.split("/")[0] or "Unknown program")
        system = next((n for k, n in _SYSTEMS if k in agent), "")
        return f"{name} on {system}" if system else name


_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
