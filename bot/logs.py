"""The bot's own log: JSON lines on standard error, each with the incident it speaks of, and no secret."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from bot.guard.redact import redact_finding

CHATTY = ("alembic", "apscheduler", "chromadb", "elastic_transport", "httpx", "httpx2", "uvicorn")
"""Libraries that tell of each request and each start at INFO."""


def configure(level: str) -> None:
    """Sets up structlog and the standard library's logging, so that libraries' lines look the same."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)  # it warns of every event that nobody listens to


def _without_secrets(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return redact_finding({key: value if key.startswith("_") else _plain(value) for key, value in event.items()})


def _plain(value: object) -> object:
    """What the line will show of it: anything but plain values by its words, so that they are masked too."""
    return value if isinstance(value, (str, int, float, dict, list, tuple, type(None))) else repr(value)
