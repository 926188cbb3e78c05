"""The whole hi-ml guide with a real Secret Service (gnome-keyring, by the shared recipe), and with one that is killed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / ".." / "shared" / "with_keyring.sh"


def _run(folder: Path) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "AZIMUTH_HOME": str(folder / "azimuth"),
        "KEEP": str(folder / "keep"),
    }
    return subprocess.run(
        ["bash", str(RECIPE), sys.executable, "-m", "tests.secrets.real_keyring", str(folder / "practice")],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What came of each run, by its name."""
    if not RECIPE.exists():
        pytest.skip("the recipe for a real keyring is not at hand")
    for program in ("gnome-keyring-daemon", "dbus-run-session"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed here")
    folder = tmp_path_factory.mktemp("keyring")
    done = _run(folder / "first")
    if "couldn't connect to control socket" in done.stderr and done.returncode:
        done = _run(folder / "second")  # the daemon itself died, as it does now and then
    assert done.returncode == 0, done.stdout + done.stderr
    return {line["flow"]: line for line in map(json.loads, done.stdout.splitlines())}


def test_a_whole_run_keeps_its_secret_there_gives_it_and_takes_it_away(
    told: dict[str, dict[str, Any]],
) -> None:
    assert told["whole"] == {
        "flow": "whole",
        "blocked": False,
        "done": True,
        "again": "nothing to do",
        "proved": True,
        "same": True,
        "live": 1,
        "listed": True,
        "store": "keyring",
        "undone": True,
        "forgotten": True,
    }


def test_a_daemon_killed_between_set_and_get_leaves_no_live_secret_that_is_lost(
    told: dict[str, dict[str, Any]],
) -> None:
    killed = told["killed"]
    assert not killed["blocked"]
    assert not killed["done"]
    assert "revoked" in killed["problem"]
    assert "keyring" in killed["problem"]
    assert killed["live"] == 0
    assert (killed["again"], killed["after"], killed["proved"]) == (True, 1, True)
