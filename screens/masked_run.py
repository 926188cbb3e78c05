"""Runs a command for `azimuth run --mask`: its output comes through us, everything else is as if we were not there.

Where standard output is a terminal the command gets one too, else pipes. Where the keys are a terminal's as well, the
command's terminal is wholly its own: ours hands every key on, ctrl+c and ctrl+z with them. Else the command stays in our
group, which a terminal's signals reach by themselves.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import sys
import termios
import threading
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from screens.go_between import Happened, Launch, heard, start
from screens.masking import Masker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from profiles.secrets import Secret

_IN, _OUT, _ERR = 0, 1, 2
_PIECE = 65536
_PAUSE = 0.05  # seconds after which the little that is held is let out
_BACKGROUND = 0.2  # seconds after which we look whether the keys are ours again: a shell's fg tells a running job nothing
_LINGER = 0.1  # seconds without output after which a command that has ended has said all on its terminal
_HANDED_ON = frozenset(
    (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGTSTP,
        signal.SIGCONT,
        signal.SIGWINCH,
    )
)
_SIGNALLED = struct.Struct("=ii")


class Stream(NamedTuple):
    """One way of the command's output: written masked to `target`."""

    target: int
    masker: Masker


def run(command: Sequence[str], environment: Mapping[str, str], secrets: Sequence[Secret]) -> int:
    """Run a command to its end; returns its exit code, or ends by the signal that ended it.

    Raises OSError when it can't be started.
    """
    # Where a stream is closed (`>&-`) our own pipes would take its number.
    while (spare := os.open(os.devnull, os.O_RDWR)) <= _ERR:
        pass
    os.close(spare)
    return _Run(secrets).to_the_end(command, environment)


class _Run:
    """One command, from its start to its end."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._streams: dict[int, Stream] = {}
        self._ends: dict[int, int] = {}
        self._master = -1
        self._own_session = False
        self._before: list[Any] | None = None  # how our terminal was before it gave us every key
        self._keys = b""  # typed, and not yet taken by the command
        self._no_more_keys = False
        self._child = 0
        self._ended: tuple[Happened, int] | None = None
        if os.isatty(_OUT):
            self._open_terminal(secrets)
        for stream in (_OUT, _ERR):
            if stream not in self._ends:
                reading, self._ends[stream] = os.pipe2(os.O_CLOEXEC)
                self._streams[reading] = Stream(stream, Masker(secrets))

    def _open_terminal(self, secrets: Sequence[Secret]) -> None:
        """A terminal like ours for whichever of the streams is one."""
        self._master, slave = os.openpty()
        os.set_blocking(self._master, False)
        self._own_session = os.isatty(_IN)
        with suppress(termios.error):
            alike = termios.tcgetattr(_OUT)
            if not self._own_session:
                alike[1] &= ~termios.OPOST  # ours makes the line ends
            termios.tcsetattr(slave, termios.TCSANOW, alike)
        self._copy_size()
        streams = (_IN, _OUT, _ERR) if self._own_session else (_OUT, _ERR)
        self._ends |= {stream: slave for stream in streams if os.isatty(stream)}
        self._streams[self._master] = Stream(_OUT, Masker(secrets))

    def to_the_end(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Start it, pass everything on, and end as it ended."""
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDED_ON)
        try:
            terminal = self._ends[_OUT] if self._own_session else None
            between, reports = start(Launch(command, environment, self._ends, terminal, mask))
            for end in set(self._ends.values()):
                os.close(end)
            happened, number = heard(reports)
            if happened != Happened.STARTED:
                os.waitpid(between, 0)
                raise OSError(number, os.strerror(number))
            self._child = number
            self._take_keys()
            try:
                self._pass_on(reports, _signals())
            finally:
                self._give_keys_back()
            os.waitpid(between, 0)
        except BaseException:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            raise
        return _end_like(*(self._ended or (Happened.EXITED, 1)))

    def _pass_on(self, reports: int, signals: int) -> None:
        """Pass keys, signals and output on until the command has ended and what it said is written."""
        while self._streams or not self._ended:
            ready = self._ready(reports, signals)
            if not ready and self._ended and set(self._streams) <= {self._master}:
                break
            if not ready:
                self._let_out_little()
                self._take_keys()
            for source, event in ready:
                if source == reports:
                    self._heard(reports)
                elif source == signals:
                    self._signalled(*_SIGNALLED.unpack(os.read(signals, _SIGNALLED.size)))
                elif source == _IN:
                    self._read_keys()
                else:
                    self._move(source, event)
        for stream in self._streams.values():
            _written(stream.target, stream.masker.end())

    def _ready(self, reports: int, signals: int) -> list[tuple[int, int]]:
        poll = select.poll()
        for source in (*self._streams, signals):
            poll.register(source, select.POLLIN)
        if not self._ended:
            poll.register(reports, select.POLLIN)
        if self._keys and self._master in self._streams:
            poll.register(self._master, select.POLLIN | select.POLLOUT)
        elif self._before is not None:
            poll.register(_IN, select.POLLIN)
        if any(stream.masker.waits_for_little for stream in self._streams.values()):
            return poll.poll(int(_PAUSE * 1000))
        if self._ended and self._master in self._streams:
            return poll.poll(int(_LINGER * 1000))
        return poll.poll(int(_BACKGROUND * 1000) if self._in_background else None)

    @property
    def _in_background(self) -> bool:
        return self._own_session and self._before is None and not (self._ended or self._no_more_keys)

    def _move(self, source: int, event: int) -> None:
        if source not in self._streams:
            return
        if event & select.POLLOUT:
            self._hand_keys_on()
        if event & ~select.POLLOUT == 0:
            return
        try:
            piece = os.read(source, _PIECE)
        except BlockingIOError:
            return
        except OSError:  # a terminal that nobody holds any more
            piece = b""
        stream = self._streams[source]
        told = _written(stream.target, stream.masker.feed(piece) if piece else stream.masker.end())
        if piece and not told and source == self._master:
            # Closed, it would end the go-between, which has yet to tell how the command ended.
            self._streams[source] = stream._replace(target=os.open(os.devnull, os.O_WRONLY))
        elif not piece or not told:
            del self._streams[source]
            if source != self._master:
                os.close(source)  # where nobody reads on, that is the command's to notice

    def _let_out_little(self) -> None:
        for stream in self._streams.values():
            _written(stream.target, stream.masker.release())

    def _read_keys(self) -> None:
        try:
            typed = os.read(_IN, _PIECE)
        except OSError:
            typed = b""
        if not typed:  # our terminal is gone
            self._no_more_keys, self._before = True, None
        self._keys += typed
        self._hand_keys_on()

    def _hand_keys_on(self) -> None:
        with suppress(BlockingIOError, OSError):
            self._keys = self._keys[os.write(self._master, self._keys) :]

    def _heard(self, reports: int) -> None:
        happened, number = heard(reports)
        if happened == Happened.STOPPED:
            self._stop_too()
        else:
            self._ended = happened, number

    def _signalled(self, number: int, code: int) -> None:
        """Hand a signal on, unless the kernel gave it to the whole group and so to the command too."""
        if number == signal.SIGWINCH:
            self._copy_size()
        if number == signal.SIGCONT:
            self._take_keys()
        # The size of a terminal that is not its own is new to the command only now.
        late = number == signal.SIGWINCH and self._master >= 0 and not self._own_session
        if late or ((self._own_session or code <= 0) and number != signal.SIGWINCH):
            self._send(number)

    def _send(self, number: int) -> None:
        if self._ended:
            return
        with suppress(ProcessLookupError):
            if self._own_session:
                os.killpg(self._child, number)
            else:
                os.kill(self._child, number)

    def _stop_too(self) -> None:
        """Stop as the command did, so that the shell has its prompt again; go on together.

        A group that no shell looks after is not stopped by this: then both go on at once.
        """
        self._let_out_little()
        self._give_keys_back()
        if self._own_session:
            os.killpg(os.getpgrp(), signal.SIGTSTP)  # all of our job, as the key would have done
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTSTP)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
        self._copy_size()
        self._take_keys()
        self._send(signal.SIGCONT)

    def _take_keys(self) -> None:
        """Have our terminal give us every key as it is; only in the foreground, where they are meant for us."""
        if not self._own_session or self._no_more_keys or self._before is not None:
            return
        with suppress(OSError, termios.error):
            if os.tcgetpgrp(_IN) == os.getpgrp():
                before = termios.tcgetattr(_IN)
                tty.setraw(_IN, termios.TCSADRAIN)
                self._before = before

    def _give_keys_back(self) -> None:
        if self._before is not None:
            with suppress(termios.error):
                termios.tcsetattr(_IN, termios.TCSADRAIN, self._before)
            self._before = None

    def _copy_size(self) -> None:
        if self._master >= 0:
            with suppress(OSError):
                size = fcntl.ioctl(_OUT, termios.TIOCGWINSZ, b"\0" * 8)
                fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)


def _signals() -> int:
    """Where the signals that reach us are read from, with how each was sent."""
    reading, writing = os.pipe2(os.O_CLOEXEC)

    def listen() -> None:
        while True:
            told = signal.sigwaitinfo(_HANDED_ON)
            if told.si_pid == os.getpid():
                continue  # what we sent our group
            os.write(writing, _SIGNALLED.pack(told.si_signo, told.si_code))

    threading.Thread(target=listen, daemon=True).start()
    return reading


def _written(target: int, piece: bytes) -> bool:
    """Write all of it; returns whether somebody still reads."""
    left = memoryview(piece)
    try:
        while left:
            left = left[os.write(target, left) :]
    except OSError:
        return False
    return True


def _end_like(happened: Happened, number: int) -> int:
    """End by the same signal, which shells tell from an exit code; else return the code."""
    if happened != Happened.KILLED:
        return number
    import resource

    sys.stdout.flush()
    sys.stderr.flush()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # we hold secrets
    with suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_kill(threading.main_thread().ident or 0, number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    return 128 + number
