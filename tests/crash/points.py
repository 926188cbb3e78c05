"""The points at which a run can be killed: around every file operation, every call of the store, and every request."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

FILE_BEFORE, FILE_AFTER, FILE_TORN = "before a file operation", "after a file operation", "in a torn write"
STORE_BEFORE, STORE_AFTER = "before a store call", "after a store call"
SENDING, READING = "before a request", "after an answer"
APPLIED = "request done, answer unread"
KINDS = (FILE_BEFORE, FILE_AFTER, FILE_TORN, STORE_BEFORE, STORE_AFTER, SENDING, APPLIED, READING)

_WITH_DESCRIPTOR = ("fsync", "ftruncate", "fchmod", "pwrite", "posix_fallocate")
_WITH_PATH = ("unlink", "remove", "mkdir", "chmod", "rmdir")
_WITH_TWO = ("replace", "rename", "link")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """The nth point of a kind, from 1."""

    kind: str
    number: int


@dataclass(slots=True)
class Points:
    """Counts the points of this process, and kills it at one of them. Only operations below `home` count."""

    home: str
    at: Point | None = None
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _open: set[int] = field(default_factory=set)

    def hit(self, kind: str) -> None:
        """Pass one point, or die at it."""
        with self._lock:
            self.counts[kind] += 1
            if self._is_due(kind):
                os.kill(os.getpid(), signal.SIGKILL)

    def _is_due(self, kind: str) -> bool:
        return self.at is not None and self.at == Point(kind, self.counts[kind])

    def install(self) -> None:
        """Wrap what this process does from now on; there is no way back, so it belongs into a child."""
        self._files()
        self._stores()
        self._requests()

    # Files

    def _files(self) -> None:
        for name in _WITH_DESCRIPTOR:
            self._wrap(os, name, lambda call: call[0] in self._open)
        for name in _WITH_PATH:
            self._wrap(os, name, lambda call: self._ours(call[0]))
        for name in _WITH_TWO:
            self._wrap(os, name, lambda call: self._ours(call[1]))
        self._wrap_open()
        self._wrap_write()

    def _ours(self, path: object) -> bool:
        if isinstance(path, int):
            return path in self._open
        whole: str = os.path.abspath(os.fspath(path))  # type: ignore[call-overload]  # noqa: PTH100 - a path of any kind; links stay
        return whole.startswith(f"{self.home}/")

    def _wrap(self, module: Any, name: str, counts: Callable[[tuple[Any, ...]], bool]) -> None:
        real = getattr(module, name)

        def call(*given: Any, **named: Any) -> Any:
            if not counts(given):
                return real(*given, **named)
            self.hit(FILE_BEFORE)
            answer = real(*given, **named)
            self.hit(FILE_AFTER)
            return answer

        setattr(module, name, call)

    def _wrap_open(self) -> None:
        real, real_close = os.open, os.close

        def opened(path: Any, flags: int, *given: Any, **named: Any) -> int:
            ours = self._ours(path)
            writes = ours and bool(flags & _WRITING)
            if writes:
                self.hit(FILE_BEFORE)
            descriptor = real(path, flags, *given, **named)
            if ours:
                self._open.add(descriptor)
            if writes:
                self.hit(FILE_AFTER)
            return descriptor

        def closed(descriptor: int) -> None:
            self._open.discard(descriptor)
            real_close(descriptor)

        setattr(os, "open", opened)  # noqa: B010 - the name that everybody looks up
        setattr(os, "close", closed)  # noqa: B010 - as above

    def _wrap_write(self) -> None:
        real = os.write

        def write(descriptor: int, content: Any) -> int:
            if descriptor not in self._open:
                return real(descriptor, content)
            self.hit(FILE_BEFORE)
            with self._lock:
                self.counts[FILE_TORN] += 1
                torn = self._is_due(FILE_TORN)
            if torn:
                real(descriptor, bytes(content)[: len(content) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            written = real(descriptor, content)
            self.hit(FILE_AFTER)
            return written

        setattr(os, "write", write)  # noqa: B010 - as above

    # The store and the wire

    def _stores(self) -> None:
        from profiles.folder_vault import FolderVault

        for name in ("put", "get", "delete"):
            real = getattr(FolderVault, name)

            def call(*given: Any, real: Any = real) -> Any:
                self.hit(STORE_BEFORE)
                answer = real(*given)
                self.hit(STORE_AFTER)
                return answer

            setattr(FolderVault, name, call)

    def _requests(self) -> None:
        import aiohttp
        import requests

        real, real_send = aiohttp.ClientSession._request, requests.Session.send

        async def request(*given: Any, **named: Any) -> Any:
            self.hit(SENDING)
            answer = await real(*given, **named)
            await answer.read()
            self.hit(READING)
            return answer

        def send(*given: Any, **named: Any) -> Any:
            self.hit(SENDING)
            answer = real_send(*given, **named)
            self.hit(READING)
            return answer

        setattr(aiohttp.ClientSession, "_request", request)  # noqa: B010 - as above
        setattr(requests.Session, "send", send)  # noqa: B010 - as above
