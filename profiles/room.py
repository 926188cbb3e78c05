"""Whether there is room to write, shown by really writing; and what a refusal of the disk means to people."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from profiles.files import sync_folder, write_all
from profiles.locations import WAY_OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = ".reserve.azimuth-tmp."
_FULL = "Free some space there, or set AZIMUTH_HOME to a folder on another disk."
_SAYINGS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", _FULL),
    errno.EDQUOT: ("your quota on that disk is used up", _FULL),
    errno.EROFS: ("the disk may only be read", WAY_OUT),
    errno.EACCES: ("you may not write there", WAY_OUT),
    errno.EPERM: ("you may not write there", WAY_OUT),
    errno.EFBIG: (
        "a limit on the size of files is reached",
        "Raise the limit (ulimit -f unlimited) and try again.",
    ),
    errno.EMFILE: ("too many files are open in this process", "Raise the limit (ulimit -n) and try again."),
    errno.ENFILE: ("too many files are open on this machine", "Close some programs and try again."),
    errno.EIO: ("the disk is failing", WAY_OUT),
    errno.ELOOP: ("a link lies there that is not followed", "Remove the link and try again."),
    errno.ENOENT: ("the folder is gone", "Make it again, or open Azimuth anew."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that will be written to: what goes there, and how much, in bytes and in files."""

    folder: str
    what: str
    size: int = 256 * 1024
    files: int = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """A place that takes nothing: what is wrong, and the way out."""

    place: Place
    why: str
    mend: str

    @property
    def sentence(self) -> str:
        """What is wrong, whole."""
        if not self.why:
            return f"{self.place.what}."
        return f"{self.place.what} can't be written to {self.place.folder}: {self.why}."


def reserve(places: Sequence[Place]) -> tuple[Refusal, ...]:
    """Write as much as will be written into all these folders at once, and take it away again; return who refused.

    One disk may hold several of them, so no reserve goes before the last one is there.
    """
    opened: list[int] = []
    refused: list[Refusal] = []
    try:
        for place in places:
            try:
                _fill(place, opened)
            except OSError as error:
                why, mend = meaning(error, place.folder)
                refused.append(Refusal(place, why, mend))
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return tuple(refused)


def meaning(error: OSError, folder: str = "") -> tuple[str, str]:
    """What a refusal of the disk means, and the way out."""
    if error.errno == errno.ENOSPC and folder and _no_names_left(folder):
        return "the disk takes no more files (it has no inodes left)", _FULL
    otherwise = (error.strerror or type(error).__name__).lower(), WAY_OUT
    return _SAYINGS.get(error.errno or 0, otherwise)


def is_of_the_disk(error: OSError) -> bool:
    """Whether an error is a refusal of the disk, as opposed to one of the network."""
    return error.errno in _SAYINGS


def problem_of(error: OSError) -> str:
    """A refusal of the disk as one sentence with its way out."""
    name = error.filename if isinstance(error.filename, str) else ""
    why, mend = meaning(error, os.path.dirname(name))  # noqa: PTH120 - as above
    return f"{why[0].upper()}{why[1:]}. {mend}"


def _fill(place: Place, opened: list[int]) -> None:
    """Raises OSError where the folder refuses. A file loses its name at once, and its room when it is closed."""
    _sweep(place.folder)
    piece = os.urandom(
        max(place.size // place.files, 1)
    )  # a disk that compresses would take zeros for nothing
    for _ in range(place.files):
        name = os.path.join(place.folder, f"{_NAME}{os.urandom(6).hex()}")  # noqa: PTH118 - as above
        opened.append(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        with suppress(FileNotFoundError):  # swept by another process
            os.unlink(name)  # noqa: PTH108 - as above
        write_all(opened[-1], piece)
        os.fsync(opened[-1])
    sync_folder(place.folder)


def _sweep(folder: str) -> None:
    """Remove reserves that a killed process left; one that another process needs just now stays its own till it ends."""
    for entry in os.listdir(folder):  # noqa: PTH208 - as above
        if entry.startswith(_NAME):
            with suppress(OSError):
                os.unlink(os.path.join(folder, entry))  # noqa: PTH108, PTH118 - as above


def _no_names_left(folder: str) -> bool:
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_files > 0 and found.f_favail == 0
