"""Starts a command for `azimuth run --mask` and reports how it fares, from a process between it and us.

It has to be there: on a terminal of its own the command is in a session of its own, and a group whose parents are all
in other sessions can't be stopped by ctrl+z.
"""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import termios
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_SHAPE = struct.Struct("=ii")
_FIRST_FREE, _FDS = 10, 1024
_NOT_STARTED = 127


class Happened(IntEnum):
    """What a report tells, with its number."""

    STARTED = 0  # the process
    FAILED = 1  # the errno
    EXITED = 2  # the exit code
    KILLED = 3  # the signal
    STOPPED = 4  # the signal


class Launch(NamedTuple):
    """What is started: the command's ends of its streams by number; with `terminal` it has that one for its own."""

    command: Sequence[str]
    environment: Mapping[str, str]
    ends: Mapping[int, int]
    terminal: int | None
    mask: Collection[int]


def start(launch: Launch) -> tuple[int, int]:
    """Start a command; returns the go-between's process and where its reports are read."""
    reports, reporting = os.pipe2(os.O_CLOEXEC)
    process = os.fork()
    if process == 0:
        _stand_between(launch, reporting)
    os.close(reporting)
    return process, reports


def heard(reports: int) -> tuple[Happened, int]:
    """The next report; a go-between that is gone counts as a command that was killed."""
    told = os.read(reports, _SHAPE.size)
    if len(told) != _SHAPE.size:
        return Happened.KILLED, signal.SIGKILL
    what, number = _SHAPE.unpack(told)
    return Happened(what), number


def _stand_between(launch: Launch, reporting: int) -> NoReturn:
    try:
        if launch.terminal is not None:
            os.setsid()
            fcntl.ioctl(launch.terminal, termios.TIOCSCTTY, 0)
        started, starting = os.pipe2(os.O_CLOEXEC)
        child = os.fork()
        if child == 0:
            _become(launch, starting)
        os.close(starting)
        failed = os.read(started, _SHAPE.size)
        os.write(reporting, failed or _SHAPE.pack(Happened.STARTED, child))
        _hold_only(reporting)
        if launch.terminal is not None:
            # Were we killed, the terminal ends: this process with it, and so the kernel hangs the command up.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        while _watched(child, reporting) and not failed:
            pass
    finally:
        os._exit(0)


def _become(launch: Launch, starting: int) -> NoReturn:
    try:
        if launch.terminal is not None:
            os.setpgid(0, 0)
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(launch.terminal, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        # Copies first: an end may have the number of a stream.
        copies = {
            stream: fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
            for stream, end in launch.ends.items()
        }
        for stream, copy in copies.items():
            os.dup2(copy, stream)
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(ignored, signal.SIG_DFL)  # Python ignores them
        signal.pthread_sigmask(signal.SIG_SETMASK, launch.mask)
        os.execvpe(launch.command[0], list(launch.command), dict(launch.environment))  # noqa: S606 - a command of the person's own
    except OSError as refusal:
        os.write(starting, _SHAPE.pack(Happened.FAILED, refusal.errno or 0))
    finally:
        os._exit(_NOT_STARTED)


def _hold_only(reporting: int) -> None:
    """Hold nothing of the command's streams open, or who reads them would never see their end."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.closerange(3, reporting)
    os.closerange(reporting + 1, _FDS)


def _watched(child: int, reporting: int) -> bool:
    """Report the next thing that happens to the command; returns whether more can."""
    _, status = os.waitpid(child, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        os.write(reporting, _SHAPE.pack(Happened.STOPPED, os.WSTOPSIG(status)))
        return True
    if os.WIFSIGNALED(status):
        os.write(reporting, _SHAPE.pack(Happened.KILLED, os.WTERMSIG(status)))
    else:
        os.write(reporting, _SHAPE.pack(Happened.EXITED, os.WEXITSTATUS(status)))
    return False
