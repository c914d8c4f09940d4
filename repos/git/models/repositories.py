"""Repositories, and archives of their trees."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from devopsweb.kernel.arn import arn
from repos.git.types import RepositoryInfo


class Repository(models.Model):
    """A git repository; its folder is named by ``id``, so a rename touches no file."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=1000, blank=True)
    default_branch = models.CharField(max_length=256, blank=True)
    created_by_arn = models.CharField(max_length=2048, blank=True)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()
    reconciled_at = models.DateTimeField(null=True, db_index=True)
    kept_at = models.DateTimeField(null=True)
    tags = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "repositories"

    def __str__(self) -> str:
        return self.name

    @property
    def arn(self) -> str:
        """The repository's ARN (CodeCommit's have no resource type)."""
        return arn("codecommit", self.name)

    @property
    def directory(self) -> Path:
        """Where the bare repository lies."""
        return Path(settings.DEVOPSWEB_HOME) / "repositories" / f"{self.id}.git"

    @property
    def clone_url(self) -> str:
        """The address for ``git clone`` over HTTP."""
        return f"{settings.DEVOPSWEB_BASE_URL.rstrip('/')}/git/{self.name}"

    def info(self) -> RepositoryInfo:
        """The repository as other apps see it."""
        return RepositoryInfo(
            name=self.name,
            arn=self.arn,
            default_branch=self.default_branch,
            clone_url_http=self.clone_url,
            description=self.description,
            created_at=self.created_at,
            id=str(self.id),
        )


class Archive(models.Model):
    """The zip of one tree, kept in blobs under ``digest``."""

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="archives")
    tree = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "tree"], name="one_archive_per_tree")]

    def __str__(self) -> str:
        return f"{self.tree} → {self.digest}"
