"""``python -m tests.crash.power_loss``: the power goes at every moment of every kind of save; each disk reads as old or new.

Each save is done for real and recorded; every image that a weak file system may leave of it (see `disk`) is laid out
and read by the product's own reader. After "saved" has been said, only the new content will do.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from profiles.files import atomic_write
from profiles.folder_vault import FolderVault
from profiles.profile import Profile
from profiles.secrets import Binding, Secret
from profiles.store import ProfileStore, journal_path
from tests.crash.disk import Recorder, image_of, images
from wizard.apply.journal import Journal

_BINDING = Binding("practice", "tenant", "client", "profile")
_PAGE = "# Step 2.2, for an administrator\n\n" + "A line of the page that is handed over.\n" * 40
_BEFORE: object = ("before",)


@dataclass(frozen=True, slots=True)
class Save:
    """One kind of save. `before` makes what stands there, `save` changes it, `read` says what one finds."""

    name: str
    before: Callable[[Path], None]
    save: Callable[[Path], None]
    read: Callable[[Path], Any]


@dataclass(frozen=True, slots=True)
class Told:
    """How many images one kind of save gave, and which of them are bad."""

    name: str
    images: int
    bad: tuple[str, ...]


def main() -> int:
    """Try every kind of save, print the counts, and return 1 when an image is bad."""
    told = [tried(save) for save in SAVES]
    for one in told:
        print(f"{one.name:34} {one.images:5} images, {len(one.bad)} bad")
        for what in one.bad[:5]:
            print(f"    {what}")
    bad = sum(len(one.bad) for one in told)
    print(f"{sum(one.images for one in told)} images, {bad} bad")
    return 1 if bad else 0


def tried(save: Save) -> Told:
    """Do one kind of save, and look at every image of it."""
    with _place() as root:
        save.before(root)
        start = image_of(root)
        old = save.read(root)
        _clear(root)  # reading may have made folders, and they are not of this save
        start.lay(root)
        recorder = Recorder(str(root))
        with recorder.recording():
            save.save(root)
        new = save.read(root)
        count, bad = 0, []
        for upto in range(len(recorder.done) + 1):
            said = upto == len(recorder.done)
            for image in images(start, recorder.done, upto):
                count += 1
                _clear(root)
                image.lay(root)
                fault = _fault(save, root, old, new, said=said)
                if fault:
                    bad.append(f"after {upto} of {len(recorder.done)} operations: {fault}")
        return Told(save.name, count, tuple(bad))


def _fault(save: Save, root: Path, old: object, new: object, *, said: bool) -> str:
    try:
        found = save.read(root)
    except Exception as unreadable:  # noqa: BLE001 - whatever it is, it is what a person would meet
        return f"unreadable: {unreadable!r}"
    if found == new or (found == old and not said):
        return ""
    return (
        f"{found!r:.120} is neither the old nor the new"
        if found != old
        else "lost, after it was said to be saved"
    )


@contextmanager
def _place() -> Iterator[Path]:
    memory = "/dev/shm"  # noqa: S108 - a private folder is made in it
    before = os.environ.get("AZIMUTH_HOME")
    with tempfile.TemporaryDirectory(
        prefix="azimuth-power-", dir=memory if os.access(memory, os.W_OK) else None
    ) as name:
        os.environ["AZIMUTH_HOME"] = name
        try:
            yield Path(name)
        finally:
            os.environ.pop("AZIMUTH_HOME")
            if before is not None:
                os.environ["AZIMUTH_HOME"] = before


def _clear(root: Path) -> None:
    for entry in root.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


# The saves


def _nothing(_root: Path) -> None:
    """There is nothing before."""


def _profile(_root: Path) -> None:
    store = ProfileStore()
    store.save(replace(Profile.new("demo", "himl", "practice"), answers={"workspace": "vision"}))


def _profile_again(_root: Path) -> None:
    store = ProfileStore()
    loaded = store.load("demo")
    store.save(replace(loaded, answers={**loaded.answers, "workspace": "sound", "app_name": "himl-sound"}))


def _read_profile(_root: Path) -> object:
    store = ProfileStore()
    if not store.exists("demo"):
        return "none"
    loaded = store.load("demo")
    store.see_approved(loaded)
    return dict(loaded.answers)


def _begin(_root: Path) -> None:
    Journal(journal_path("demo")).begin("app", "application", unique_name="azimuth-himl")


def _done(_root: Path) -> None:
    Journal(journal_path("demo")).done("app", "application", made=True, id="1" * 36)


def _read_journal(_root: Path) -> object:
    journal = Journal(journal_path("demo"))
    return [(entry.what, entry.key) for entry in journal.entries()]


def _vault(root: Path) -> FolderVault:
    return FolderVault(root / "secrets")


def _stored(value: str) -> Callable[[Path], None]:
    return lambda root: _vault(root).put(_BINDING, Secret(value))


def _read_vault(root: Path) -> object:
    found = _vault(root).get(_BINDING) if (root / "secrets").exists() else None
    return found.reveal() if found is not None else "none"


def _file_vault(root: Path) -> Any:
    from profiles.file_vault import FileVault

    return FileVault(root / "state" / "vault", lambda: Secret("correct horse battery"), cost=10)


def _in_file(value: str) -> Callable[[Path], None]:
    return lambda root: _file_vault(root).put(_BINDING, Secret(value))


def _read_file_vault(root: Path) -> object:
    vault = _file_vault(root)
    found = vault.get(_BINDING) if vault.exists else None
    return found.reveal() if found is not None else "none"


def _forgotten(root: Path) -> None:
    _vault(root).delete(_BINDING)


def _config(value: str) -> Callable[[Path], None]:
    def save(_root: Path) -> None:
        from profiles.settings import settle

        settle("secret_store", value)

    return save


def _read_config(_root: Path) -> object:
    from profiles.settings import setting

    return setting("secret_store")


def _page(text: str) -> Callable[[Path], None]:
    return lambda root: atomic_write(root / "demo-handoff-2.2.md", text)


def _read_page(root: Path) -> object:
    page = root / "demo-handoff-2.2.md"
    return page.read_text(encoding="utf-8") if page.exists() else "none"


def _approve(_root: Path) -> None:
    store = ProfileStore()
    path = store.path("demo")
    path.write_text(path.read_text(encoding="utf-8").replace("vision", "sound"), encoding="utf-8")
    store.approve(store.load("demo"))


def _renamed(_root: Path) -> None:
    ProfileStore().rename("demo", "other")


def _read_renamed(_root: Path) -> object:
    store = ProfileStore()
    names = [name for name in ("demo", "other") if store.exists(name)]
    loaded = [store.load(name) for name in names]
    journals = [list(Journal(journal_path(name)).entries()) for name in names]
    # Both names for a moment are no loss: each is whole. What counts is that a profile with its journal is there.
    return bool(loaded) and any(journals)


def _with_journal(root: Path) -> None:
    _profile(root)
    _begin(root)


SAVES = (
    Save("a new profile, and its approval", _nothing, _profile, _read_profile),
    Save("a profile changed", _profile, _profile_again, _read_profile),
    Save("a profile renamed with its journal", _with_journal, _renamed, _read_renamed),
    Save("the first line of a journal", _nothing, _begin, _read_journal),
    Save("another line of a journal", _begin, _done, _read_journal),
    Save("the first secret, practice's store", _nothing, _stored("first"), _read_vault),
    Save("a secret replaced", _stored("first"), _stored("second"), _read_vault),
    Save("a secret forgotten", _stored("first"), _forgotten, _read_vault),
    Save("the first secret, file vault", _nothing, _in_file("first"), _read_file_vault),
    Save("a secret in the vault replaced", _in_file("first"), _in_file("second"), _read_file_vault),
    Save("config.toml written", _nothing, _config("vault"), _read_config),
    Save("config.toml changed", _config("vault"), _config("once"), _read_config),
    Save("a page for an administrator", _page(_PAGE), _page(_PAGE + "More.\n"), _read_page),
)

if __name__ == "__main__":
    sys.exit(main())
