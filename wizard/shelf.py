"""What can be done with profiles that are kept: copying, forgetting, taking over a colleague's, listing starters."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import profiles
from profiles.errors import ProfileError, StaleProfile
from profiles.profile import Profile
from profiles.secrets import Secret, SecretStoreError, open_store
from profiles.store import ProfileStore, journal_path
from wizard.apply.journal import Journal
from wizard.guide import Guide
from wizard.incoming import Incoming, copy_of, incoming

_STARTERS = "starters"


def standing(name: str) -> int:
    """How many things in Azure a profile made that still stand, by its journal."""
    return len(Journal(journal_path(name)).made())


def copy(store: ProfileStore, name: str, new: str, guides: Mapping[str, Guide]) -> Profile:
    """Start a new setup with the answers of a profile; nothing that the other made belongs to it.

    Raises:
        ProfileNotFound, ProfileError: there is none of that name, or it can't be read.
        StaleProfile: the new name is taken.
    """
    source = store.load(name)
    see_free(store, new)
    # A copy of what nobody agreed to is not agreed to either.
    return store.save(copy_of(source, new, guides), agreed=store.approves(source))


def forget(store: ProfileStore, name: str, passphrase: Callable[[], Secret] | None = None) -> tuple[str, ...]:
    """Remove a profile, and its secrets from their stores. What it made in Azure stays.

    `passphrase` gives that of the vault, where one of them is in it, and may ask a person.
    Returns the variables whose secret could not be removed. A file that can't be read is removed as it is.

    Raises:
        ProfileNotFound: there is none of that name.
        LockedError: it is being carried out.
    """
    try:
        references = store.load(name).secrets
    except ProfileError:
        references = ()
    left: list[str] = []
    for reference in references:
        try:
            kept = open_store(reference.store, passphrase=passphrase)
            kept.delete(reference.binding)
            kept.delete(reference.binding.next)
        except SecretStoreError:
            left.append(reference.variable)
    store.delete(name)
    return tuple(left)


def preview(
    store: ProfileStore, path: str | os.PathLike[str], guides: Mapping[str, Guide], *, name: str = ""
) -> Incoming:
    """Read a colleague's file for a new profile. Nothing is written until `take_in`.

    Raises:
        ProfileError: everything that is wrong with the file, each with its line and key.
        StaleProfile: there is a profile of that name; another one can be given.
        UnknownCloud: it is of a cloud that is not registered on this machine.
    """
    found = incoming(path, guides, name=name)
    see_free(store, found.profile.name)
    return found


def take_in(store: ProfileStore, found: Incoming) -> Profile:
    """Keep what was previewed and agreed to. Raises StaleProfile, ProfileError, OSError; nothing is written then."""
    return store.save(found.profile)


def see_free(store: ProfileStore, name: str) -> None:
    """Raise StaleProfile when a name is taken, ProfileError when nothing can be called so."""
    if store.path(name).exists():
        raise StaleProfile(name, 0, 0)


def starters() -> dict[str, Path]:
    """The answers files that come with Azimuth, by name."""
    folder = Path(profiles.__file__).parent / _STARTERS
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def about(starter: Path) -> str:
    """What a starter is for: the first sentence of its first comment."""
    told = []
    for line in starter.read_text("utf-8").splitlines():
        if not line.startswith("# "):
            break
        told.append(line.removeprefix("# ").strip())
    sentence, stop, _ = " ".join(told).partition(". ")
    return f"{sentence}." if stop else sentence
