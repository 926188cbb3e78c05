"""Asking for a line that does not show, on the terminal itself, whatever the standard streams are: for `azimuth env` too."""

from __future__ import annotations

import atexit
import os
import termios
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_ENDS = b"\r\n"
_INTERRUPTED, _NO_MORE = b"\x03", b"\x04"
_RUB_OUT = b"\x08\x7f"
_ALL_AWAY = b"\x15"
_LONGEST = 4096


class NoTerminal(Exception):  # noqa: N818 - told as what it is
    """This process has no terminal."""


class Interrupted(Exception):  # noqa: N818 - the person's own wish
    """The person left the question by Ctrl+C, or by Ctrl+D on an empty line."""


class Terminal:
    """The terminal of this process, for as long as the block lasts; nothing that is typed shows meanwhile.

    It is quiet before anything is asked: a fast hand types before it has read the question. Signs are read one by one,
    so that Ctrl+C works in a thread too, where no signal arrives. Raises NoTerminal.
    """

    def __enter__(self) -> Self:
        try:
            self._fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        except OSError:
            raise NoTerminal from None
        self._before = termios.tcgetattr(self._fd)
        quiet = termios.tcgetattr(self._fd)
        quiet[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        atexit.register(self._restore)  # a signal may end the program while a thread of it asks
        termios.tcsetattr(self._fd, termios.TCSAFLUSH, quiet)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        atexit.unregister(self._restore)
        self._restore()
        os.close(self._fd)

    def _restore(self) -> None:
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def say(self, text: str = "") -> None:
        """Write a line of ours."""
        os.write(self._fd, f"{text}\r\n".encode())

    def hidden(self, prompt: str) -> str:
        """Ask for a line that does not show. Raises Interrupted."""
        return self._unseen(f"{prompt} (does not show): ")

    def key(self, prompt: str) -> None:
        """Wait for Enter, whatever else is typed. Raises Interrupted."""
        self._unseen(f"{prompt} ")

    def _unseen(self, prompt: str) -> str:
        os.write(self._fd, prompt.encode())
        try:
            return self._line()
        finally:
            self.say()

    def _line(self) -> str:
        typed = b""
        while True:
            sign = os.read(self._fd, 1)
            if sign == _INTERRUPTED or not sign or (sign == _NO_MORE and not typed):
                raise Interrupted
            if sign in _ENDS:
                return typed.decode(errors="replace")
            if sign in _RUB_OUT:
                typed = typed.decode(errors="ignore")[:-1].encode()
            elif sign == _ALL_AWAY:
                typed = b""
            elif len(typed) < _LONGEST and sign != _NO_MORE:
                typed += sign
