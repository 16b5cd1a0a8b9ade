"""How gunicorn serves Tandem, in the local run and in the image alike."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger
from typing_extensions import override


class OneLog(Logger):
    """Gunicorn's own lines go through the application's logging, so that there is one format."""

    @override
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


wsgi_app = "config.wsgi:application"
# The supervisor opens the socket itself and hands it over (fd://N): requests wait while web restarts.
bind = os.environ.get("TANDEM_LISTEN") or f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
preload_app = True  # workers share the loaded application's memory
timeout = 60
graceful_timeout = 20  # SIGTERM: no new requests, the open ones may finish
keepalive = 5
max_requests = 20_000  # a worker that grew is replaced
max_requests_jitter = 2_000
# On by default since 25.1 and a cause of deadlocks and descriptor leaks.
control_socket_disable = True
# Heartbeats of the workers are file touches: they must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (gunicorn makes a private file there)
logger_class = OneLog
accesslog = None  # crm.core.middleware writes one structured line a request
