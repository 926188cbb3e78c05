"""The full screen in a terminal of its own: killed, ended, hung up on, crashed; the terminal and the answers outlive it."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest

from profiles.locations import practice_folder
from profiles.store import ProfileStore
from tests.commands.azimuth import COMMAND, environment
from tests.rehearsal import practice
from tests.screens.test_hostile import hostile_world
from tests.screens.walks import prepared

LEFT = b"\x1b[?1049l"  # leaves the alternate screen
CRASHING = """
import sys
from screens.app import run_full_screen
from screens.home import HomePage
from wizard.azure.clouds import AZURE_PUBLIC

def read(page):
    canary = "s3cr" + "et-canary"
    raise RuntimeError(f"broken by {canary}")

HomePage._read = read
try:
    run_full_screen(open_cloud=lambda: AZURE_PUBLIC)
except RuntimeError as fault:
    sys.exit(f"told: {type(fault).__name__}")
"""


def opened(*arguments: str, command: tuple[str, ...] = COMMAND, **more: str) -> Any:
    """Start it in a terminal of 80 columns and 24 lines."""
    child = pexpect.spawn(
        command[0],
        [*command[1:], *arguments],
        env=environment({"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", **more}),
        timeout=30,
        dimensions=(24, 80),
    )
    child.delaybeforesend = None
    return child


def at_a_step() -> Any:
    """Leave a profile at the client secret, and open it there."""
    with practice(practice_folder()) as cloud:
        asyncio.run(prepared(cloud, step="2.3"))
    child = opened("--practice", "himl", "--profile", "demo")
    child.expect(b"Enter signs in")
    child.send(b"\r")
    child.expect(b"2.3 Client secret")
    child.expect(b"Lifetime in months")
    return child


def until(child: Any, holds: Callable[[], bool]) -> None:
    """Wait for something, reading all the while: a terminal that nobody reads stops the program."""
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end, kept_name()
        child.expect([pexpect.TIMEOUT], timeout=0.02)


def kept_name() -> object:
    return ProfileStore().load("demo").answers.get("secret_name")


def retype(child: Any, text: str) -> None:
    """Empty the field, then type.

    Textual 8 carries out ctrl+u after letters that came in the same burst; nobody types that fast.
    """
    child.send(b"\x15")
    until(child, lambda: kept_name() == "")
    child.send(text.encode())
    until(child, lambda: kept_name() == text)


def ended(child: Any) -> bytes:
    child.expect(pexpect.EOF)
    child.close()
    output: bytes = child.before
    return output


def test_killed_in_the_middle_it_has_lost_no_answer_and_opens_again() -> None:
    child = at_a_step()
    retype(child, "typed-before-the-kill")
    child.kill(signal.SIGKILL)
    ended(child)
    again = opened("--practice", "himl", "--profile", "demo")
    again.expect(b"Enter signs in")
    again.send(b"\r")
    again.expect(b"typed-before-the-kill")
    again.send(b"\x11")
    assert b"azimuth resume demo" in ended(again)
    assert again.exitstatus == 0


@pytest.mark.parametrize(
    ("which", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_ended_by_a_signal_it_restores_the_terminal_and_saves(which: signal.Signals, code: int) -> None:
    child = at_a_step()
    retype(child, "typed")
    child.kill(which)
    assert LEFT in ended(child)
    assert child.exitstatus == code
    assert kept_name() == "typed"


def test_a_fault_of_ours_shows_no_values_and_restores_the_terminal() -> None:
    child = opened(command=(sys.executable, "-c", CRASHING))
    output = ended(child)
    assert LEFT in output
    assert b"told: RuntimeError" in output
    assert b"canary" not in output
    assert child.exitstatus == 1


def test_nothing_of_a_hostile_name_reaches_the_terminal_as_a_command(tmp_path: Path) -> None:
    child = opened("--practice", "--world", str(hostile_world(tmp_path)), "himl", "--profile", "demo")
    child.expect(b"Enter signs in")
    seen = child.before
    for keys, text in ((b"\r", b"Fabrikam"), (b"\r", b"Production"), (b"\x11", pexpect.EOF)):
        child.send(keys)
        child.expect(text)
        seen += child.before
    child.close()
    assert b"pwned" in seen
    assert b"\x1b]0;pwned" not in seen
    assert b"\x9b2J" not in seen
    assert "\u202e".encode() not in seen


def test_a_terminal_without_unicode_gets_ascii_stand_ins_of_the_same_width() -> None:
    child = opened(
        "--practice", "himl", "--profile", "demo", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0"
    )
    child.expect(b"Enter signs in")
    seen = child.before
    child.send(b"\r")
    child.expect(b"F3 all steps")
    seen += child.before
    child.send(b"\x11")
    seen += ended(child)
    assert seen.isascii()
    assert b"+- 0.1 Tenant" in re.sub(rb"\x1b\[[0-9;]*m", b"", seen)
    assert not re.search(rb"\\\\(x|u)[0-9a-f]{2}", seen)
