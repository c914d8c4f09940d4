"""What trails delivered: log files and digests in the artifact store."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from devopsweb.blobs import http as blobs
from devopsweb.iam import api as iam
from devopsweb.iam.http import Request
from devopsweb.ui import pages
from monitoring.trail import access, queries

PAGE = 50


def index(request: Request) -> HttpResponse:
    """The trails and the newest of their files, digests of the event history included."""
    access.may(request.principal, "cloudtrail:DescribeTrails")
    found = queries.files(owner=request.GET.get("owner", ""), token=request.GET.get("token", ""), size=PAGE)
    context = {
        "trails": queries.trails(),
        "chain": queries.chain(),
        "may_create": iam.is_allowed(request.principal, "cloudtrail:CreateTrail", access.trail_arn("*")),
        "files": found.rows,
        "next": found.next_token,
        "token": request.GET.get("token", ""),
        "owner": request.GET.get("owner", ""),
    }
    return pages.render(request, "trail/files.html", context)


def download(request: Request, number: int) -> HttpResponseBase:
    """The file as it was delivered (gzip)."""
    row = access.file(request.principal, number)
    name = row.key.rsplit("/", 1)[-1]
    return blobs.download(request, row.blob, filename=name, content_type="application/gzip")
