"""Which keyring of the system is trusted with a secret, and how it is asked: by name, in time, read back."""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from profiles.keyrings import allowed, refused
from profiles.secrets import Binding, Secret, SecretStoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from profiles.keyrings import Looked
    from profiles.secrets import Kind

T = TypeVar("T")

# The Credential Manager holds 5 x 512 bytes and keyring writes UTF-16.
_WINDOWS_LONGEST = 1280
_ACCOUNT = "azimuth"
_PATIENCE = 30.0


class Backend(Protocol):
    """The three calls of a keyring back end that are used."""

    def get_password(self, service: str, username: str) -> str | None:
        """The value, or None."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a value."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget a value."""


class KeyringStore:
    """Keeps secrets in the keyring of the system; one item each, named by its binding and repeating it inside.

    `patience` is how many seconds one call may take: a locked keyring asks its person in another window.
    """

    name = "keyring"
    keeps = True

    def __init__(self, backend: Backend, label: str, *, patience: float = _PATIENCE) -> None:
        self._backend = backend
        self._patience = patience
        self.label = f"system keyring ({label})"

    @classmethod
    def open(cls, *, patience: float = _PATIENCE) -> KeyringStore:
        """The first allowed keyring that is at work on this machine. Raises SecretStoreError."""
        backend, label = _within(patience, lambda: _first_viable(allowed()))
        return cls(backend, label, patience=patience)

    def probe(self) -> None:
        """Write, read back and delete a throw-away item. Raises SecretStoreError."""
        from profiles.probing import probe_item

        with probe_item() as binding:
            self.put(binding, Secret(os.urandom(16).hex()))
            self.delete(binding)
            left = self._read(binding)
        if left is not None:
            raise SecretStoreError("broken", f"The {self.label} keeps what it was told to forget.")

    def put(self, binding: Binding, secret: Secret) -> None:
        """Keep a secret in place of an older one, and read it back. Raises SecretStoreError."""
        told = json.dumps({"binding": list(binding), "value": secret.reveal()})
        if self._is_windows():
            if len(told) > _WINDOWS_LONGEST:
                raise SecretStoreError("refused", f"The secret is too long for the {self.label}.")
            # It would keep the old value under another name.
            self.delete(binding)
        self._within(lambda: self._backend.set_password(binding.item, _ACCOUNT, told))
        if self._read(binding) == told:
            return
        with suppress(SecretStoreError):
            self.delete(binding)
        raise SecretStoreError("broken", f"The {self.label} took the secret but doesn't give it back.")

    def get(self, binding: Binding) -> Secret | None:
        """The secret, or None where there is none. Raises SecretStoreError."""
        told = self._read(binding)
        if told is None:
            return None
        try:
            item = json.loads(told)
            owner, value = item["binding"], item["value"]
        except (ValueError, KeyError, TypeError):
            owner = value = None
        if not isinstance(value, str):
            raise SecretStoreError("broken", f"What the {self.label} holds under our name is not ours.")
        if owner != list(binding):
            raise SecretStoreError(
                "refused",
                f"The secret in the {self.label} belongs to another cloud, tenant, client or profile.",
            )
        return Secret(value)

    def delete(self, binding: Binding) -> None:
        """Forget the secret; one that isn't there is no error. Raises SecretStoreError."""
        if self._read(binding) is not None:
            self._within(lambda: self._backend.delete_password(binding.item, _ACCOUNT))

    def _read(self, binding: Binding) -> str | None:
        return self._within(lambda: self._backend.get_password(binding.item, _ACCOUNT))

    def _within(self, call: Callable[[], T]) -> T:
        return _within(self._patience, call, self.label)

    def _is_windows(self) -> bool:
        return type(self._backend).__name__ == "WinVaultKeyring"


def _first_viable(candidates: Iterable[Looked]) -> tuple[Backend, str]:
    reasons: list[str] = []
    for looked in candidates:
        if looked.backend is not None:
            return looked.backend, looked.label
        if looked.known:
            reasons.append(f"{looked.label}: {looked.reason}")
    told = "; ".join(reasons) or "none is known for this system"
    what = f"There is no keyring here that Azimuth trusts ({told})."
    raise SecretStoreError("none", " ".join((what, *(f"{one.sentence}." for one in refused()))))


def _within(seconds: float, call: Callable[[], T], label: str = "system keyring") -> T:
    # A daemon thread: a keyring that waits for a person must not hold the exit of the program.
    results: list[T] = []
    faults: list[SecretStoreError] = []

    def run() -> None:
        try:
            results.append(call())
        except SecretStoreError as error:
            faults.append(error)
        except Exception as error:  # noqa: BLE001 - the one edge to back ends, which raise anything
            faults.append(_fault(error, label))

    worker = threading.Thread(target=run, name="azimuth-keyring", daemon=True)
    worker.start()
    worker.join(seconds)
    if results:
        return results[0]
    if faults:
        # Raised here, without its cause: a back end's own error may hold what it was given.
        raise faults[0]
    raise SecretStoreError(
        "locked",
        f"The {label} didn't answer within {seconds:g} s; it may be asking for its password in another window.",
    )


def _fault(error: Exception, label: str) -> SecretStoreError:
    from keyring import errors

    known: tuple[tuple[type[Exception], Kind, str], ...] = (
        (errors.NoKeyringError, "none", "is not there"),
        (errors.KeyringLocked, "locked", "is locked: unlock it, then try again"),
        (errors.InitError, "locked", "could not be opened; it may be locked"),
        (errors.KeyringError, "refused", "refused"),
        (EOFError, "locked", "asks for a password where nobody can answer"),
    )
    for cls, kind, what in (*known, *_of_the_service()):
        if isinstance(error, cls):
            return SecretStoreError(kind, f"The {label} {what} ({type(error).__name__}).")
    return SecretStoreError("broken", f"The {label} failed ({type(error).__name__}).")


def _of_the_service() -> tuple[tuple[type[Exception], Kind, str], ...]:
    """Errors of the library below the Secret Service, which get through now and then; it is loaded if one did."""
    if "secretstorage" not in sys.modules:
        return ()
    from secretstorage import exceptions

    return (
        (exceptions.LockedException, "locked", "is locked: unlock it, then try again"),
        (exceptions.PromptDismissedException, "locked", "stays locked: its question was closed"),
        (exceptions.SecretServiceNotAvailableException, "none", "is not there"),
    )
