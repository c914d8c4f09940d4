"""Pushes, the moves that they made, and each reference as it was last announced."""

from django.db import models

from repos.git.models.repositories import Repository
from repos.git.states import PushState


class Push(models.Model):
    """The intent to move references, written before git is asked to.

    ``commands`` is ``[[full name, before, after], …]``. While ``status`` is InProgress the
    references on disk tell what became of it, so a crash between git and the database loses nothing.
    """

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="pushes")
    principal_arn = models.CharField(max_length=2048, blank=True)
    principal_name = models.CharField(max_length=200, blank=True)
    commands = models.JSONField(default=list)
    status = models.CharField(max_length=20, default=PushState.IN_PROGRESS)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "pushes"
        indexes = [
            models.Index(
                fields=["seen_at"], condition=models.Q(status=PushState.IN_PROGRESS), name="git_push_open"
            )
        ]

    def __str__(self) -> str:
        return f"push {self.pk} to {self.repository_id}"


class RefUpdate(models.Model):
    """A reference's move that was announced; without ``push`` nobody here knows who made it."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="ref_updates")
    push = models.ForeignKey(Push, on_delete=models.SET_NULL, null=True, related_name="updates")
    name = models.CharField(max_length=1024)
    before = models.CharField(max_length=64, blank=True)
    after = models.CharField(max_length=64, blank=True)
    pusher_arn = models.CharField(max_length=2048, blank=True)
    pusher_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["push", "name"], name="one_update_per_push_and_ref")]
        indexes = [models.Index(fields=["repository", "-id"])]

    def __str__(self) -> str:
        return f"{self.name}: {self.before or '-'} → {self.after or '-'}"


class RefState(models.Model):
    """What a reference was when it was last announced."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="ref_states")
    name = models.CharField(max_length=1024)
    sha = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="one_state_per_ref")]

    def __str__(self) -> str:
        return f"{self.name} = {self.sha}"
