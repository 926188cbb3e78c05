"""A masked command has the streams, the terminal, the signals and the end that it would have without us."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

ROOT = Path(__file__).parents[2]
SECRET = "abc8Q~Zx.y_z-1234567890ABCDEFGHIJKLMNOPQ"
PROMPT = "READY> "
_RUN = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from profiles.secrets import Secret
from screens.masked_run import run
secret = os.environ.pop("HELD")
sys.exit(run(sys.argv[1:], {{**os.environ, "HELD": secret}}, [Secret(secret)]))
"""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A script that runs its arguments masked, with a secret in $HELD."""
    path = tmp_path_factory.mktemp("runner") / "masked"
    path.write_text(f"#!{sys.executable}\n{_RUN}")
    path.chmod(0o700)
    return str(path)


def environment(**more: str) -> dict[str, str]:
    """Little but the secret."""
    return {"PATH": os.environ["PATH"], "HELD": SECRET, "PS1": PROMPT, "TERM": "xterm", **more}


def masked(runner: str, script: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a script by sh, with pipes."""
    return subprocess.run(
        [runner, "sh", "-c", script],
        env=environment(),
        input=given,
        capture_output=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def shell(runner: str) -> Iterator[Any]:
    """An interactive bash on a terminal of 80x24, in which `masked` is the runner."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed here")
    # bash alone has a job's group and tells of its stops.
    child = pexpect.spawn(
        "bash",
        ["--norc", "--noprofile", "-i"],
        env=environment(),
        encoding="utf-8",
        timeout=30,
        dimensions=(24, 80),
    )
    child.expect_exact(PROMPT)
    child.sendline(f"alias masked={runner}; bind 'set enable-bracketed-paste off'")
    child.expect_exact(PROMPT)
    yield child
    child.close(force=True)


def end_of(child: Any) -> int:
    """Wait for the prompt, and return the exit code of what ran."""
    child.expect_exact(PROMPT)
    child.sendline("echo code=$?")
    child.expect(r"code=(\d+)")
    code = int(child.match[1])
    child.expect_exact(PROMPT)
    return code


def test_output_and_errors_are_masked_each_on_its_own_stream(runner: str) -> None:
    done = masked(runner, 'echo "out $HELD"; echo "err $HELD" >&2; exit 7')
    assert (done.stdout, done.stderr, done.returncode) == ("out •••\n".encode(), "err •••\n".encode(), 7)


def test_a_secret_that_comes_in_two_writes_is_masked(runner: str) -> None:
    done = masked(runner, 'printf %.20s "$HELD"; printf %s "${HELD#????????????????????}"; echo " end"')
    assert done.stdout == "••• end\n".encode()


def test_a_lot_of_input_gets_through_byte_for_byte(runner: str) -> None:
    given = os.urandom(3_000_000)
    assert masked(runner, "cat", given).stdout == given


def test_the_command_ends_us_as_it_ended(runner: str) -> None:
    assert masked(runner, "exit 200").returncode == 200
    assert masked(runner, "kill -TERM $$").returncode == -signal.SIGTERM
    assert masked(runner, "kill -KILL $$").returncode == -signal.SIGKILL


def test_a_closed_stream_does_no_harm(runner: str) -> None:
    line = f"{runner} sh -c 'echo out; echo $HELD >&2; exit 3' >&- 2>told <&-; echo $?; cat told"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=Path(runner).parent,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "3\n•••\n".encode()


def test_a_reader_that_leaves_ends_the_command(runner: str) -> None:
    line = f"set -o pipefail; {runner} yes | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], env=environment(), capture_output=True, timeout=60, check=True
    )
    assert done.stdout.split() == [b"y", str(128 + signal.SIGPIPE).encode()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_that_is_sent_to_us_reaches_the_command(runner: str, number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo got {name}; exit 9' {name}; echo begun; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [runner, "sh", "-c", script], env=environment(), stdout=subprocess.PIPE, start_new_session=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"begun\n"
        run.send_signal(number)
        assert run.stdout.read() == f"got {name}\n".encode()
    assert run.returncode == 9


def test_a_signal_that_reaches_the_whole_group_reaches_the_command_once(shell: Any) -> None:
    counting = (
        "trap 'n=x$n' INT; echo be\"\"gun; while [ ${#n} -lt 1 ]; do sleep 0.2; done; sleep 0.5; echo n=$n."
    )
    # cat would end by the same ctrl+c.
    shell.sendline(f"masked sh -c {shlex.quote(counting)} | (trap '' INT; exec cat)")
    shell.expect_exact("begun")
    shell.send("\x03")
    shell.expect_exact("n=x.")


def test_on_a_terminal_the_command_has_one_of_the_same_size(shell: Any) -> None:
    shell.sendline("masked sh -c 'test -t 0 && test -t 1 && test -t 2 && echo all; stty size; exit 5'")
    shell.expect_exact("all\r\n24 80\r\n")
    assert end_of(shell) == 5
    winch = 'trap "stty size; exit 6" WINCH; echo be""gun; while :; do sleep 0.05; done'
    shell.sendline(f"masked sh -c '{winch}'")
    shell.expect_exact("begun")
    shell.setwinsize(30, 100)
    shell.expect_exact("30 100")
    assert end_of(shell) == 6


def test_typed_text_and_the_answer_are_masked_and_the_end_of_input_is_one(shell: Any) -> None:
    shell.sendline("masked cat")
    shell.sendline(f"x {SECRET} y")
    shell.expect_exact("x ••• y")
    shell.expect_exact("x ••• y")
    shell.send("\x04")
    assert end_of(shell) == 0


def test_ctrl_z_stops_it_and_fg_and_bg_go_on(shell: Any) -> None:
    shell.sendline("masked cat")
    shell.sendline("one")
    shell.expect_exact("one\r\none")
    for how in ("fg", "bg; fg"):
        shell.send("\x1a")
        shell.expect_exact("Stopped")
        shell.expect_exact(PROMPT)
        shell.sendline("stty -a")
        shell.expect(r"[^-]icanon")
        shell.expect_exact(PROMPT)
        shell.sendline(how)
        shell.expect_exact("cat")
        shell.sendline("two")
        shell.expect(r"two\s+two")
    shell.send("\x03")
    assert end_of(shell) == 128 + signal.SIGINT


def test_ctrl_c_reaches_what_runs_in_an_inner_shell_alone(shell: Any) -> None:
    shell.sendline("masked bash --norc --noprofile --noediting -i")
    shell.expect_exact(PROMPT)
    shell.sendline('echo "in ${HELD}"; sleep 600')
    shell.expect_exact("in •••")
    shell.send("\x03")
    shell.expect_exact(PROMPT)
    shell.sendline("exit 4")
    assert end_of(shell) == 4


def test_with_its_input_from_a_pipe_the_keys_stay_the_terminals(shell: Any) -> None:
    shell.sendline("echo given | masked sh -c 'test -t 0 || test -t 1 && echo out; cat; exec sleep 600'")
    shell.expect_exact("out\r\ngiven")
    shell.send("\x1a")
    shell.expect_exact("Stopped")
    shell.expect_exact(PROMPT)
    shell.sendline("fg")
    shell.expect_exact("sleep 600'")
    shell.send("\x03")
    assert end_of(shell) == 128 + signal.SIGINT


def test_where_nobody_would_go_on_a_stop_is_none(runner: str) -> None:
    """A group that no shell looks after can't be stopped by a key: it would stay so for ever."""
    child = pexpect.spawn(runner, ["cat"], env=environment(), encoding="utf-8", timeout=60)
    child.sendline("one")
    child.expect_exact("one\r\none")
    child.send("\x1a")
    child.sendline("two")
    child.expect(r"two\s+two")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_terminal_that_is_closed_hangs_the_command_up(runner: str, tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f"trap 'echo hung up >> {told}; exit 0' HUP; echo be''gun; while :; do sleep 0.05; done"
    child = pexpect.spawn(runner, ["sh", "-c", script], env=environment(), encoding="utf-8", timeout=60)
    child.expect_exact("begun")
    child.close(force=False)
    assert told.read_text() == "hung up\n"


def test_when_we_are_killed_the_command_on_its_own_terminal_is_hung_up(runner: str, tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    script = f"trap 'echo hung up > {told}; exit 0' HUP; echo be''gun; while :; do sleep 0.05; done"
    child = pexpect.spawn(runner, ["sh", "-c", script], env=environment(), encoding="utf-8", timeout=60)
    child.expect_exact("begun")
    child.kill(signal.SIGKILL)
    assert told.read_text() == "hung up\n"
    child.close()


def test_no_process_has_the_secret_in_its_arguments(runner: str) -> None:
    with subprocess.Popen(
        [runner, "sh", "-c", "echo begun; read line"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"begun\n"
        seen = [words for one in Path("/proc").glob("[0-9]*/cmdline") if (words := _read(one))]
        run.communicate(b"\n", timeout=60)
    assert any(b"read line" in words for words in seen)
    assert not any(SECRET.encode() in words for words in seen)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # gone by now
        return b""


def test_a_command_that_can_not_be_started_is_told_as_without_us(runner: str) -> None:
    done = subprocess.run(
        [runner, "nosuchcommand"], env=environment(), capture_output=True, timeout=60, check=False
    )
    assert b"FileNotFoundError" in done.stderr


def test_the_command_gets_none_of_our_files_and_no_signal_is_blocked(runner: str) -> None:
    code = "import os, signal; print(sorted(os.listdir('/proc/self/fd'))[:4], signal.pthread_sigmask(0, ()))"
    done = subprocess.run(
        [runner, sys.executable, "-c", code], env=environment(), capture_output=True, timeout=60, check=True
    )
    assert done.stdout == b"['0', '1', '2', '3'] set()\n"
