"""Django's cache in Redis, which nobody waits for longer than ``broker.PATIENCE``."""

from typing import Any

from django.core.cache.backends.redis import RedisCache

from devopsweb.kernel import broker


class BoundedCache(RedisCache):
    """Raises ``redis.exceptions.RedisError`` when Redis does not answer in time, and at once for a while after."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        bounds = {"socket_timeout": broker.PATIENCE, "socket_connect_timeout": broker.PATIENCE}
        super().__init__(server, {**params, "OPTIONS": {**params.get("OPTIONS", {}), **bounds}})

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Store a value unless there is one; whether there was none."""
        with broker.asking():
            return super().add(*args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """The value, or the default."""
        with broker.asking():
            return super().get(*args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        """Store a value."""
        with broker.asking():
            super().set(*args, **kwargs)
