"""Entity tags: optimistic concurrency by ``If-Match`` (P13), and "nothing new" by ``If-None-Match``.

A tag is ``"<version>-<digest of the answer>"``. The version is what a write must name; the digest makes the tag true for
caching, since an answer also shows neighbours (a team's name) that change without raising this record's version.
"""

from __future__ import annotations

import hashlib
import re

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from crm.core.api.problems import bad_header

# Weak forms are taken too: proxies that compress answers weaken tags on the way.
_TAG = re.compile(r'(?:W/)?"?(\d{1,9})(?:-[0-9a-f]{16})?"?', re.ASCII)


def tag(version: int, content: bytes) -> str:
    return f'"{version}-{hashlib.sha256(content).hexdigest()[:16]}"'


def expected_version(request: Request) -> int | None:
    """The version the caller believes is stored, from ``If-Match``; None without the header or for ``*``."""
    said = request.headers.get("If-Match", "*").strip()
    if said == "*":
        return None
    match = _TAG.fullmatch(said)
    if match is None:
        raise bad_header("If-Match", _("Send the ETag of the record as you read it, or its version."))
    return int(match[1])


def unchanged(request: Request, response: HttpResponse) -> bool:
    """Whether the caller has this very answer already (``If-None-Match``, compared weakly as RFC 9110 says)."""
    said = request.headers.get("If-None-Match", "")
    known = {part.strip().removeprefix("W/") for part in said.split(",")}
    return "*" in known or response.headers["ETag"] in known
