"""Ctrl+C while applying: on a terminal it asks, without one it leaves the run; the state is saved whatever is chosen."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

import pexpect
import pytest

from tests.commands.azimuth import COMMAND, STARTER, azimuth, environment

SLOWLY = ("--time-scale", "0.2")
APPLY = ("apply", "himl", "--practice", "--answers", STARTER, "--profile", "demo", "--yes")
WAITS = "waiting"


def on_a_terminal(*arguments: str) -> Any:
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], *arguments],
        env=environment(),
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 120),
    )
    child.delaybeforesend = None
    return child


def ended(child: Any) -> int | None:
    child.expect(pexpect.EOF)
    child.close()
    code: int | None = child.exitstatus
    return code


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "expected"), [("", "stopped watching"), ("l", "stopped watching"), ("c", "Cancelled")]
)
def test_ctrl_c_asks_and_the_state_is_saved(answer: str, expected: str) -> None:
    child = on_a_terminal(*APPLY, *SLOWLY)
    child.expect(WAITS)
    child.sendintr()
    child.expect("eave it running")
    child.sendline(answer)
    child.expect(expected)
    child.expect("azimuth resume demo")
    assert ended(child) == 130
    resumed = azimuth("resume", "demo", "--yes")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert azimuth("verify", "demo").returncode == 0


@pytest.mark.slow
def test_who_watches_on_sees_the_end() -> None:
    child = on_a_terminal(*APPLY, *SLOWLY)
    child.expect(WAITS)
    child.sendintr()
    child.expect("eave it running")
    child.sendline("w")
    child.expect("Proved: 5 of 5")
    assert ended(child) == 0


@pytest.mark.slow
def test_a_second_ctrl_c_leaves_at_once() -> None:
    child = on_a_terminal(*APPLY, *SLOWLY)
    child.expect(WAITS)
    child.sendintr()
    child.expect("eave it running")
    child.sendintr()
    child.expect("stopped watching")
    assert ended(child) == 130


@pytest.mark.slow
@pytest.mark.parametrize(("which", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_without_a_terminal_it_is_left_running(which: signal.Signals, code: int) -> None:
    with subprocess.Popen(
        [*COMMAND, *APPLY, *SLOWLY],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        while WAITS not in (line := child.stdout.readline()):
            assert line
        child.send_signal(which)
        rest = child.stdout.read()
    assert child.returncode == code
    assert "stopped watching" in rest
    assert azimuth("resume", "demo", "--yes").returncode == 0


@pytest.mark.slow
def test_a_person_says_yes_or_no_first() -> None:
    child = on_a_terminal(*APPLY[:-1])
    child.expect("Go on")
    child.sendline("n")
    child.expect("Nothing was written")
    assert ended(child) == 1
    child = on_a_terminal(*APPLY[:-1])
    child.expect("Go on")
    child.sendline("y")
    child.expect("Proved: 5 of 5")
    assert ended(child) == 0
