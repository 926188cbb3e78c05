"""Where profiles are kept and how two writers of one are told apart: a lock for the moment, a revision for a person."""

from __future__ import annotations

import builtins
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from profiles.document import LARGEST, read_text
from profiles.errors import Fault, NotApproved, ProfileError, ProfileNotFound, StaleProfile
from profiles.files import atomic_write, locked, remove_leftovers, sync_folder
from profiles.locations import approvals_home, journals_folder, private_folder, profiles_folder
from profiles.profile import NAME, Profile, now, to_values
from profiles.reading import profile_of, read_profile
from profiles.trust import Approvals, Difference
from profiles.writing import to_toml

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

_WAIT = 30.0
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


def lock_path(name: str) -> Path:
    """The file whose lock is held while a profile is carried out. Raises as `journal_path`."""
    return journal_path(name).with_suffix(".lock")


class ProfileStore:
    """The profiles of one folder, one file each. Every method may raise OSError, FolderError and LockedError."""

    def __init__(self, folder: Path | None = None, *, journals: Path | None = None) -> None:
        self.folder = private_folder(folder) if folder is not None else profiles_folder()
        self._journals = journals
        self._approvals = Approvals(folder / ".approved" if folder is not None else Path(approvals_home()))

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

    def save(self, profile: Profile, *, expected: Profile | None = None, agreed: bool = True) -> Profile:
        """Write a profile and return it as it is now on disk, its revision one higher.

        `expected` is what the file has to say still: a hand that edits it counts no revision. Saving approves what it
        writes, unless the file held what nobody here agreed to, or nobody `agreed` to this.

        Raises StaleProfile when the file is not the one this profile was loaded from, ProfileError when the
        profile breaks its own rules or the file on disk is broken; then nothing was written.
        """
        path = self.path(profile.name)
        with self._locked():
            before, theirs = self._guarded(profile, path)
            if expected is not None and theirs is not None and to_values(theirs) != to_values(expected):
                raise StaleProfile(profile.name, profile.revision, theirs.revision)
            saved = replace(profile, revision=profile.revision + 1, updated=max(now(), profile.created))
            text = self._text(path, saved, before)
            if agreed and (theirs is None or self._approvals.approved(path, theirs)):
                self._approvals.approve(path, saved, text, before=theirs)
            remove_leftovers(path)
            atomic_write(path, text, last=lambda: self._see_untouched(profile, path, before))
        return saved

    def approves(self, profile: Profile) -> bool:
        """Whether the content of a profile that was loaded is what was approved on this machine."""
        return self._approvals.approved(self.path(profile.name), profile)

    def see_approved(self, profile: Profile) -> None:
        """Raise NotApproved, with the difference, for a profile that was loaded and that nobody here agreed to."""
        if not self.approves(profile):
            difference = self.difference(profile)
            raise NotApproved(profile.name, difference.lines, known=difference.known)

    def difference(self, profile: Profile) -> Difference:
        """What a profile says that was not approved."""
        return self._approvals.difference(self.path(profile.name), profile)

    def approve(self, profile: Profile) -> None:
        """Take what a profile says as agreed to by the person; the file itself stays as it is."""
        with self._locked():
            self._approvals.approve(self.path(profile.name), profile, to_toml(profile))

    def delete(self, name: str) -> None:
        """Remove a profile and its hand-off pages; its journal is kept aside.

        Its secrets are for the caller to remove first. Raises ProfileNotFound, LockedError while it is carried out.
        """
        path = self.path(name)
        with self._at_rest(name), self._locked():
            if not path.is_file():
                raise self._missing(name)
            path.unlink()
            sync_folder(self.folder)
            self._approvals.forget(path)
            for page in self._pages(name):
                page.unlink()
            self._move_journal(name, f"{name}.{now():%Y%m%dT%H%M%S}.deleted")

    def rename(self, old: str, new: str) -> Profile:
        """Give a profile another name; journal, approval and hand-off pages go with it, secrets stay bound to its id.

        Raises ProfileNotFound, ProfileError, StaleProfile when the new name is taken, LockedError while it is carried out.
        """
        target = self.path(new)
        with self._at_rest(old), self._locked():
            profile = self.load(old)
            if target.exists():
                raise StaleProfile(new, 0, 0)
            renamed = replace(profile, name=new, revision=profile.revision + 1, updated=now())
            # The new file first: a crash between leaves two profiles, never none.
            text = self._text(target, renamed, read_text(self.path(old)))
            if self._approvals.approved(self.path(old), profile):
                self._approvals.approve(target, renamed, text)
            atomic_write(target, text)
            self._move_journal(old, new)
            for page in self._pages(old):
                os.replace(page, page.with_name(f"{new}{page.name.removeprefix(old)}"))  # noqa: PTH105 - as below
            self.path(old).unlink()
            sync_folder(self.folder)
            self._approvals.forget(self.path(old))
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

    def _guarded(self, profile: Profile, path: Path) -> tuple[str, Profile | None]:
        """Text and profile on disk that may be replaced by this one; "" and None where there is none yet."""
        try:
            before = read_text(path)
        except FileNotFoundError:
            if profile.revision:
                raise StaleProfile(profile.name, profile.revision, None) from None
            return "", None
        theirs = profile_of(before, path.name)
        if (theirs.id, theirs.revision) != (profile.id, profile.revision):
            raise StaleProfile(profile.name, profile.revision, theirs.revision)
        return before, theirs

    @staticmethod
    def _see_untouched(profile: Profile, path: Path, before: str) -> None:
        """See that no hand edited the file while the new one was made: a hand takes no lock."""
        try:
            now_there = read_text(path)
        except FileNotFoundError:
            now_there = ""
        if now_there != before:
            raise StaleProfile(profile.name, profile.revision, profile.revision)

    @staticmethod
    def _text(path: Path, profile: Profile, before: str) -> str:
        """The profile as it is going to stand in its file."""
        try:
            text = to_toml(profile, before)
        except ValueError as error:
            raise ProfileError([Fault(path.name, None, "", str(error))]) from None
        # What we would refuse to read is not written; the answers on disk stay.
        if len(text.encode()) > LARGEST:
            raise ProfileError([Fault(path.name, None, "", f"it would be larger than {LARGEST // 1024} KiB")])
        profile_of(text, path.name, name=profile.name)
        return text

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

    def _journals_folder(self) -> Path:
        return self._journals if self._journals is not None else journals_folder()

    def _at_rest(self, name: str) -> AbstractContextManager[None]:
        """Keep a profile from being carried out meanwhile: its journal would be written under the old name."""
        return locked(self._journals_folder() / f"{_checked(name)}.lock", f"Profile {name}")

    def _pages(self, name: str) -> builtins.list[Path]:
        """Hand-off pages of a profile, and not those of one whose name begins alike."""
        start = f"{name}-handoff-"
        found = self.folder.glob("*.md")
        return [
            page
            for page in found
            if page.name.startswith(start) and "-handoff-" not in page.name.removeprefix(start)
        ]

    def _move_journal(self, old: str, new: str) -> None:
        folder = self._journals_folder()
        source = folder / f"{old}.jsonl"
        if source.exists():
            os.replace(source, folder / f"{new}.jsonl")  # noqa: PTH105 - its name says that it is one step
            sync_folder(folder)


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        what = "a profile's name is 1-64 letters, digits, . _ or -, the first a letter or digit"
        raise ProfileError([Fault(f"{name!r:.80}", None, "", what)])
    return name
