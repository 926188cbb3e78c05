"""Whatever is written is ours alone, wherever the home is; a home that can't be used is told with the way out."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from profiles import locations
from profiles.errors import FolderError
from tests.commands.azimuth import ROOT, applied, azimuth, environment

_ROOT = os.geteuid() == 0
_WITHOUT_HOME = "import os; os.environ.pop('HOME', None); os.environ.pop('AZIMUTH_HOME', None);"


def _modes(folder: Path) -> dict[str, str]:
    """Everything below a folder that somebody else could look into, by its name."""
    wide = {}
    for path in (folder, *folder.rglob("*")):
        found = path.lstat()
        wanted = 0o700 if stat.S_ISDIR(found.st_mode) else 0o600
        if stat.S_IMODE(found.st_mode) != wanted and not stat.S_ISLNK(found.st_mode):
            wide[str(path.relative_to(folder))] = oct(stat.S_IMODE(found.st_mode))
    return wide


def test_everything_that_a_whole_setup_writes_is_private(azimuth_home: Path, tmp_path: Path) -> None:
    before = os.umask(0)  # the widest: nothing hangs on the umask of whoever runs this
    try:
        applied()
        limited = ("--world", "hopsworks-limited")
        starter = str(ROOT / "profiles/starters/hopsworks-limited.toml")
        other = {"AZIMUTH_HOME": str(azimuth_home.parent / "second")}
        handed = azimuth(
            "apply", "hopsworks", "--practice", *limited, "--answers", starter, "--profile", "limited", "--yes",
            "--no-watch", env=other,
        )  # fmt: skip
        azimuth("config", "set", "log", "on")
        assert azimuth("verify", "demo", "--practice", "--log").returncode == 0
        written = azimuth("env", "demo", "--format", "dotenv", "--write", str(tmp_path / "demo.env"))
        azimuth("export", "demo", "--format", "terraform", "--output", str(tmp_path / "out"))
        assert azimuth("undo", "demo", "--practice", "--yes").returncode == 0
    finally:
        os.umask(before)
    assert _modes(azimuth_home) == {}
    assert _modes(azimuth_home.parent / "second") == {}, handed.stderr
    if written.returncode == 0:
        assert stat.S_IMODE((tmp_path / "demo.env").stat().st_mode) == 0o600
    assert sum(1 for path in azimuth_home.rglob("*") if path.is_file()) > 10


def _asked(code: str, **env: str) -> str:
    given = {**environment(), **env}
    given.pop("AZIMUTH_HOME")
    told = subprocess.run(
        [sys.executable, "-c", code], env=given, cwd=given["HOME"], capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


_PATHS = "from profiles import locations as l; print(l.config_home(), l.state_home())"


def test_a_relative_xdg_folder_is_no_folder() -> None:
    home = os.environ["HOME"]
    told = _asked(_PATHS, XDG_CONFIG_HOME="rel", XDG_STATE_HOME="./rel")
    assert told == f"{home}/.config/azimuth {home}/.local/state/azimuth"


def test_without_home_the_user_database_knows_it() -> None:
    told = _asked(f"{_WITHOUT_HOME}{_PATHS}", XDG_CONFIG_HOME="", XDG_STATE_HOME="")
    import pwd

    assert told.startswith(pwd.getpwuid(os.geteuid()).pw_dir)


@pytest.mark.skipif(not _ROOT, reason="only root can become a user whom nobody knows")
def test_a_user_without_any_home_is_told_what_to_set() -> None:
    code = (
        f"{_WITHOUT_HOME}import platformdirs.unix, profiles.locations as l; l.config_home(); from profiles.errors import FolderError\n"
        "os.setuid(54321)\n"
        "try: l.config_home()\nexcept FolderError as told: print(told)"
    )
    assert "no home folder. Set AZIMUTH_HOME" in _asked(code, XDG_CONFIG_HOME="", XDG_STATE_HOME="")


@pytest.mark.parametrize("command", [("profiles",), ("config", "set", "log", "on")])
def test_a_home_that_is_not_there_is_not_made(command: tuple[str, ...], tmp_path: Path) -> None:
    gone = tmp_path / "nonexistent"
    env = {"HOME": str(gone), "AZIMUTH_HOME": "", "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": ""}
    told = azimuth(*command, env=env)
    assert told.returncode == 1, told.stdout
    assert f"The home folder {gone} is not there. Set AZIMUTH_HOME" in told.stderr
    assert not gone.exists()


def test_a_link_of_ours_is_followed_and_a_dangling_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert locations.private_folder(tmp_path / "link") == tmp_path / "link"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o700
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FolderError, match=r"link to what is not there\. Set AZIMUTH_HOME"):
        locations.private_folder(tmp_path / "lost")


@pytest.mark.skipif(not _ROOT, reason="only root can make a folder or a link of another user")
def test_a_folder_or_link_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.chown(tmp_path / "link", 12345, 12345, follow_symlinks=False)
    with pytest.raises(FolderError, match=r"another user \(id 12345\).*Set AZIMUTH_HOME"):
        locations.private_folder(tmp_path / "link")
    (tmp_path / "link").unlink()
    os.chown(tmp_path / "real", 12345, 12345)
    told = azimuth("profiles", env={"AZIMUTH_HOME": str(tmp_path / "real")})
    assert told.returncode == 0  # what is above ours may be anybody's; what is ours is made below
    (tmp_path / "real" / "config" / "profiles").chmod(0o777)
    os.chown(tmp_path / "real" / "config" / "profiles", 12345, 12345)
    told = azimuth("profiles", env={"AZIMUTH_HOME": str(tmp_path / "real")})
    assert (told.returncode, "belongs to another user (id 12345)" in told.stderr) == (1, True)
