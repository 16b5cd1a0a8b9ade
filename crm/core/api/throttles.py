"""Request limits per caller, told in the IETF's RateLimit header fields (draft-ietf-httpapi-ratelimit-headers-10)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from typing_extensions import override

from crm.core import clock


@dataclass(frozen=True, slots=True)
class Bucket:
    """A limit counted by itself. A view picks one by its attribute ``bucket``; without numbers the general limit holds."""

    name: str = "default"
    requests: int = 0
    seconds: int = 0

    @property
    def quota(self) -> tuple[int, int]:
        return (self.requests, self.seconds) if self.requests else settings.API_RATE_LIMIT


GENERAL = Bucket()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands in the present window."""

    bucket: Bucket
    used: int
    resets_in: int

    @property
    def allowed(self) -> bool:
        return self.used <= self.bucket.quota[0]

    def tell(self, response: HttpResponse) -> None:
        quota, window = self.bucket.quota
        response.headers["RateLimit-Policy"] = f'"{self.bucket.name}";q={quota};w={window}'
        response.headers["RateLimit"] = f'"{self.bucket.name}";r={max(0, quota - self.used)};t={self.resets_in}'


class CallerThrottle(BaseThrottle):
    """Counts requests per key, person or address in fixed windows. Without Redis nobody is counted: the limit fails open."""

    standing: Standing | None = None

    @override
    def allow_request(self, request: Request, view: Any) -> bool:
        if not settings.RATE_LIMITS_ON:
            return True
        bucket: Bucket = getattr(view, "bucket", GENERAL)
        self.standing = view.standing = count(bucket, caller_of(request))
        return self.standing.allowed

    @override
    def wait(self) -> float | None:
        return self.standing.resets_in if self.standing else None


def count(bucket: Bucket, caller: str) -> Standing:
    """Count one request of ``caller`` and say where they stand."""
    _quota, seconds = bucket.quota
    moment = clock.now().timestamp()
    window, into = divmod(moment, seconds)
    key = f"rate:{bucket.name}:{caller}:{window:.0f}"
    return Standing(bucket, _increment(key, seconds), max(1, round(seconds - into)))


def _increment(key: str, seconds: int) -> int:
    cache = caches["fast"]
    try:
        return cache.incr(key)
    except ValueError:  # the first of its window
        return 1 if cache.add(key, 1, timeout=seconds) else _again(key)


def _again(key: str) -> int:
    """Somebody else began the window between the two steps; or the cache is away and counts nothing."""
    try:
        return caches["fast"].incr(key)
    except ValueError:
        return 1


def caller_of(request: Request) -> str:
    """The key, else the person, else the address that the request counts for."""
    if request.auth is not None:
        return f"key:{request.auth.pk}"
    if request.user.is_authenticated:
        return f"person:{request.user.pk}"
    return f"address:{address_of(request._request)}"


def address_of(request: HttpRequest) -> str:
    """The caller's address; behind trusted proxies the one the outermost of them saw. IPv6 counts per /64, one customer."""
    hops = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    said = forwarded[-hops] if 0 < hops <= len(forwarded) else request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(said)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
