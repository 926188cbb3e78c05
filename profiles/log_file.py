"""The log: a file that is written only when somebody asks for one, and the one place that decides what gets into it.

Our own loggers (`screens`, `wizard`, `profiles`) tell commands, steps, requests and outcomes; each line passes
`redacted`. Of every other library, and of practice Azure, only warnings are noted, and of those the place and not
the text: such a text may hold a body, a header or a query string. An exception is told by its type and places; its
own text only where it is one of ours.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from profiles.errors import LockedError
from profiles.files import locked, read_capped
from profiles.locations import log_path, state_home
from profiles.redaction import redacted, secrets_in_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST = 1024 * 1024
"""Bytes of one log file; a full one is kept as `azimuth.log.1` in place of the one before."""

_OURS = ("screens", "wizard", "profiles")
_OTHER_SIDE = "wizard.practice"
_PRIVATE = 0o600
_MOST_CAUSES, _MOST_FRAMES = 8, 40


class LogFile(logging.Handler):
    """Appends each record as one JSON line (0600), and turns the file over when it is full.

    A log that can't be written is given up without a word: it must not stop what it tells about.
    """

    def __init__(self, path: Path, *, known: Sequence[str] = (), largest: int = LARGEST) -> None:
        super().__init__()
        self.path = path
        self._known = tuple(known)
        self._largest = largest

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        if not _is_ours(record.name) and record.levelno < logging.WARNING:
            return
        try:
            self._append(self.line(record).encode() + b"\n")
        except (OSError, ValueError, TypeError):
            logging.getLogger().removeHandler(self)

    def line(self, record: logging.LogRecord) -> str:
        """A record as the line that is written, redacted."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "process": record.process,
            "level": record.levelname.lower(),
            "from": record.name,
            "text": self._redacted(record.getMessage()) if _is_ours(record.name) else _place(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            told["fault"] = [self._redacted(line) for line in fault_lines(record.exc_info[1])]
        return json.dumps(told)

    def _redacted(self, text: str) -> str:
        return redacted(text, self._known)

    def _append(self, line: bytes) -> None:
        # Opened anew each time: another process may have turned the file over.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(self.path, flags, _PRIVATE)
        try:
            full = os.fstat(descriptor).st_size + len(line) > self._largest
            if not full:
                os.write(descriptor, line)  # one call: lines of two processes do not mix
        finally:
            os.close(descriptor)
        if full:
            self._turn_over()
            descriptor = os.open(self.path, flags, _PRIVATE)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)

    def _turn_over(self) -> None:
        # Another process that holds the lock is turning it over already.
        with suppress(LockedError), locked(self.path.with_suffix(".lock"), "The log"):
            if self.path.stat().st_size > self._largest // 2:
                self.path.replace(_former(self.path))


def begin_log() -> Path:
    """Write a log from now on, whoever asks how often; give its path.

    Raises:
        FolderError, OSError: its folder or file can't be made.
    """
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, LogFile):
            return handler.path
    path = log_path()
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, _PRIVATE))
    root.addHandler(LogFile(path, known=secrets_in_environment()))
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger(_OTHER_SIDE).setLevel(logging.WARNING)
    return path


def end_log() -> None:
    """Write no log any more."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, LogFile)]:
        root.removeHandler(handler)
    for name in (*_OURS, _OTHER_SIDE):
        logging.getLogger(name).setLevel(logging.NOTSET)


def keep_off_the_terminal() -> None:
    """Keep what libraries and threads complain about off standard error: their texts may hold anything."""
    root = logging.getLogger()
    if not any(isinstance(handler, logging.NullHandler) for handler in root.handlers):
        root.addHandler(logging.NullHandler())
    threading.excepthook = _note_of_thread


def _note_of_thread(fault: threading.ExceptHookArgs) -> None:
    if fault.exc_value is not None:
        logging.getLogger("profiles.log_file").error("a thread ended by a fault", exc_info=fault.exc_value)


def last_lines(count: int) -> list[str]:
    """The last lines of the log, oldest first; none where there is no log. They are as they were written: redacted."""
    path = Path(state_home()) / "log" / "azimuth.log"
    lines: list[str] = []
    for one in (_former(path), path):
        with suppress(OSError, ValueError):
            lines += read_capped(one, 2 * LARGEST).decode(errors="replace").splitlines()
    return lines[-count:]


def fault_lines(fault: BaseException) -> list[str]:
    """An exception, what caused it, and where: by types and places; a text only where the exception is one of ours."""
    lines: list[str] = []
    current: BaseException | None = fault
    seen: set[int] = set()
    while current is not None and id(current) not in seen and len(seen) < _MOST_CAUSES:
        seen.add(id(current))
        lines.append(_named(current))
        frames = traceback.extract_tb(current.__traceback__)[-_MOST_FRAMES:]
        lines += [f"  at {_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
        if isinstance(current, BaseExceptionGroup):
            for inner in current.exceptions[:_MOST_CAUSES]:
                lines += [f"  | {line}" for line in fault_lines(inner)]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        if current is not None:
            lines.append("because of")
    return lines


def _named(fault: BaseException) -> str:
    kind = type(fault)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(fault, OSError) and fault.errno:
        return f"{name}: {os.strerror(fault.errno)}"
    if _is_ours(kind.__module__):
        return f"{name}: {redacted(str(fault))}"
    return name


def _is_ours(name: str) -> bool:
    inside = name.partition(".")[0] in _OURS
    return inside and name != _OTHER_SIDE and not name.startswith(f"{_OTHER_SIDE}.")


def _place(record: logging.LogRecord) -> str:
    return f"{record.funcName} ({_short(record.pathname)}:{record.lineno})"


def _short(file: str) -> str:
    """The end of a path: enough to find the line, without where it is installed and for whom."""
    parts = Path(file).parts
    ours = [at for at, part in enumerate(parts[:-1]) if part in _OURS]
    return "/".join(parts[ours[-1] :] if ours else parts[-3:])


def _former(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")
