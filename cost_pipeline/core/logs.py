"""Structured logs: each record is one line of JSON, with the caller's fields beside its words.

Every logger of the standard library is written so; `extra={...}` becomes fields. What is logged is
said by whoever logs; nothing here reads a secret, and nobody may put one into a message.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, TextIO

_PLAIN: Final = "%(asctime)s %(levelname)s %(message)s"
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object per record: at, level, logger, message, the extra fields, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the record as one line."""
        fields: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {
            name: value
            for name, value in vars(record).items()
            if name not in _STANDARD and name not in fields
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


@contextmanager
def logged(
    stream: TextIO, *, as_json: bool = True, level: int = logging.INFO
) -> Iterator[logging.Handler]:
    """Writes the package's and asyncio's logs to a stream while the context is open."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(_PLAIN))
    handler.setLevel(level)
    loggers = [logging.getLogger(name) for name in ("cost_pipeline", "asyncio")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(min(level, logger.level or level))
    try:
        yield handler
    finally:
        for logger, was in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(was)
