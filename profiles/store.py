"""Where profiles are kept and how two writers of one are told apart: a lock for the moment, a revision for a person."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from profiles.document import LARGEST, read_text
from profiles.errors import Fault, ProfileError, ProfileNotFound, StaleProfile
from profiles.files import atomic_write, locked, remove_leftovers, sync_folder
from profiles.locations import journals_folder, private_folder, profiles_folder
from profiles.profile import NAME, Profile, now
from profiles.reading import profile_of, read_profile
from profiles.writing import to_toml

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

_WAIT = 10.0
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class ProfileSummary:
    """One line of the list of profiles; `broken` says why a file can't be read, and then the rest is empty."""

    name: str
    guide: str = ""
    stage: str = ""
    cloud: str = ""
    updated: datetime | None = None
    broken: str = ""


def journal_path(name: str) -> Path:
    """The file of a profile's journal; its folder exists. Raises FolderError, ProfileError for an impossible name."""
    return journals_folder() / f"{_checked(name)}.jsonl"


class ProfileStore:
    """The profiles of one folder, one file each. Every method may raise OSError, FolderError and LockedError."""

    def __init__(self, folder: Path | None = None, *, journals: Path | None = None) -> None:
        self.folder = private_folder(folder) if folder is not None else profiles_folder()
        self._journals = journals

    def path(self, name: str) -> Path:
        """The file of a profile. Raises ProfileError for an impossible name."""
        return self.folder / f"{_checked(name)}.toml"

    def exists(self, name: str) -> bool:
        """Whether there is a file for a profile of this name."""
        return self.path(name).is_file()

    def names(self) -> list[str]:
        """Names of all profiles, readable or not, in order."""
        found = (entry.name.removesuffix(".toml") for entry in self.folder.glob("*.toml"))
        return sorted(name for name in found if NAME.fullmatch(name))

    def list(self) -> list[ProfileSummary]:
        """A summary of every profile, the one worked on last first; broken files last."""
        summaries = [self._summary(name) for name in self.names()]
        return sorted(
            summaries, key=lambda one: (bool(one.broken), -(one.updated.timestamp() if one.updated else 0))
        )

    def load(self, name: str) -> Profile:
        """Read a profile. Raises ProfileNotFound with names near it, or ProfileError with all faults."""
        try:
            return read_profile(self.path(name))
        except FileNotFoundError:
            raise self._missing(name) from None

    def save(self, profile: Profile) -> Profile:
        """Write a profile and return it as it is now on disk, its revision one higher.

        Raises StaleProfile when the file is not the one this profile was loaded from, ProfileError when the
        profile breaks its own rules or the file on disk is broken; then nothing was written.
        """
        path = self.path(profile.name)
        with self._locked():
            before = self._guarded(profile, path)
            saved = replace(profile, revision=profile.revision + 1, updated=max(now(), profile.created))
            self._write(path, saved, before)
        return saved

    def delete(self, name: str) -> None:
        """Remove a profile; its journal is kept aside, and its secrets are for the caller to remove first.

        Raises ProfileNotFound.
        """
        with self._locked():
            path = self.path(name)
            if not path.is_file():
                raise self._missing(name)
            path.unlink()
            sync_folder(self.folder)
            self._move_journal(name, f"{name}.{now():%Y%m%dT%H%M%S}.deleted")

    def rename(self, old: str, new: str) -> Profile:
        """Give a profile another name; its journal goes with it and its secrets stay bound to its id.

        Raises ProfileNotFound, ProfileError, StaleProfile when the new name is taken.
        """
        target = self.path(new)
        with self._locked():
            profile = self.load(old)
            if target.exists():
                raise StaleProfile(new, 0, 0)
            renamed = replace(profile, name=new, revision=profile.revision + 1, updated=now())
            # The new file first: a crash between leaves two profiles, never none.
            self._write(target, renamed, read_text(self.path(old)))
            self._move_journal(old, new)
            self.path(old).unlink()
            sync_folder(self.folder)
        return renamed

    def suggest_name(self, base: str) -> str:
        """A free name made from `base`: foreign signs become -, and a number is added when it is taken."""
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", base).strip("-._")[: _LONGEST_NAME - 4] or "profile"
        name, number = stem, 1
        while self.path(name).exists():
            number += 1
            name = f"{stem}-{number}"
        return name

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self.folder / ".lock", "The folder of the profiles", wait=_WAIT)

    def _guarded(self, profile: Profile, path: Path) -> str:
        """Text on disk that may be replaced by this profile; "" for a new one."""
        try:
            before = read_text(path)
        except FileNotFoundError:
            if profile.revision:
                raise StaleProfile(profile.name, profile.revision, None) from None
            return ""
        theirs = profile_of(before, path.name)
        if (theirs.id, theirs.revision) != (profile.id, profile.revision):
            raise StaleProfile(profile.name, profile.revision, theirs.revision)
        return before

    def _write(self, path: Path, profile: Profile, before: str) -> None:
        try:
            text = to_toml(profile, before)
        except ValueError as error:
            raise ProfileError([Fault(path.name, None, "", str(error))]) from None
        # What we would refuse to read is not written; the answers on disk stay.
        if len(text.encode()) > LARGEST:
            raise ProfileError([Fault(path.name, None, "", f"it would be larger than {LARGEST // 1024} KiB")])
        profile_of(text, path.name, name=profile.name)
        remove_leftovers(path)
        atomic_write(path, text)

    def _summary(self, name: str) -> ProfileSummary:
        try:
            profile = read_profile(self.path(name))
        except ProfileError as error:
            return ProfileSummary(name, broken=str(error.faults[0]))
        except OSError as error:
            return ProfileSummary(name, broken=error.strerror or type(error).__name__)
        return ProfileSummary(name, profile.guide, profile.stage, profile.cloud, profile.updated)

    def _missing(self, name: str) -> ProfileNotFound:
        from difflib import get_close_matches

        return ProfileNotFound(name, get_close_matches(name, self.names(), n=3))

    def _move_journal(self, old: str, new: str) -> None:
        folder = self._journals if self._journals is not None else journals_folder()
        source = folder / f"{old}.jsonl"
        if source.exists():
            os.replace(source, folder / f"{new}.jsonl")  # noqa: PTH105 - its name says that it is one step
            sync_folder(folder)


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        what = "a profile's name is 1-64 letters, digits, . _ or -, the first a letter or digit"
        raise ProfileError([Fault(f"{name!r:.80}", None, "", what)])
    return name
