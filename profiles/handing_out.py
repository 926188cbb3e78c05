"""Writes the files that a person asked for: private, whole or not at all, never over what is not ours, never unseen into git."""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from profiles.errors import ProfilesError
from profiles.files import atomic_write, read_capped, remove_leftovers
from profiles.git_view import git_view

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MARK = "Azimuth wrote this, and replaces it unless it is changed by hand:"
_LARGEST = 4 * 1024 * 1024


class NotHandedOut(ProfilesError):  # noqa: N818 - reads as the sentence it says
    """A file that is not written, since what is there would be lost, or git would commit a secret."""


class Handout(NamedTuple):
    """One file to write. `remark` makes a line that its reader passes over, where there is such a thing."""

    path: str
    text: str
    secret: bool = False
    remark: Callable[[str], str] | None = None

    @property
    def whole(self) -> str:
        """The text with our mark before it, by which we know the file again as ours and unchanged."""
        if self.remark is None:
            return self.text
        return f"{self.remark(f'{_MARK} {_seal(self.text.encode())}')}\n{self.text}"


def hand_out(files: Sequence[Handout], *, force: bool = False) -> tuple[str, ...]:
    """Write files (0600, each atomically; a symbolic link stays one), and return warnings for people.

    Nothing is written unless all may be. With `force` other files are replaced, and files that git tracks.
    Raises NotHandedOut.
    """
    others = [file.path for file in files if _is_no_file(file.path)]
    if others:
        raise NotHandedOut(f"No regular file, so it can't be replaced: {', '.join(others)}.")
    foreign = [file.path for file in files if not force and _would_lose(file)]
    if foreign:
        raise NotHandedOut(
            f"There already, and not as Azimuth wrote it: {', '.join(foreign)}. --force replaces."
        )
    warnings = [warning for file in files if file.secret for warning in _of_git(file.path, force=force)]
    for file in files:
        try:
            # It may hold a secret that nobody knows lies there.
            remove_leftovers(file.path)
            atomic_write(file.path, file.whole)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise NotHandedOut(f"{file.path} can't be written: {why}. What was there stands.") from None
    return tuple(warnings)


def _is_no_file(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - the path is text here
    except OSError:  # none, or the write tells why it can't be
        return False


def _would_lose(file: Handout) -> bool:
    """Whether something stands there that is neither ours, nor empty, nor what shall be written."""
    try:
        there = read_capped(file.path, _LARGEST)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    first, _, rest = there.partition(b"\n")
    ours = file.remark is not None and first.decode(errors="replace") == file.remark(f"{_MARK} {_seal(rest)}")
    return not ours and there.strip() != b"" and there != file.whole.encode()


def _of_git(path: str, *, force: bool) -> list[str]:
    seen = git_view(path)
    if seen is None or seen.state == "ignored":
        return []
    if seen.state == "unknown":
        return [
            f"{path} holds a secret and is in the git repository {seen.top}; git can't be asked about it."
        ]
    if seen.state == "new":
        return [
            f"git would commit {path}, and it holds a secret. This line in {seen.top}/.gitignore keeps it out: {seen.line}"
        ]
    sentence = (
        f"git tracks {path}: the next commit would hold the secret. git rm --cached {path} ends that, "
        f"and this line in {seen.top}/.gitignore keeps it so: {seen.line}"
    )
    if not force:
        raise NotHandedOut(f"{sentence}. --force writes it all the same.")
    return [sentence]


def _seal(body: bytes) -> str:
    return sha256(body).hexdigest()[:16]
