"""Where what lasts is kept: the config and state folders of the platform, or both under AZIMUTH_HOME."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from profiles.errors import FolderError

if TYPE_CHECKING:
    from pathlib import Path

WAY_OUT = "Set AZIMUTH_HOME to a folder that you can write; everything is kept there then."
"""What to do when a folder can't be used."""

_PRIVATE = 0o700


def config_home() -> str:
    """Name of the config folder, which is not made: `$AZIMUTH_HOME/config`, or the platform's own.

    Raises FolderError for a user without a home.
    """
    return _home("config")


def state_home() -> str:
    """Name of the state folder, which is not made: `$AZIMUTH_HOME/state`, or the platform's own.

    Raises FolderError for a user without a home.
    """
    return _home("state")


def profiles_home() -> str:
    """Name of the folder of the profiles, which is not made."""
    return os.path.join(config_home(), "profiles")  # noqa: PTH118 - pathlib costs `azimuth env` 5 ms


def practice_home() -> str:
    """Name of practice Azure's folder, which is not made."""
    return os.path.join(state_home(), "practice")  # noqa: PTH118 - as above


def config_folder() -> Path:
    """The config folder, made private if need be. Raises FolderError."""
    _see_home()
    return private_folder(config_home())


def state_folder() -> Path:
    """The state folder, made private if need be. Raises FolderError."""
    _see_home()
    return private_folder(state_home())


def profiles_folder() -> Path:
    """Where profiles are kept. Raises FolderError."""
    return private_folder(config_folder() / "profiles")


def practice_folder() -> Path:
    """Where practice Azure keeps its world, its CA and its secrets. Raises FolderError."""
    return private_folder(state_folder() / "practice")


def journals_folder() -> Path:
    """Where the journals of the profiles are kept. Raises FolderError."""
    return private_folder(state_folder() / "journals")


def approvals_home() -> str:
    """Name of the folder that keeps which profiles were approved, which is not made."""
    return os.path.join(state_home(), "approved")  # noqa: PTH118 - as above


def log_path() -> Path:
    """The file a log goes to when one is asked for; its folder exists. Raises FolderError."""
    return private_folder(state_folder() / "log") / "azimuth.log"


def private_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder that only its owner can enter (0700 whatever the umask), and the missing ones above it.

    An existing one that is wider is tightened; a link of ours to a folder of ours is followed. Raises FolderError
    when it belongs to another user, is no folder, or can't be made.
    """
    from pathlib import Path

    folder = Path(path)
    try:
        _make(folder)
        _tighten(folder)
    except OSError as error:
        dangling = folder.is_symlink() and not folder.exists()
        why = "it is a link to what is not there" if dangling else error.strerror or str(error)
        raise FolderError(f"The folder {folder} can't be used: {why}. {WAY_OUT}") from error
    return folder


def _make(folder: Path) -> None:
    from profiles.files import sync_folder

    if folder.is_dir():
        return
    if folder.parent != folder:
        _make(folder.parent)
    try:
        folder.mkdir(mode=_PRIVATE)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    folder.chmod(_PRIVATE)  # mkdir's mode is cut by the umask
    sync_folder(folder.parent)


def _tighten(folder: Path) -> None:
    found = folder.stat()
    for owner in (found.st_uid, folder.lstat().st_uid):
        if owner != os.geteuid():
            what = f"The folder {folder} belongs to another user (id {owner}); it is not used."
            raise FolderError(f"{what} {WAY_OUT}")
    if stat.S_IMODE(found.st_mode) != _PRIVATE:
        folder.chmod(_PRIVATE)


def _see_home() -> None:
    """See that the home folder below which everything would be made is there.

    Raises FolderError: root would make it anew, whatever HOME says, and nobody would look for anything there.
    """
    if os.environ.get("AZIMUTH_HOME"):
        return
    home = os.path.expanduser("~")  # noqa: PTH111 - pathlib raises where home is unknown
    below = [one for one in (config_home(), state_home()) if os.path.commonpath([one, home]) == home]
    if below and not os.path.isdir(home):  # noqa: PTH112 - as above
        raise FolderError(f"The home folder {home} is not there. {WAY_OUT}")


def _home(kind: str) -> str:
    chosen = os.environ.get("AZIMUTH_HOME")
    if chosen:
        return os.path.join(os.path.abspath(os.path.expanduser(chosen)), kind)  # noqa: PTH100, PTH111, PTH118 - as above
    import platformdirs

    find = platformdirs.user_config_dir if kind == "config" else platformdirs.user_state_dir
    try:
        folder = find("azimuth", appauthor=False)
    except RuntimeError:  # nobody knows this user's home
        folder = ""
    if not os.path.isabs(folder):  # noqa: PTH117 - as above
        raise FolderError(f"This user has no home folder. {WAY_OUT}")
    return folder
