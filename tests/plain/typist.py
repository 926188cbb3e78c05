"""A person at a terminal who answers the plain prompts, for tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pexpect

from tests.commands.azimuth import COMMAND, environment


class Typist:
    """Answers prompts in order; each prompt is waited for by its text."""

    def __init__(
        self, *arguments: str, terminal: str = "xterm", more: Mapping[str, str] | None = None
    ) -> None:
        env = environment({"TERM": terminal, "NO_COLOR": "1", **(more or {})})
        self._child: Any = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            env=env,
            encoding="utf-8",
            timeout=60,
            dimensions=(50, 160),
        )
        self._child.delaybeforesend = None
        self.seen = ""

    def reads(self, pattern: str) -> None:
        """Wait for a text on the terminal."""
        self._child.expect(pattern)
        self.seen += f"{self._child.before}{self._child.after}"

    def answers(self, prompt: str, typed: str = "") -> None:
        """Wait for a prompt and its colon, and answer it; nothing typed takes the default."""
        self.reads(rf"{prompt}[^\r\n:]*:")
        self._child.send(f"{typed}\r")

    def types(self, typed: str) -> None:
        """Type a line, whatever is asked."""
        self._child.send(f"{typed}\r")

    def interrupts(self) -> None:
        """Press Ctrl+C."""
        self._child.sendintr()

    def signals(self, which: int) -> None:
        """Send the process a signal."""
        self._child.kill(which)

    def leaves(self) -> int | None:
        """Read to the end; return the exit code."""
        self._child.expect(pexpect.EOF)
        self.seen += self._child.before
        self._child.close()
        code: int | None = self._child.exitstatus
        return code

    def kills(self) -> None:
        """Close the terminal, as a crashed window does."""
        self._child.close(force=True)

    @property
    def text(self) -> str:
        """All that was shown, without the terminal's own sequences."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen)


def signs_in(typist: Typist, profile: str = "demo") -> None:
    """Answer up to the first step."""
    if profile:
        typist.answers("Profile", profile)
    typist.answers("Way", "")


def fills_in(typist: Typist) -> None:
    """Give the answers of the himl starter, most of them as a person would: by number or by part of a name."""
    typist.answers("Tenant")
    typist.answers("Subscription", "Research")
    typist.answers("hi-ml signs in by", "3")
    typist.answers("Application")
    typist.answers("Name", "himl-vision")
    typist.answers("Name")
    typist.answers("Lifetime in months")
    typist.answers("Workspace", "vis")
    typist.answers("Role")
    typist.answers("On")
    typist.answers("Tenant id")
