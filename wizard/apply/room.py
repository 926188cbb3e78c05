"""Room: whether everything that a run writes to can be written to, shown by really writing there before Azure is touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from profiles.errors import FolderError
from profiles.locations import private_folder, state_home
from profiles.room import Place, Refusal, is_of_the_disk, meaning, reserve
from wizard.apply.key_pair import path_of
from wizard.apply.work import Undoable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.plan import Plan
    from wizard.setup import Setup

_SMALL = 32 * 1024


def places_of(setup: Setup, plan: Plan) -> tuple[Place, ...]:
    """Return every folder that carrying out this plan writes to. Each exists then, and is ours alone.

    Raises:
        FolderError: one can't be made, or belongs to somebody else.
        OSError: the journal's can't be made.
    """
    places = [
        Place(str(private_folder(setup.store.folder)), "The profile and the pages of hand-offs"),
        Place(str(private_folder(setup.lock_path.parent)), "The journal"),
    ]
    secrets = _secrets_folder(setup) if plan.password is not None else None
    if secrets is not None:
        places.append(Place(str(private_folder(secrets)), "The client secret", _SMALL, 2))
    keys = dict.fromkeys(_standing(path_of(pair).parent) for pair in plan.keys)
    return (*places, *(Place(str(folder), "The private SSH key", _SMALL, 1) for folder in keys))


def no_room(setup: Setup, plan: Plan) -> tuple[Refusal, ...]:
    """Write a reserve into all of them at once and take it away again; return who refused. Blocks for moments."""
    try:
        return reserve(places_of(setup, plan))
    except FolderError as refusal:
        what, _, mend = str(refusal).partition(". ")
        return (Refusal(Place("", what), "", mend),)


def see_room(setup: Setup, plan: Plan) -> None:
    """See that there is room, right before the first write to Azure. Blocks for moments.

    Raises:
        Undoable: some place takes nothing.
    """
    if refusals := no_room(setup, plan):
        what, mend = told(refusals)
        raise Undoable(f"{what} So nothing was created in Azure.", mend)


def told(refusals: Sequence[Refusal]) -> tuple[str, str]:
    """What is wrong, and the way out, in a sentence each."""
    what = " ".join(one.sentence for one in refusals)
    return what, " ".join(dict.fromkeys(one.mend for one in refusals))


@contextmanager
def disk_told(command: str) -> Iterator[None]:
    """Turn a refusal of the disk inside the block into one that every deed tells: what is wrong, and the way out.

    What is not on disk is not begun in Azure, so it is enough to say which `command` goes on.

    Raises:
        Undoable: the disk refused.
    """
    try:
        yield
    except OSError as error:
        if not is_of_the_disk(error):
            raise
        raise refused(error, command) from error


def refused(error: OSError, command: str = "") -> Undoable:
    """Return a refusal of the disk as a failure of what was being done."""
    why, mend = meaning(error, os.path.dirname(error.filename) if isinstance(error.filename, str) else "")  # noqa: PTH120 - it may be any text
    where = f" ({error.filename})" if isinstance(error.filename, str) else ""
    what = f"This could not be written down{where}: {why}. Nothing more was begun in Azure."
    return Undoable(what, f"{mend} {command} goes on then." if command else mend)


def _secrets_folder(setup: Setup) -> str | os.PathLike[str] | None:
    """The folder of the store that keeps secrets in files; None for a keyring, which is probed by itself."""
    kind = setup.store_chosen.kind
    if kind == "practice-folder":
        return setup.cloud.secret_folder
    return state_home() if kind in {"vault", "best"} else None


def _standing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there: ``~/.ssh`` is made by the run alone."""
    return next((one for one in (folder, *folder.parents) if one.is_dir()), folder)
