"""Structured logs: one JSON object a line (or plain text by ``LOG_FORMAT=text``), each with its request id and door."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from crm.core import context


def configure(options: Mapping[str, str]) -> None:
    """Django's ``LOGGING_CONFIG`` hook; ``options`` is ``settings.LOGGING``: ``{"format": json|text, "level": …}``."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _where,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    text = options.get("format") == "text"
    renderer = structlog.dev.ConsoleRenderer(colors=False) if text else structlog.processors.JSONRenderer()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "tandem": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "tandem"}},
            "root": {"handlers": ["stderr"], "level": options.get("level", "INFO")},
            "loggers": {
                # Said once by the request log already.
                "django.server": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "celery": {"level": "INFO"},
                "kombu": {"level": "WARNING"},
            },
        }
    )


def _where(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if identifier := context.request_id.get():
        event["request_id"] = identifier
    if door := context.door.get():
        event["door"] = door
    return event
