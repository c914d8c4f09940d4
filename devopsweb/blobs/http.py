"""Answers a blob to a browser: streamed, resumable, cached by its digest."""

import re

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from devopsweb.blobs import api

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def download(
    request: HttpRequest, digest: str, *, filename: str, content_type: str = "application/octet-stream"
) -> HttpResponseBase:
    """The blob as an attachment; one byte range is honoured, so that a download can be resumed.

    The caller has checked that the blob may be read. Raises ``BlobNotFound``.
    """
    blob = api.info(digest)
    tag = f'"{digest}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    fresh = request.headers.get("If-Range") in (None, tag)
    span = _span(request.headers.get("Range", ""), blob.size) if fresh else None
    if span == (0, 0) and blob.size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{blob.size}"})
    start, length = span or (0, blob.size)
    response = StreamingHttpResponse(
        api.chunks(digest, start=start, length=length), content_type=content_type, status=206 if span else 200
    )
    response["Content-Length"] = str(length)
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["ETag"] = tag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    if span:
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{blob.size}"
    return response


def _span(header: str, size: int) -> tuple[int, int] | None:
    """(start, length) of a single range; (0, 0) if it cannot be satisfied, None if there is none."""
    match = _RANGE.fullmatch(header.strip())
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else (0, 0)
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    return (start, end - start + 1) if start <= end else (0, 0)
