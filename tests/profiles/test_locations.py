"""Our folders are ours alone, wherever AZIMUTH_HOME puts them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from profiles import locations
from profiles.errors import FolderError

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_all_folders_are_under_azimuth_home_and_private(home: Path) -> None:
    before = os.umask(0)
    try:
        folders = [
            locations.config_folder(),
            locations.profiles_folder(),
            locations.state_folder(),
            locations.practice_folder(),
            locations.journals_folder(),
            locations.log_path().parent,
        ]
    finally:
        os.umask(before)
    assert folders[:3] == [home / "config", home / "config" / "profiles", home / "state"]
    assert {mode(folder) for folder in [home, *folders]} == {0o700}


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AZIMUTH_HOME", "here")
    assert locations.config_home() == str(tmp_path / "here" / "config")


def test_without_azimuth_home_the_platform_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZIMUTH_HOME", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert locations.profiles_home() == str(tmp_path / "c" / "azimuth" / "profiles")
    assert locations.practice_home() == str(tmp_path / "s" / "azimuth" / "practice")


def test_a_folder_that_is_too_wide_is_tightened(tmp_path: Path) -> None:
    (tmp_path / "wide").mkdir(mode=0o777)
    (tmp_path / "wide").chmod(0o777)
    assert mode(locations.private_folder(tmp_path / "wide")) == 0o700


def test_a_restrictive_umask_does_not_shut_us_out(tmp_path: Path) -> None:
    before = os.umask(0o777)
    try:
        folder = locations.private_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert mode(folder) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 12345, 12345)
    with pytest.raises(FolderError, match="another user"):
        locations.private_folder(tmp_path / "theirs")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="can't be used"):
        locations.private_folder(tmp_path / "file")
    with pytest.raises(FolderError, match="can't be used"):
        locations.private_folder(tmp_path / "file" / "below")
