"""The program log: one JSON object a line on stderr. Ids and counts only, never names, numbers, positions or payloads."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import PurePath

REPEAT_AFTER_S = 60.0  # a fault that goes on is said again, with how often it happened
TROUBLES_MAX = 500
FRAMES_MAX = 12

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def start_log(level: str) -> None:
    """Sends what the program says to stderr, as lines of JSON, and what libraries have to complain of."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Once())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("varde").setLevel(level)


class JsonLines(logging.Formatter):
    """An exception is told by its class and where it happened. Its text is left out: it may quote what somebody wrote."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        ours = record.name.split(".")[0] == "varde"
        # A library's message may have been filled with anything; its unfilled form says which one it is.
        line = {"at": at, "level": record.levelname.lower(), "from": record.name, "event": record.getMessage() if ours else str(record.msg)}
        line |= {key: value for key, value in vars(record).items() if key not in _USUAL}
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])[-FRAMES_MAX:]
            line["exception"] = record.exc_info[0].__name__
            line["where"] = [f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames]
        return json.dumps(line, default=str, ensure_ascii=False)


class Once(logging.Filter):
    """Lets the same trouble through once a minute, with how often it happened meanwhile; otherwise one fault hides all others."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[str, str], list[float]] = {}  # (logger, event) -> [said at, times since]

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        key, now = (record.name, str(record.msg) + str(getattr(record, "finding", ""))), time.monotonic()
        known = self._known.get(key)
        if known is not None and now - known[0] < REPEAT_AFTER_S - 1:  # the audit runs each minute, and is said each time
            known[1] += 1
            return False
        if len(self._known) > TROUBLES_MAX:
            self._known.clear()
        if known is not None and known[1]:
            record.repeated = int(known[1])
        self._known[key] = [now, 0]
        return True
