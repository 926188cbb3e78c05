"""Who holds a kernel lock just now, found out without disturbing them, and whether they are stopped."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from profiles.files import boot_id

if TYPE_CHECKING:
    from profiles.files import PathText

_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock, as it wrote itself down; `pid` is 0 where it did not get to.

    `is_stopped`: it stands still (Ctrl+Z, SIGSTOP) and lets go of nothing until it is continued or ended.
    """

    pid: int = 0
    host: str = ""
    since: str = ""
    is_stopped: bool = False

    @property
    def who(self) -> str:
        """The holder in words."""
        if not self.pid:
            return "another process"
        told = f"process {self.pid} on {self.host} since {self.since}"
        return f"{told}, which is stopped" if self.is_stopped else told

    @property
    def way_out(self) -> str:
        """How the lock gets free."""
        if self.is_stopped:
            return f"kill -CONT {self.pid} (or fg in its terminal) lets it go on; ending it frees the profile at once."
        return "It is free as soon as that process ends, however it ends."


def holder_of(path: PathText) -> Holder | None:
    """Who holds the lock of a lock file; None when nobody does, or there is no such file. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(os.pread(descriptor, _LONGEST, 0).decode(errors="replace"))
    else:
        return None
    finally:
        os.close(descriptor)


def _read(record: str) -> Holder:
    parts = record.rstrip("\n").split("\t")
    if len(parts) < 3 or not parts[0].isdecimal():  # noqa: PLR2004 - pid, host, since, and by now the boot
        return Holder()
    here = len(parts) > 3 and bool(parts[3]) and parts[3] == boot_id() and parts[1] == os.uname().nodename  # noqa: PLR2004 - as above
    return Holder(int(parts[0]), parts[1], parts[2], here and _is_stopped(int(parts[0])))


def _is_stopped(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - no path is made of it
            state = file.read(_LONGEST).rpartition(")")[2].split()
    except OSError:
        return False
    return state[:1] in (["T"], ["t"])
