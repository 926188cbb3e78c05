"""An encrypted store in one private folder, its key beside it: for practice Azure, whose secrets open nothing real."""

from __future__ import annotations

import json
import os

from profiles.errors import FolderError, LockedError
from profiles.files import atomic_write, locked, read_capped, remove, remove_leftovers
from profiles.locations import practice_home, private_folder
from profiles.secrets import Binding, Secret, SecretStoreError

_MAGIC = b"AZIMUTH-VAULT-1\n"
_NONCE, _KEY, _PAD = 12, 32, 1024
_LARGEST = 1024 * 1024
_WAIT = 10.0


def practice_vault_folder() -> str:
    """Name of the folder in which practice Azure's secrets are kept; `azimuth practice reset` removes it with the rest."""
    return os.path.join(practice_home(), "secrets")  # noqa: PTH118 - pathlib costs `azimuth env` 5 ms


class FolderVault:
    """Keeps each secret in a file of its own: AES-256-GCM under a random key, header and item name authenticated.

    Whoever can read the folder can read the secrets; what it gives over plain text is that no backup, search or
    careless `cat` of a single file shows one, that damage and exchanged files are noticed, and 1 KiB steps of length.
    """

    name = "practice-folder"
    label = "encrypted files in practice Azure's own folder"
    keeps = True

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = os.fspath(folder)

    def probe(self) -> None:
        """Write, read back and delete a throw-away item. Raises SecretStoreError."""
        # Always of the same name: what a crash in here leaves behind is gone with the next one.
        binding = Binding("probe", "probe", "probe", "probe")
        try:
            self.put(binding, Secret(os.urandom(16).hex()))
        finally:
            self.delete(binding)

    def put(self, binding: Binding, secret: Secret) -> None:
        """Keep a secret in place of an older one, and read it back. Raises SecretStoreError."""
        try:
            private_folder(self._folder)
            with locked(self._path("lock"), "The secret store of practice Azure", wait=_WAIT):
                path = self._item(binding)
                remove_leftovers(path)
                atomic_write(path, _seal(self._key(make=True), binding, secret))
                kept = self.get(binding)
        except OSError as error:
            raise _unusable(error) from error
        except LockedError as error:
            raise SecretStoreError("locked", str(error)) from error
        except FolderError as error:
            raise SecretStoreError("broken", str(error)) from error
        if kept != secret:
            raise SecretStoreError("broken", "The practice store took the secret but gives another back.")

    def get(self, binding: Binding) -> Secret | None:
        """The secret, or None where there is none. Raises SecretStoreError."""
        try:
            sealed = read_capped(self._item(binding), _LARGEST)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(error) from error
        except ValueError as error:
            raise _damaged(str(error)) from error
        return _unseal(self._key(make=False), binding, sealed)

    def delete(self, binding: Binding) -> None:
        """Forget the secret; one that isn't there is no error. Raises SecretStoreError."""
        item = self._item(binding)
        if not os.path.isdir(self._folder):  # noqa: PTH112 - as above
            return
        try:
            # What is left over of an item may be what another process is just writing.
            with locked(self._path("lock"), "The secret store of practice Azure", wait=_WAIT):
                remove(item)
                remove_leftovers(item)
        except OSError as error:
            raise _unusable(error) from error
        except LockedError as error:
            raise SecretStoreError("locked", str(error)) from error

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)  # noqa: PTH118 - as above

    def _item(self, binding: Binding) -> str:
        return self._path(binding.item.replace(":", "-"))

    def _key(self, *, make: bool) -> bytes:
        path = self._path("key")
        try:
            key = read_capped(path, _KEY)
        except FileNotFoundError:
            if not make or self._holds_items():
                raise _damaged("its key is gone") from None
            key = os.urandom(_KEY)
            remove_leftovers(path)
            atomic_write(path, key)
        except OSError as error:
            raise _unusable(error) from error
        except ValueError as error:
            raise _damaged("its key is damaged") from error
        if len(key) != _KEY:
            raise _damaged("its key is damaged")
        return key

    def _holds_items(self) -> bool:
        return any(name.startswith("azimuth-") for name in os.listdir(self._folder))  # noqa: PTH208 - as above


def _seal(key: bytes, binding: Binding, secret: Secret) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header = _MAGIC + os.urandom(_NONCE)
    told = json.dumps({"binding": list(binding), "value": secret.reveal()}).encode()
    padded = told + b" " * (-len(told) % _PAD)
    return header + AESGCM(key).encrypt(header[-_NONCE:], padded, header + binding.item.encode())


def _unseal(key: bytes, binding: Binding, sealed: bytes) -> Secret:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header, body = sealed[: len(_MAGIC) + _NONCE], sealed[len(_MAGIC) + _NONCE :]
    if len(header) < len(_MAGIC) + _NONCE or not header.startswith(_MAGIC):
        raise _damaged("it is not one of its files")
    try:
        told = json.loads(AESGCM(key).decrypt(header[-_NONCE:], body, header + binding.item.encode()))
    except InvalidTag:
        raise _damaged("it was altered, or sealed with another key") from None
    if told["binding"] != list(binding):
        raise SecretStoreError(
            "refused", "The secret kept here belongs to another cloud, tenant, client or profile."
        )
    return Secret(told["value"])


def _unusable(error: OSError) -> SecretStoreError:
    return SecretStoreError(
        "broken", f"The practice store can't be used: {error.strerror or type(error).__name__}."
    )


def _damaged(why: str) -> SecretStoreError:
    return SecretStoreError("broken", f"A secret in the practice store can't be opened: {why}.")
