"""The cache that may vanish: Redis when it is there, "miss" when it is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError
from typing_extensions import override

log = structlog.get_logger(__name__)
SILENCE_SECONDS = 5.0


class SoftRedisCache(RedisCache):
    """Django's Redis cache with a breaker: after a failure it answers "miss" for some seconds without asking."""

    _silent_until = 0.0

    def _soft(self, ask: Callable[[], Any], otherwise: Any) -> Any:
        if time.monotonic() < SoftRedisCache._silent_until:
            return otherwise
        try:
            return ask()
        except (RedisError, OSError) as error:
            SoftRedisCache._silent_until = time.monotonic() + SILENCE_SECONDS
            log.warning("cache_away", error=type(error).__name__, seconds=SILENCE_SECONDS)
            return otherwise

    @override
    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._soft(lambda: super(SoftRedisCache, self).get(key, default, version), default)

    @override
    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        self._soft(lambda: super(SoftRedisCache, self).set(key, value, *args, **kwargs), None)

    @override
    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._soft(lambda: super(SoftRedisCache, self).add(key, value, *args, **kwargs), False))

    @override
    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._soft(lambda: super(SoftRedisCache, self).incr(key, delta, version), delta))

    @override
    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._soft(lambda: super(SoftRedisCache, self).delete(key, version), False))

    @override
    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return dict(self._soft(lambda: super(SoftRedisCache, self).get_many(keys, version), {}))
