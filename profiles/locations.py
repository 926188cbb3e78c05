"""Where what lasts is kept: the config and state folders of the platform, or both under AZIMUTH_HOME."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from profiles.errors import FolderError

if TYPE_CHECKING:
    from pathlib import Path

_PRIVATE = 0o700


def config_home() -> str:
    """Name of the config folder, which is not made: `$AZIMUTH_HOME/config`, or the platform's own."""
    return _home("config")


def state_home() -> str:
    """Name of the state folder, which is not made: `$AZIMUTH_HOME/state`, or the platform's own."""
    return _home("state")


def profiles_home() -> str:
    """Name of the folder of the profiles, which is not made."""
    return os.path.join(config_home(), "profiles")  # noqa: PTH118 - pathlib costs `azimuth env` 5 ms


def practice_home() -> str:
    """Name of practice Azure's folder, which is not made."""
    return os.path.join(state_home(), "practice")  # noqa: PTH118 - as above


def config_folder() -> Path:
    """The config folder, made private if need be. Raises FolderError."""
    return private_folder(config_home())


def state_folder() -> Path:
    """The state folder, made private if need be. Raises FolderError."""
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


def log_path() -> Path:
    """The file a log goes to when one is asked for; its folder exists. Raises FolderError."""
    return private_folder(state_folder() / "log") / "azimuth.log"


def private_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder that only its owner can enter (0700 whatever the umask), and the missing ones above it.

    An existing one that is wider is tightened. Raises FolderError when it belongs to another user,
    is no folder, or can't be made.
    """
    from pathlib import Path

    folder = Path(path)
    try:
        _make(folder)
        _tighten(folder)
    except OSError as error:
        raise FolderError(f"The folder {folder} can't be used: {error.strerror or error}.") from error
    return folder


def _make(folder: Path) -> None:
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


def _tighten(folder: Path) -> None:
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise FolderError(f"The folder {folder} belongs to another user (id {found.st_uid}); it is not used.")
    if stat.S_IMODE(found.st_mode) != _PRIVATE:
        folder.chmod(_PRIVATE)


def _home(kind: str) -> str:
    chosen = os.environ.get("AZIMUTH_HOME")
    if chosen:
        return os.path.join(os.path.abspath(os.path.expanduser(chosen)), kind)  # noqa: PTH100, PTH111, PTH118 - as above
    import platformdirs

    if kind == "config":
        return platformdirs.user_config_dir("azimuth", appauthor=False)
    return platformdirs.user_state_dir("azimuth", appauthor=False)
