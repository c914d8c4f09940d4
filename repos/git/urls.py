"""Pages of repositories.

``+new`` cannot be a repository's name. A ``revision`` is ``<branch, tag or commit>/<path>``.
"""

from django.urls import path, re_path

from repos.git.views import browse, commits, references, repositories

_ONE = "repositories/<str:repository>/"

urlpatterns = [
    path("repositories/", repositories.index, name="repositories"),
    path("repositories/+new/", repositories.create, name="repository-create"),
    path(_ONE, browse.home, name="repository"),
    path(_ONE + "tree/<path:revision>", browse.tree, name="repository-tree"),
    path(_ONE + "blob/<path:revision>", browse.blob, name="repository-blob"),
    path(_ONE + "raw/<path:revision>", browse.raw, name="repository-raw"),
    path(_ONE + "find/<path:revision>", browse.find, name="repository-find"),
    path(_ONE + "commits/", commits.of_default_branch, name="repository-history"),
    path(_ONE + "commits/<path:revision>/", commits.index, name="repository-commits"),
    path(_ONE + "commit/<str:sha>/", commits.show, name="commit"),
    path(_ONE + "compare/", commits.choose, name="repository-compare"),
    re_path(
        r"^repositories/(?P<repository>[^/]+)/compare/(?P<base>.+?)\.\.\.(?P<head>.+)/$",
        commits.compare,
        name="repository-comparison",
    ),
    re_path(
        r"^repositories/(?P<repository>[^/]+)/(?P<kind>branches|tags)/$",
        references.index,
        name="repository-references",
    ),
    re_path(
        r"^repositories/(?P<repository>[^/]+)/(?P<kind>branches|tags)/delete/(?P<name>.+)/$",
        references.delete,
        name="repository-reference-delete",
    ),
    path(_ONE + "settings/", repositories.settings, name="repository-settings"),
    path(_ONE + "settings/name/", repositories.rename, name="repository-rename"),
    path(_ONE + "settings/description/", repositories.describe, name="repository-describe"),
    path(_ONE + "settings/default-branch/", repositories.default_branch, name="repository-default-branch"),
    path(_ONE + "delete/", repositories.delete, name="repository-delete"),
]
