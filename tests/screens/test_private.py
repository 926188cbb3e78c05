"""What is in memory stays there, and the terminal is left as it was, whatever ends the process."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from profiles.locations import practice_folder
from tests.commands.azimuth import COMMAND, ROOT, environment
from tests.rehearsal import practice
from tests.screens.test_terminal import LEFT, ended, opened
from tests.screens.walks import prepared

ASKING = """
from getpass import getpass
from screens.settings import Settings
Settings().keep_private()
getpass("Passphrase: ")
"""
SHOWS = """
import os, resource, stat
from screens.settings import Settings
Settings().keep_private()
print(resource.getrlimit(resource.RLIMIT_CORE)[0], "TEXTUAL_LOG" in os.environ)
print(open("/proc/self/status").read())
open("made", "w").close()
print(oct(stat.S_IMODE(os.stat("made").st_mode)))
raise SystemExit(os.stat(f"/proc/{os.getpid()}/mem").st_uid)
"""
THREADS = """
import threading, logging, asyncio, warnings
from screens.settings import Settings
Settings().keep_private()
def fails(): raise RuntimeError("canary")
thread = threading.Thread(target=fails); thread.start(); thread.join()
logging.getLogger("azure.identity").error("canary")
async def main():
    async def fails(): raise RuntimeError("canary")
    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
asyncio.run(main())
class Sinking:
    def __del__(self): raise RuntimeError("canary")
    def __repr__(self): return "canary"
Sinking()
"""


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_while_a_secret_is_typed_gives_the_terminal_its_echo_back(which: signal.Signals) -> None:
    child = pexpect.spawn(sys.executable, ["-c", ASKING], env=environment(), timeout=30)
    child.expect("Passphrase: ")
    assert child.waitnoecho(10)
    child.kill(which)
    child.expect(pexpect.EOF)
    echoes = child.getecho()
    child.close()
    assert echoes
    assert child.signalstatus == which


@pytest.mark.parametrize(
    ("shows", "keys", "which"),
    [
        ("hi-ml", b"", signal.SIGQUIT),
        ("Enter signs in", b"", signal.SIGHUP),
        ("Azure says", b"\r", signal.SIGTERM),
    ],
    ids=["home", "sign-in", "review"],
)
def test_any_page_is_left_in_order_by_any_signal(shows: str, keys: bytes, which: signal.Signals) -> None:
    with practice(practice_folder()) as cloud:
        asyncio.run(prepared(cloud, step="2.3"))
    where = () if shows == "hi-ml" else ("himl", "--profile", "demo")
    child = opened("--practice", *where)
    if keys:
        child.expect(b"Enter signs in")
        child.send(keys)
        child.expect(b"Lifetime in months")
        child.send(b"\x12")
    child.expect(shows.encode())
    child.kill(which)
    assert LEFT in ended(child)
    assert child.exitstatus == 128 + which


def test_no_core_no_log_of_textual_and_private_files(tmp_path: Path) -> None:
    env = environment({"TEXTUAL_LOG": str(tmp_path / "log"), "TEXTUAL": "devtools"})
    done = subprocess.run(
        [sys.executable, "-c", SHOWS], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("0 False\n"), done.stderr
    assert done.stdout.rstrip().endswith("0o600")
    assert not (tmp_path / "log").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_no_other_process_of_the_user_may_read_the_memory() -> None:
    code = "import ctypes; from screens.private import keep_memory; keep_memory(); print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n"


def test_a_program_that_run_becomes_is_as_free_as_before() -> None:
    code = (
        "import os, sys; from screens.private import keep_memory; keep_memory(); "
        "os.execv(sys.executable, [sys.executable, '-c', 'import ctypes, resource; "
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE)[0])'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", str(resource.getrlimit(resource.RLIMIT_CORE)[0])]


def test_the_sdks_start_no_program_to_learn_of_the_processor(tmp_path: Path) -> None:
    (tmp_path / "uname").write_text("#!/bin/sh\ntouch " + str(tmp_path / "started") + "\n")
    (tmp_path / "uname").chmod(0o700)
    code = (
        "from screens.settings import Settings; Settings().keep_private(); "
        "import azure.identity._internal.user_agent, azure.core.pipeline.policies as p; p.UserAgentPolicy()"
    )
    env = environment({"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert not (tmp_path / "started").exists()
    subprocess.run([sys.executable, "-c", "import platform; platform.uname().processor"], env=env, check=True)
    assert (tmp_path / "started").exists(), "and it would be seen"


def test_threads_tasks_finalizers_and_libraries_that_fail_say_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", THREADS], env=environment(), capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_a_traceback_that_is_asked_for_holds_no_text_of_a_strangers_exception(azimuth_home: Path) -> None:
    code = (
        "import sys, screens.shell, screens.entry\n"
        "def broken(*_): raise LookupError('canary') from ValueError('canary')\n"
        "screens.entry.print_variables = broken\n"
        "sys.exit(screens.entry.run(['env', 'demo']))"
    )
    env = environment({"AZIMUTH_TRACEBACK": "1"})
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "LookupError" in done.stderr
    assert "because of" in done.stderr
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("how", "more"), [(("--log",), {}), ((), {"AZIMUTH_LOG": "1"})], ids=["option", "environment"]
)
def test_a_log_is_written_when_asked_for_and_only_then(
    azimuth_home: Path, how: tuple[str, ...], more: dict[str, str]
) -> None:
    log = azimuth_home / "state" / "log" / "azimuth.log"
    subprocess.run(
        [*COMMAND, "profiles", "list"], env=environment(), cwd=ROOT, capture_output=True, check=True
    )
    assert not log.exists()
    env = environment(more)
    subprocess.run([*COMMAND, "profiles", "list", *how], env=env, cwd=ROOT, capture_output=True, check=True)
    text = log.read_text("utf-8")
    assert "azimuth profiles list" in text
    assert "ended with 0" in text
    assert log.stat().st_mode & 0o077 == 0


def test_a_log_that_cannot_be_begun_is_told_and_stops_nothing(azimuth_home: Path) -> None:
    folder = azimuth_home / "state"
    folder.mkdir(parents=True)
    (folder / "log").write_text("in the way")
    done = subprocess.run(
        [*COMMAND, "profiles", "list", "--log"],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr.startswith("azimuth: no log is written: ")
    assert os.linesep not in done.stderr.rstrip()
