"""Repositories, pushes and what each reference was last announced as."""

from repos.git.models.pushes import Push, RefState, RefUpdate
from repos.git.models.repositories import Archive, Repository

__all__ = ["Archive", "Push", "RefState", "RefUpdate", "Repository"]
