"""What the processes log: one line of JSON for each record, without anything people wrote."""

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# The request being answered; '' outside one. Set by web.numbered, never by the caller.
request_id: ContextVar[str] = ContextVar("request_id", default="")
ROOT = f"{Path(__file__).resolve().parent.parent}/"
FRAMES = 30


class JsonLine(logging.Formatter):
    """One line for each record: time (UTC), level, logger, message; the request and the error with its place, if any.

    Only the kind and the place of an error are written: its message may hold what somebody wrote (a database repeats
    the row it refused). Only the pattern of an address is written: the address may hold a link that works once.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line break in it whatever the record holds."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        if number := request_id.get():
            line["request"] = number
        if record.exc_info and record.exc_info[1]:
            line |= _error(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str).translate(_BREAKS)


# JSON does not escape these, and some readers take them for the end of a line.
_BREAKS = {code: f"\\u{code:04x}" for code in (0x7F, *range(0x80, 0xA0), 0x2028, 0x2029)}


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith("django.security"):
        return "refused: " + record.name.rpartition(".")[2]
    if request := getattr(record, "request", None):
        match = getattr(request, "resolver_match", None)
        pattern = match.route if match else "unknown address"
        return f"{getattr(record, 'status_code', '')} {getattr(request, 'method', '')} {pattern}".strip()
    if isinstance(record.args, dict) and "exc" in record.args:
        # Celery's line about a failed task ends with the error's message.
        record = logging.makeLogRecord({**vars(record), "args": {**record.args, "exc": "", "traceback": ""}})
    message = record.getMessage()
    if record.exc_info and record.exc_info[1]:
        message = message.replace(str(record.exc_info[1]) or "\0", "…")
    return message


def _error(error: BaseException) -> dict[str, Any]:
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < 10:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return {
        "error": kinds,
        "at": [f"{frame.filename.removeprefix(ROOT)}:{frame.lineno} {frame.name}" for frame in frames],
    }
