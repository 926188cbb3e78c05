"""A place that can't be written to is told before anything is created in Azure; one that fails midway loses nothing."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from profiles.room import Place, meaning, problem_of, reserve
from tests.commands.azimuth import ROOT
from tests.rehearsal import himl, practice
from wizard.apply.room import places_of, see_room
from wizard.apply.work import Undoable

_NARROW = (sys.executable, "-m", "tests.places.narrow")
_LIMITED = (sys.executable, "-m", "tests.places.limited")
_CUTS = (100, 300, 600, 900, 1200, 1500, 1800, 2100, 2400, 2700, 3000, 3300, 3600)
_SAID = {
    "full": "the disk is full",
    "no names": "the disk takes no more files (it has no inodes left)",
    "read-only": "the disk may only be read",
    "foreign": "belongs to another user (id 12345)",
}


def _may_mount() -> bool:
    if os.geteuid() != 0:
        return False
    tried = ("unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt")
    try:
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.skipif(not _may_mount(), reason="a disk of one's own takes root and a mount namespace")
def test_every_narrow_place_is_told_before_azure_is_touched(tmp_path: Path) -> None:
    done = subprocess.run(
        ["unshare", "-m", *_NARROW, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    told = _lines(done)
    *before, midway = told
    assert len(before) == 12  # three places, four ways each
    for one in before:
        assert one["untouched"], one
        assert one["blocked"], one
        assert _SAID[one["fault"]] in one["what"], one
        assert one["end"] == "failed", one
        assert _SAID[one["fault"]] in one["problem"] or one["fault"] == "foreign", one
        assert "Traceback" not in one["problem"]
    assert (midway["end"], midway["after"]) == ("failed", True), midway
    assert "azimuth resume demo goes on then" in midway["problem"]


async def test_a_disk_that_refuses_at_any_byte_leaves_a_true_journal_and_resuming_finishes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with practice(tmp_path) as cloud:
        command = [*_LIMITED, str(tmp_path), cloud.arm, *map(str, _CUTS)]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False
        )
    told = _lines(done)
    for one in told:
        assert one["orphans"] == [], one
        assert one["after"], one
        assert one["applications"] == 1, one
        assert one["secrets"] == [one["stored"]], one
    failed = [one for one in told if one["end"] == "failed"]
    assert all("a limit on the size of files is reached" in one["problem"] for one in failed)
    assert all("ulimit -f" in one["problem"] for one in failed)
    assert len(failed) >= 8
    with capsys.disabled():
        sys.stdout.write(f"\ndisk refuses midway: {len(told)} places, {len(failed)} stopped plainly, 0 bad\n")


async def test_a_limit_on_files_is_told_before_azure_is_touched(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            plan = setup.walkthrough.plan()
            whole = [place.what for place in places_of(setup, plan)]
            assert whole == ["The profile and the pages of hand-offs", "The journal", "The client secret"]
            with _limited(resource.RLIMIT_FSIZE, 4096), pytest.raises(Undoable, match="limit on the size"):
                see_room(setup, plan)
            with _limited(resource.RLIMIT_NOFILE, sum(1 for _ in Path("/proc/self/fd").iterdir())):
                refused = reserve([Place(str(setup.store.folder), "The profile", 3000, 3)])
            assert "too many files are open" in refused[0].sentence
            assert "ulimit -n" in refused[0].mend
            assert _left(setup.store.folder) == []


@contextmanager
def _limited(which: int, to: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(which)
    resource.setrlimit(which, (to, hard))
    try:
        yield
    finally:
        resource.setrlimit(which, (soft, hard))


def _left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "tmp" in path.name]


def test_a_reserve_leaves_nothing_and_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / ".reserve.azimuth-tmp.0123").write_bytes(b"x")
    (tmp_path / "mine").touch()
    assert reserve([Place(str(tmp_path), "It"), Place(str(tmp_path), "That")]) == ()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    (refused,) = reserve([Place(str(tmp_path / "gone"), "It")])
    assert refused.sentence == f"It can't be written to {tmp_path / 'gone'}: the folder is gone."


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, 9999])
def test_what_a_disk_refuses_is_said_in_words(number: int) -> None:
    error = OSError(number, os.strerror(number), "/some/where")
    why, mend = meaning(error)
    assert why[:1].islower()
    assert mend.endswith(".")
    assert "[Errno" not in problem_of(error)
