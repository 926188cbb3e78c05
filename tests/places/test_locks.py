"""Who holds a profile is told, and freed with the process that holds it, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from profiles.errors import LockedError
from profiles.files import boot_id, locked
from profiles.holding import holder_of
from tests.commands.azimuth import ROOT

_HOLD = """
import subprocess, sys
from profiles.files import locked
with locked(sys.argv[1], "Profile demo"):
    child = subprocess.Popen(["sleep", "300"], close_fds=False, stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that holds a lock, and the child that it started while holding it."""
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            yield process, child
        finally:
            os.kill(child, signal.SIGKILL)
            process.kill()


def test_the_holder_is_told_without_being_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert holder_of(path) is None
    with held(path) as (process, _):
        found = holder_of(path)
        assert found is not None
        assert (found.pid, found.host, found.is_stopped) == (process.pid, os.uname().nodename, False)
        assert f"process {process.pid} on {found.host} since {found.since}" == found.who
        with pytest.raises(LockedError, match=f"process {process.pid} on"), locked(path, "Profile demo"):
            pass
        assert holder_of(path) == found
    assert holder_of(path) is None


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_its_end_frees_the_lock_at_once_and_its_children_do_not_hold_it(
    tmp_path: Path, ending: signal.Signals
) -> None:
    path = tmp_path / "lock"
    with held(path) as (process, child):
        process.send_signal(ending)
        process.wait()
        os.kill(child, 0)  # it lives on
        with locked(path, "Profile demo"):
            found = holder_of(path)
            assert found is not None
            assert found.pid == os.getpid()


def test_a_stopped_holder_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held(path) as (process, _):
        os.kill(process.pid, signal.SIGSTOP)
        end = time.monotonic() + 60
        while not ((found := holder_of(path)) and found.is_stopped):
            assert time.monotonic() < end
        assert "which is stopped" in found.who
        assert f"kill -CONT {process.pid}" in found.way_out
        os.kill(process.pid, signal.SIGCONT)


def test_a_process_id_of_another_boot_or_host_says_nothing_here(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held(path) as (process, _):
        os.kill(process.pid, signal.SIGSTOP)
        for host, boot in (("elsewhere", boot_id()), (os.uname().nodename, "another-boot")):
            path.write_text(f"{process.pid}\t{host}\t2026-01-01 00:00:00+0000\t{boot}\n")
            found = holder_of(path)
            assert found is not None
            assert not found.is_stopped
        os.kill(process.pid, signal.SIGCONT)


@pytest.mark.parametrize("record", ["", "\t\t\n", "x\ty\tz\n", "\x1b]0;x\x07\n", "9" * 2000])
def test_a_record_that_can_not_be_read_is_another_process(tmp_path: Path, record: str) -> None:
    path = tmp_path / "lock"
    with held(path):
        path.write_text(record)
        found = holder_of(path)
        assert found is not None
        assert (found.pid, found.who) == (0, "another process")


def test_looking_does_not_refuse_whoever_comes_just_then(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    looking = [
        sys.executable,
        "-c",
        "import sys, profiles.holding as h\nwhile True: h.holder_of(sys.argv[1])",
    ]
    path.touch()
    with subprocess.Popen([*looking, str(path)], cwd=ROOT) as watcher:
        try:
            for _ in range(300):
                with locked(path, "Profile demo", wait=5):
                    pass
        finally:
            watcher.kill()
