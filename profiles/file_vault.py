"""The vault: one encrypted file of ours for machines without a keyring, locked by a passphrase that is never written down.

The layout, in this order: the words of the version, the cost of scrypt (three bytes: log2 N, r, p), 16 bytes of salt,
16 bytes that tell a wrong passphrase, a nonce of 12 bytes; then the items as JSON, padded to whole KiB and sealed by
AES-256-GCM with all of that authenticated; last, 16 bytes of SHA-256 over everything, by which damage is told from a
wrong passphrase before anybody is asked for one. Each write has a nonce of its own; the salt stays until the
passphrase changes.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from profiles.errors import FolderError, LockedError
from profiles.files import atomic_write, locked, read_capped, remove_leftovers
from profiles.locations import private_folder, state_home
from profiles.secrets import Binding, Secret, SecretStoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Items = dict[str, dict[str, Any]]

SHORTEST = 12
RULE = f"at least {SHORTEST} characters, as many as you like; several words are best"

_FAMILY, _MAGIC = b"AZIMUTH-VAULT-", b"AZIMUTH-VAULT-2\n"
_COST, _SALT, _CHECK, _NONCE, _KEY, _TAG, _SUM, _PAD = 3, 16, 16, 12, 32, 16, 16, 1024
_HEADER = len(_MAGIC) + _COST + _SALT + _CHECK + _NONCE
_R, _P = 8, 1
_USUAL_COST = 17  # 2^17: 128 MiB and a fifth of a second
_DEAREST = 18
_LARGEST = 4 * 1024 * 1024
_WAIT = 10.0


class WrongPassphrase(SecretStoreError):  # noqa: N818 - reads as the sentence it says
    """The passphrase does not open the vault; another try may."""

    def __init__(self, sentence: str = "That passphrase doesn't open the vault.") -> None:
        super().__init__("locked", sentence)


class _Sealed(NamedTuple):
    """A vault's file, whole but not opened."""

    cost: int
    salt: bytes
    check: bytes
    header: bytes
    body: bytes


class _Key(NamedTuple):
    """What a passphrase comes to with one salt and cost."""

    cost: int
    salt: bytes
    key: bytes
    check: bytes

    def __repr__(self) -> str:
        return "_Key(…)"


def vault_path() -> str:
    """Name of the vault's file, which need not be there; its folder is not made."""
    return os.path.join(state_home(), "secrets", "vault")  # noqa: PTH118 - pathlib costs `azimuth env` 5 ms


def passphrase_fault(passphrase: Secret) -> str:
    """What is wrong with a passphrase for a new vault, as a sentence; "" when nothing is."""
    length = len(passphrase.reveal())
    return f"It has {length} characters; it needs {SHORTEST} at least." if length < SHORTEST else ""


class FileVault:
    """Keeps all secrets in one encrypted file; whoever has the file but not the passphrase has nothing.

    `passphrase` is called when the file is first opened or made, and its answer's key stays in this object. `cost` is
    log2 of scrypt's N for a new file; an old one keeps its own. An older copy of the whole file put back by somebody
    can't be noticed.
    """

    name = "vault"
    label = "Azimuth's own encrypted vault"
    keeps = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        passphrase: Callable[[], Secret] | None = None,
        *,
        cost: int = _USUAL_COST,
    ) -> None:
        self.path = os.fspath(path)
        self._passphrase = passphrase
        self._cost = cost
        self._key: _Key | None = None

    @property
    def exists(self) -> bool:
        """Whether the file is there."""
        return os.path.lexists(self.path)

    def probe(self) -> None:
        """Write, read back and delete a throw-away item. Raises SecretStoreError."""
        from profiles.probing import probe_item

        self._unlock()  # a person may take minutes over a passphrase
        with probe_item() as binding:
            try:
                self.put(binding, Secret(os.urandom(16).hex()))
            finally:
                self.delete(binding)

    def put(self, binding: Binding, secret: Secret) -> None:
        """Keep a secret in place of an older one, and read it back. Raises SecretStoreError."""
        with self._writing():
            items = self._items()
            items[binding.item] = {"binding": list(binding), "value": secret.reveal()}
            self._write(items)
        if self.get(binding) != secret:
            raise SecretStoreError("broken", "The vault took the secret but gives another back.")

    def get(self, binding: Binding) -> Secret | None:
        """The secret, or None where there is none. Raises SecretStoreError."""
        if not self.exists:
            return None
        self._unlock()
        item = self._items().get(binding.item)
        if item is None:
            return None
        if item.get("binding") != list(binding):
            what = "The secret in the vault belongs to another cloud, tenant, client or profile."
            raise SecretStoreError("refused", what)
        return Secret(item["value"])

    def delete(self, binding: Binding) -> None:
        """Forget the secret; one that isn't there is no error. Raises SecretStoreError."""
        if not self.exists:
            return
        with self._writing():
            items = self._items()
            if items.pop(binding.item, None) is not None:
                self._write(items)

    def opens_with(self, passphrase: Secret) -> bool:
        """Whether a passphrase is the vault's; it is kept for later calls if it is. Any fits a vault that isn't there.

        Raises SecretStoreError for a damaged file.
        """
        sealed = self._sealed()
        if sealed is None:
            return True
        key = _derived(passphrase, sealed.cost, sealed.salt)
        if not _same(key.check, sealed.check):
            return False
        self._key = key
        return True

    def change(self, passphrase: Secret) -> None:
        """Lock the vault by another passphrase from now on. Raises SecretStoreError."""
        _long_enough(passphrase)
        fresh = _derived(passphrase, self._cost, os.urandom(_SALT))
        with self._writing():
            items = self._items()
            self._key = fresh
            self._write(items)
            self._items()

    def _unlock(self) -> None:
        """Have the key before the lock is taken: a person may take minutes over a passphrase."""
        sealed = self._sealed()
        held = self._key
        if sealed is None:
            if held is None:
                passphrase = self._asked()
                _long_enough(passphrase)
                self._key = _derived(passphrase, self._cost, os.urandom(_SALT))
            return
        fits = held is not None and (held.salt, held.cost) == (sealed.salt, sealed.cost)
        if not fits and not self.opens_with(self._asked()):
            raise WrongPassphrase

    def _asked(self) -> Secret:
        if self._passphrase is None:
            what = "The vault needs its passphrase, and there is nobody here to ask."
            raise SecretStoreError("locked", f"{what} {OTHERWISE}")
        return self._passphrase()

    def _items(self) -> Items:
        sealed = self._sealed()
        if sealed is None:
            return {}
        return _opened(sealed, self._key)

    def _sealed(self) -> _Sealed | None:
        try:
            return _parts(read_capped(self.path, _LARGEST))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(error) from error
        except ValueError as error:
            raise _damaged(str(error)) from error

    def _write(self, items: Items) -> None:
        if self._key is None:
            raise SecretStoreError("locked", "The vault is not open.")
        remove_leftovers(self.path)
        atomic_write(self.path, _seal(items, self._key))

    def _writing(self) -> AbstractContextManager[None]:
        from contextlib import contextmanager

        @contextmanager
        def held() -> Iterator[None]:
            self._unlock()
            try:
                folder, name = os.path.split(self.path)
                private_folder(folder)
                with locked(os.path.join(folder, f"{name}.lock"), "The vault", wait=_WAIT):  # noqa: PTH118 - as above
                    self._unlock()  # somebody else may have made the vault meanwhile
                    yield
            except OSError as error:
                raise _unusable(error) from error
            except LockedError as error:
                raise SecretStoreError("locked", str(error)) from error
            except FolderError as error:
                raise SecretStoreError("broken", str(error)) from error

        return held()


OTHERWISE = (
    "AZIMUTH_VAULT_PASSPHRASE_FILE may name a file that holds it, which nobody but you can read (mode 0600)."
)


def _parts(raw: bytes) -> _Sealed:
    """The parts of a whole file. Raises ValueError with the reason; no key is derived before all of it is checked."""
    if raw.startswith(_FAMILY) and not raw.startswith(_MAGIC):
        raise ValueError("it was made by another version of Azimuth")
    if not raw.startswith(_MAGIC):
        raise ValueError("it is no vault")
    whole, told = raw[:-_SUM], raw[-_SUM:]
    if len(whole) < _HEADER + _TAG or sha256(whole).digest()[:_SUM] != told:
        raise ValueError("it was cut or altered")
    at = len(_MAGIC)
    cost, r, p = whole[at : at + _COST]
    # A file may ask for all the memory there is: no more than our own files ever take.
    if not 0 < cost <= _DEAREST or (r, p) != (_R, _P):
        raise ValueError(f"it asks for a cost that Azimuth never sets (2^{cost}, {r}, {p})")
    at += _COST
    salt, check = whole[at : at + _SALT], whole[at + _SALT : at + _SALT + _CHECK]
    return _Sealed(cost, salt, check, whole[:_HEADER], whole[_HEADER:])


def _derived(passphrase: Secret, cost: int, salt: bytes) -> _Key:
    from unicodedata import normalize

    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    # Keyboards write the same letter as one sign or as two.
    typed = normalize("NFC", passphrase.reveal()).encode("utf-8", "surrogatepass")
    made = Scrypt(salt=salt, length=_KEY + _CHECK, n=2**cost, r=_R, p=_P).derive(typed)
    return _Key(cost, salt, made[:_KEY], made[_KEY:])


def _seal(items: Items, key: _Key) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    header = _MAGIC + bytes((key.cost, _R, _P)) + key.salt + key.check + nonce
    told = json.dumps({"items": items}).encode()
    body = AESGCM(key.key).encrypt(nonce, told + b" " * (-len(told) % _PAD), header)
    return header + body + sha256(header + body).digest()[:_SUM]


def _opened(sealed: _Sealed, key: _Key | None) -> Items:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if (
        key is None
        or (key.salt, key.cost) != (sealed.salt, sealed.cost)
        or not _same(key.check, sealed.check)
    ):
        raise WrongPassphrase("The vault's passphrase was changed meanwhile, by another window.")
    try:
        told = json.loads(AESGCM(key.key).decrypt(sealed.header[-_NONCE:], sealed.body, sealed.header))
    except InvalidTag:
        raise _damaged("it was altered by somebody who does not know the passphrase") from None
    items: Items = told["items"]
    return items


def _long_enough(passphrase: Secret) -> None:
    if fault := passphrase_fault(passphrase):
        raise SecretStoreError("refused", f"The passphrase is too short for a vault. {fault}")


def _same(one: bytes, other: bytes) -> bool:
    from hmac import compare_digest

    return compare_digest(one, other)


def _unusable(error: OSError) -> SecretStoreError:
    return SecretStoreError("broken", f"The vault can't be used: {error.strerror or type(error).__name__}.")


def _damaged(why: str) -> SecretStoreError:
    return SecretStoreError(
        "broken",
        f"The vault's file can't be opened: {why}. Nothing was changed. Put a copy of it back, or move it away: "
        "Azimuth then makes a new one, and azimuth rotate makes new secrets.",
    )
