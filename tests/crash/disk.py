"""A disk that loses power: the operations of a real save, and every image that a weak POSIX file system may leave of them.

What is not fsynced may be there not at all, by half, whole, or as zeroes; names that are not fsynced with their folder
may be there up to any of them. Both are worse than what ext4, XFS or btrfs do with their usual options.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

MODES = ("none", "half", "all", "zeroed")


class Operation(NamedTuple):
    """One operation on the disk; `file` is the number of the file, whatever it is called."""

    what: str
    path: str = ""
    file: int = 0
    at: int = 0
    body: bytes = b""
    to: str = ""


@dataclass(slots=True)
class Recorder:
    """Writes down what this process does below a folder."""

    root: str
    done: list[Operation] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    _open: dict[int, str] = field(default_factory=dict)
    _numbers: dict[int, int] = field(default_factory=dict)
    _appending: set[int] = field(default_factory=set)
    _next: int = 1

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record for as long as the block lasts; every number of a file that is there already is given before."""
        for path in sorted(Path(self.root).rglob("*")):
            if path.is_file():
                self._number(str(path))
        wraps: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
            "open": self._opening,
            "close": self._closing,
            "write": self._writing,
            "pwrite": self._writing_at,
            "ftruncate": self._truncating,
            "fsync": self._syncing,
            "replace": self._renaming,
            "rename": self._renaming,
            "unlink": self._naming("unlink"),
            "mkdir": self._naming("mkdir"),
        }
        real = {name: getattr(os, name) for name in wraps}
        for name, wrap in wraps.items():
            setattr(os, name, wrap(real[name]))
        try:
            yield
        finally:
            for name, call in real.items():
                setattr(os, name, call)

    def _ours(self, path: Any) -> str:
        whole = os.path.abspath(os.fspath(path))  # noqa: PTH100 - links stay
        return whole if whole == self.root or whole.startswith(f"{self.root}/") else ""

    def _number(self, path: str) -> int:
        if path not in self.files:
            self.files[path] = self._next
            self._next += 1
        return self.files[path]

    def _opening(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, flags: int, *given: Any, **named: Any) -> int:
            whole = self._ours(path)
            there = os.path.lexists(whole) if whole else True
            descriptor = real(path, flags, *given, **named)
            self._numbers.pop(descriptor, None)  # its file before may have been closed by a file object
            if whole:
                self._open[descriptor] = whole
                if not os.path.isdir(whole):  # noqa: PTH112 - as above
                    self._opened(descriptor, whole, flags, there=there)
            return descriptor

        return call

    def _opened(self, descriptor: int, path: str, flags: int, *, there: bool) -> None:
        if not there:
            self.files.pop(path, None)
            self.done.append(Operation("create", path, self._number(path)))
        self._numbers[descriptor] = self._number(path)
        if there and flags & os.O_TRUNC:
            self.done.append(Operation("truncate", file=self._numbers[descriptor]))
        if flags & os.O_APPEND:
            self._appending.add(descriptor)

    def _closing(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def call(descriptor: int) -> None:
            self._open.pop(descriptor, None)
            self._numbers.pop(descriptor, None)
            self._appending.discard(descriptor)
            real(descriptor)

        return call

    def _writing(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(descriptor: int, body: Any) -> int:
            if descriptor not in self._numbers:
                return real(descriptor, body)
            end = os.fstat(descriptor).st_size
            at = end if descriptor in self._appending else os.lseek(descriptor, 0, os.SEEK_CUR)
            written = real(descriptor, body)
            self.done.append(Operation("write", "", self._numbers[descriptor], at, bytes(body)[:written]))
            return written

        return call

    def _writing_at(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(descriptor: int, body: bytes, at: int) -> int:
            written = real(descriptor, body, at)
            if descriptor in self._numbers:
                self.done.append(Operation("write", "", self._numbers[descriptor], at, bytes(body)[:written]))
            return written

        return call

    def _truncating(self, real: Callable[..., None]) -> Callable[..., None]:
        def call(descriptor: int, length: int) -> None:
            real(descriptor, length)
            if descriptor in self._numbers:
                self.done.append(Operation("truncate", "", self._numbers[descriptor], length))

        return call

    def _syncing(self, real: Callable[..., None]) -> Callable[..., None]:
        def call(descriptor: int) -> None:
            real(descriptor)
            if descriptor in self._numbers:
                self.done.append(Operation("sync", "", self._numbers[descriptor]))
            elif descriptor in self._open:
                self.done.append(Operation("sync folder", self._open[descriptor]))

        return call

    def _renaming(self, real: Callable[..., None]) -> Callable[..., None]:
        def call(path: Any, to: Any) -> None:
            real(path, to)
            whole, new = self._ours(path), self._ours(to)
            if whole and new:
                self.files[new] = self.files.pop(whole)
                self.done.append(Operation("rename", whole, self.files[new], to=new))

        return call

    def _naming(self, what: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        def wrap(real: Callable[..., None]) -> Callable[..., None]:
            def call(path: Any, *given: Any, **named: Any) -> None:
                real(path, *given, **named)
                if whole := self._ours(path):
                    self.files.pop(whole, None)
                    self.done.append(Operation(what, whole))

            return call

        return wrap


@dataclass(slots=True)
class Image:
    """What a disk holds: folders, and files by path."""

    folders: frozenset[str]
    files: dict[str, bytes]

    def key(self) -> tuple[object, ...]:
        """The same for the same content; the bytes of chance in the names of temporary files don't count."""
        return self.folders, tuple(
            sorted((path.partition("-tmp")[0], body) for path, body in self.files.items())
        )

    def lay(self, root: Path) -> None:
        """Make a folder hold just this."""
        for folder in sorted(self.folders):
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, body in self.files.items():
            Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(path).write_bytes(body)
            Path(path).chmod(0o600)


def image_of(root: Path) -> Image:
    """What is below a folder now."""
    found = sorted(root.rglob("*"))
    folders = frozenset(str(path) for path in (root, *found) if path.is_dir())
    return Image(folders, {str(path): path.read_bytes() for path in found if path.is_file()})


def images(start: Image, done: Sequence[Operation], upto: int) -> Iterator[Image]:
    """Every image that the first `upto` operations may leave when the power goes."""
    synced = _synced(done[:upto])
    names = [(at, one) for at, one in enumerate(done[:upto]) if one.what in _NAMES]
    sure = [one for at, one in names if _is_sure(at, one, done[:upto])]
    open_ = [one for one in (name for _, name in names) if one not in sure]
    seen: set[object] = set()
    for kept in range(len(open_) + 1):
        lasting = [one for _, one in names if one in sure or one in open_[:kept]]
        for mode in MODES:
            image = _built(start, done[:upto], lasting, synced, mode)
            if image.key() not in seen:
                seen.add(image.key())
                yield image


_NAMES = frozenset({"create", "rename", "unlink", "mkdir"})


def _synced(done: Sequence[Operation]) -> dict[int, int]:
    """For each file, how far its data are sure: the place of its last fsync."""
    return {one.file: at for at, one in enumerate(done) if one.what == "sync"}


def _is_sure(at: int, name: Operation, done: Sequence[Operation]) -> bool:
    """Whether the folder of a name was fsynced after it."""
    folder = os.path.dirname(name.to or name.path)  # noqa: PTH120 - a path as text
    return any(later.what == "sync folder" and later.path == folder for later in done[at:])


def _built(
    start: Image, done: Sequence[Operation], lasting: Sequence[Operation], synced: dict[int, int], mode: str
) -> Image:
    numbers = {path: number for number, path in enumerate(sorted(start.files), 1)}
    bodies = {numbers[path]: body for path, body in start.files.items()}
    for at, one in enumerate(done):
        if one.what in {"write", "truncate"}:
            certain = at < synced.get(one.file, -1)
            bodies[one.file] = _after(bodies.get(one.file, b""), one, "all" if certain else mode)
    folders = set(start.folders)
    for one in lasting:
        if one.what == "mkdir":
            folders.add(one.path)
        elif one.what == "create":
            numbers[one.path] = one.file
        elif one.what == "unlink":
            numbers.pop(one.path, None)
        elif one.what == "rename":
            numbers.pop(one.path, None)
            numbers[one.to] = one.file
    there = {path: number for path, number in numbers.items() if os.path.dirname(path) in folders}  # noqa: PTH120 - as above
    return Image(frozenset(folders), {path: bodies.get(number, b"") for path, number in there.items()})


def _after(body: bytes, one: Operation, mode: str) -> bytes:
    """A file's content after one operation of which only a part reached the disk."""
    if mode == "none":
        return body
    if one.what == "truncate":
        return body[: one.at].ljust(one.at, b"\0") if mode == "all" else body
    written = one.body[: len(one.body) // 2] if mode == "half" else one.body
    written = bytes(len(written)) if mode == "zeroed" else written
    return body[: one.at].ljust(one.at, b"\0") + written + body[one.at + len(written) :]
