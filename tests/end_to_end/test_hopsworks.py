"""The Hopsworks guide from its starter files, every command in a process of its own: made, proved, told, resumed, undone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.commands.azimuth import TRACES, azimuth, lines
from tests.rehearsal import state_of

_MANUAL = 4
_COMMAND = ("apply", "hopsworks", "--practice", "--profile", "hops", "--yes", "--answers")


# A provider stays registered: taking that back is nobody's wish, and others may use it by now.
_LEFT = (*TRACES, "provider")


def practice_folder() -> Path:
    return Path(os.environ["AZIMUTH_HOME"]) / "state" / "practice"


@pytest.fixture(autouse=True)
def home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Private keys go below the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()


@pytest.mark.slow
@pytest.mark.parametrize("starter", ["hopsworks.toml", "hopsworks-limited.toml"])
def test_the_whole_job_and_back(starter: str) -> None:
    azimuth("check", "hopsworks", "--practice", "--answers", starter)
    before = state_of(practice_folder(), without=_LEFT)

    told = lines(*_COMMAND, starter, code=_MANUAL)
    outcome = told[-1]
    assert (outcome["event"], outcome["ok"]) == ("outcome", True), outcome
    assert outcome["made"]
    assert outcome["manual"], "creating the cluster stays for a person"
    after = state_of(practice_folder(), without=_LEFT)
    assert after != before

    verified = azimuth("verify", "hops")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    variables = json.loads(azimuth("env", "hops", "--format", "json").stdout)
    assert variables["HOPSWORKS_RESOURCE_GROUP"]

    again = lines(*_COMMAND, starter, code=_MANUAL)[-1]
    assert again["made"] == []
    assert lines("resume", "hops", "--yes", code=_MANUAL)[-1]["made"] == []
    assert state_of(practice_folder(), without=_LEFT) == after

    gone = azimuth("undo", "hops", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert state_of(practice_folder(), without=_LEFT) == before
