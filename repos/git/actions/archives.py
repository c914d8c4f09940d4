"""Archives of trees in blobs, made once per tree."""

from devopsweb.blobs import api as blobs
from repos.git.adapters import archiving
from repos.git.models import Archive, Repository


def archive(*, repository: Repository, tree: str) -> blobs.Blob:
    """The zip of ``tree``; made now unless it is stored already."""
    kept = Archive.objects.filter(repository=repository, tree=tree).first()
    if kept and _stored(kept.digest):
        return blobs.Blob(kept.digest, kept.size)
    with blobs.writer() as target:
        archiving.write_zip(repository.directory, tree, target)
    Archive.objects.update_or_create(
        repository=repository,
        tree=tree,
        defaults={"digest": target.blob.digest, "size": target.blob.size},
    )
    return target.blob


def _stored(digest: str) -> bool:
    try:
        blobs.path(digest)
    except blobs.BlobNotFound:
        return False
    return True
