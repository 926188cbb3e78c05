"""What other people of a machine see of a running process: its arguments, those of its children, and their environments."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

_EVERY = 0.02


class Watched:
    """Samples the descendants of this process for as long as the block lasts.

    Attributes:
        arguments: what stood in `/proc/*/cmdline`.
        environments: what stood in the environment of children of Azimuth; its own came from whoever started it.
    """

    def __init__(self) -> None:
        self.arguments: set[bytes] = set()
        self.environments: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watching", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            self.look()

    def look(self) -> None:
        """Take one sample."""
        for process, parent, depth in _descendants(os.getpid()):
            arguments = _read(process, "cmdline")
            environment = _read(process, "environ")
            self.arguments.add(arguments)
            # Between fork and exec a child is still its parent, with the parent's environment.
            settled = arguments == _read(process, "cmdline") != _read(parent, "cmdline")
            if depth > 1 and settled:
                self.environments.add(environment)


def _descendants(root: int) -> Iterator[tuple[int, int, int]]:
    """Every descendant of a process with its parent and how far down it is."""
    waiting = [(root, 0)]
    while waiting:
        parent, depth = waiting.pop()
        for child in _children(parent):
            yield child, parent, depth + 1
            waiting.append((child, depth + 1))


def _children(process: int) -> list[int]:
    found: list[int] = []
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        return found
    return found


def _read(process: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except OSError:
        return b""
