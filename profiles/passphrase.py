"""Where the vault's passphrase comes from: a file that is its owner's alone, or a person, who is asked once a process."""

from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING, NamedTuple

from profiles.file_vault import FileVault, WrongPassphrase, passphrase_fault, vault_path
from profiles.secrets import Secret, SecretStoreError

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_VARIABLE = "AZIMUTH_VAULT_PASSPHRASE_FILE"
TRIES = 3
_LONGEST = 4096


class Asking(NamedTuple):
    """What a person is asked: `new` when the vault is made by it, and what was wrong with the last try."""

    new: bool
    wrong: str = ""


class AskedOnce:
    """Asks a person for the passphrase once for as long as this object lives, again while it is wrong.

    `ask` shows the question and returns what was typed (the same twice, where it is new); it raises SecretStoreError
    when nobody answers. It may be called from any thread; two never ask at the same time.
    """

    def __init__(
        self, ask: Callable[[Asking], Secret], path: str | None = None, *, tries: int = TRIES
    ) -> None:
        self._ask, self._path, self._tries = ask, path, tries
        self._held: Secret | None = None
        self._one_at_a_time = threading.Lock()

    def __call__(self) -> Secret:
        """The passphrase. Raises WrongPassphrase after the last try, SecretStoreError when nobody answers."""
        with self._one_at_a_time:
            if self._held is None:
                self._held = self._proved()
            return self._held

    def _proved(self) -> Secret:
        vault = FileVault(self._path or vault_path())
        wrong = ""
        for _ in range(self._tries):
            new = not vault.exists
            typed = self._ask(Asking(new, wrong))
            wrong = passphrase_fault(typed) if new else ""
            if not wrong and vault.opens_with(typed):
                return typed
            wrong = wrong or "That is not the vault's passphrase."
        raise WrongPassphrase(f"{wrong} It was asked for {self._tries} times; nothing was changed.")


def passphrase_in(path: str) -> Secret:
    """The passphrase in a file: its first line. Raises SecretStoreError unless the file is its owner's alone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _private(path, os.fstat(descriptor))
            content = file.read(_LONGEST + 1)
    except OSError as error:
        raise _no_use(path, (error.strerror or type(error).__name__).lower()) from None
    line = content.split(b"\n", 1)[0].removesuffix(b"\r")
    if not line or len(line) > _LONGEST:
        raise _no_use(path, "its first line has to hold the passphrase")
    try:
        return Secret(line.decode())
    except UnicodeDecodeError:
        pass
    raise _no_use(path, "it is not UTF-8")  # outside, for the first error holds what was read


def opened_vault(folder: str | os.PathLike[str] | None, passphrase: Callable[[], Secret] | None) -> FileVault:
    """The vault in a folder, else in its own place; AZIMUTH_VAULT_PASSPHRASE_FILE goes before `passphrase`."""
    path = vault_path() if folder is None else os.path.join(folder, "vault")  # noqa: PTH118 - pathlib costs `azimuth env` 5 ms
    named = os.environ.get(FILE_VARIABLE)
    return FileVault(path, (lambda: passphrase_in(named)) if named else passphrase)


def _private(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _no_use(path, "it is not a regular file")
    if found.st_uid != os.geteuid():
        raise _no_use(path, f"it belongs to another user (id {found.st_uid})")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        raise _no_use(path, f"others can read or change it (mode {mode:04o}): chmod 600 it first")


def _no_use(path: str, why: str) -> SecretStoreError:
    shown = path if path.isprintable() else ascii(path)
    return SecretStoreError("locked", f"The passphrase file {shown} ({FILE_VARIABLE}) is not used: {why}.")
