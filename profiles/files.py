"""How a file is written so that a crash at any moment leaves the old content or the new, and nobody else can read it."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from profiles.errors import LockedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    PathText = str | os.PathLike[str]

_PRIVATE = 0o600
TEMPORARY = ".azimuth-tmp"
"""How the name of a file ends that is being written."""
_PAUSE = 0.02
SINCE = "%Y-%m-%d %H:%M:%S%z"
"""How the holder of a lock writes down since when."""


def atomic_write(path: PathText, content: bytes | str, *, last: Callable[[], None] = lambda: None) -> None:
    """Replace a file's content in one step, durably, with mode 0600; a symbolic link stays and its target is replaced.

    `last` is called when nothing is left but to replace; what it raises leaves the old content.
    After it returns the new content survives a power cut; whenever it raises OSError the old content stands.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.urandom(6).hex()}{TEMPORARY}")  # noqa: PTH118 - pathlib costs `azimuth env` 5 ms
    body = content.encode() if isinstance(content, str) else content
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE)
    try:
        try:
            os.fchmod(descriptor, _PRIVATE)
            write_all(descriptor, body)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        last()
        os.replace(temporary, target)  # noqa: PTH105 - as above
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - as above
        raise
    sync_folder(folder)


def remove_leftovers(path: PathText) -> None:
    """Remove what a killed `atomic_write` of this path left beside it; call it only under the lock that guards the path."""
    folder, name = os.path.split(os.path.realpath(path))
    if not os.path.isdir(folder):  # noqa: PTH112 - as above
        return
    for entry in os.listdir(folder):  # noqa: PTH208 - as above
        if entry.startswith(f".{name}.") and entry.endswith(TEMPORARY):
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(folder, entry))  # noqa: PTH108, PTH118 - as above


def remove(path: PathText) -> None:
    """Remove a file durably; one that isn't there is no error."""
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - as above
        sync_folder(os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH120 - as above


def append_line(path: PathText, line: str) -> None:
    """Append one line durably (0600); a torn last line of an earlier crash is closed first.

    When the disk refuses a part of it the file is cut back to what it was, and OSError is raised.
    """
    if "\n" in line:
        raise ValueError("a line holds no line break")
    new = not os.path.exists(path)  # noqa: PTH110 - as above
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE)
    try:
        before = os.fstat(descriptor).st_size
        torn = before > 0 and os.pread(descriptor, 1, before - 1) != b"\n"
        try:
            write_all(descriptor, (b"\n" if torn else b"") + line.encode() + b"\n")
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)
    if new:
        sync_folder(os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH120 - as above


def read_capped(path: PathText, largest: int) -> bytes:
    """Content of a regular file of at most `largest` bytes.

    Raises ValueError with the reason for a larger one, a pipe or a device; OSError as usual.
    """
    # O_NONBLOCK: a named pipe would wait for its writer for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"it is larger than {largest // 1024} KiB")
    return content


@contextmanager
def locked(path: PathText, what: str = "", *, wait: float = 0.0) -> Iterator[None]:
    """Hold the kernel's lock on a lock file, which the end of the process frees and which is never removed.

    Tries for `wait` seconds; then raises LockedError with `what` (a subject for people, "Profile demo") and the
    holder, as it wrote itself into the file. Two holders within one process exclude each other as well.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE)
    try:
        _take(descriptor, what or os.path.basename(path), time.monotonic() + wait)  # noqa: PTH119 - as above
        os.ftruncate(descriptor, 0)
        since = time.strftime(SINCE)
        os.pwrite(descriptor, f"{os.getpid()}\t{os.uname().nodename}\t{since}\t{boot_id()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def boot_id() -> str:
    """What tells this run of this machine from any other; "" where the system does not say.

    A process id means something within one boot of one machine only, and a home folder may be shared by several.
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123 - as above
            return file.read(64).strip()
    except OSError:
        return ""


def sync_folder(folder: PathText) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _take(descriptor: int, what: str, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise _held(descriptor, what) from None
            time.sleep(_PAUSE)
        else:
            return


def _held(descriptor: int, what: str) -> LockedError:
    parts = os.pread(descriptor, 1000, 0).decode(errors="replace").rstrip("\n").split("\t")
    if len(parts) in {3, 4} and parts[0].isdecimal():  # pid, host, since, and by now the boot
        return LockedError(what, int(parts[0]), parts[1], parts[2])
    return LockedError(what, None, "", "")


def write_all(descriptor: int, body: bytes) -> None:
    """Write all of it, or raise OSError."""
    # A nearly full disk takes a part and raises nothing.
    left = memoryview(body)
    while left:
        left = left[os.write(descriptor, left) :]
