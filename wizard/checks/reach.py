"""Whether a host answers from this machine: told, and never in anybody's way."""

from __future__ import annotations

import asyncio
import socket

from wizard.guide import Asking, Check, Finding, Findings, Severity
from wizard.threads import in_daemon_thread

SECONDS = 1.5
"""How long a person waits at most for a host that says nothing."""


def answers_from_here(key: str, host: str, port: int = 443, seconds: float = SECONDS) -> Check:
    """Return the check that tells whether `host` takes a TCP connection (COMMON C-tcp); its finding never blocks.

    `key` is the question it is told at. A rehearsal without internet is no fault, nor is a proxy.
    """

    async def check(_asking: Asking) -> Findings:
        if await _answers(host, port, seconds):
            return (Finding(Severity.OK, key, f"{host} answers."),)
        what = f"{host} could not be reached from here."
        rule = "Without internet, or behind a proxy, that says nothing about it."
        return (Finding(Severity.INFO, key, what, rule, "You can go on."),)

    return check


async def _answers(host: str, port: int, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):  # looking a name up has no limit of its own
            return await in_daemon_thread(lambda: _connects(host, port, seconds))
    except TimeoutError:
        return False


def _connects(host: str, port: int, seconds: float) -> bool:
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True
    except (OSError, UnicodeError):  # UnicodeError: a name that is no host name
        return False
