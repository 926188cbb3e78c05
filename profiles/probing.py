"""The one throw-away item that every store is probed with: of one name, so that a crash leaves at most this one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from profiles.errors import FolderError, LockedError
from profiles.files import locked
from profiles.locations import state_folder
from profiles.secrets import Binding, SecretStoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A keyring that asks its person keeps the item for as long as they take.
_WAIT = 60.0


@contextmanager
def probe_item() -> Iterator[Binding]:
    """Yield what the throw-away item is bound to, while no other process of this person's probes with it.

    Raises SecretStoreError when another one doesn't end, or the state folder can't be used.
    """
    try:
        lock = state_folder() / "probe.lock"
        with locked(lock, "The probe of a secret store", wait=_WAIT):
            yield Binding("probe", "probe", "probe", "probe")
    except LockedError as error:
        raise SecretStoreError("locked", str(error)) from error
    except (FolderError, OSError) as error:
        raise SecretStoreError("broken", f"A secret store can't be probed: {error}") from error
