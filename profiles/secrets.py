"""The one door for secrets: the type that holds one, what it is bound to, and which store keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn, Protocol

from profiles.errors import ProfilesError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    Kind = Literal["none", "locked", "refused", "broken"]

DOTS = "•••"
STORES = ("best", "keyring", "vault", "once")
"""The stores that a person may choose; practice Azure has "practice-folder" besides."""

_NEXT = "/next"


class Secret:
    """A secret value that shows itself as dots wherever it is printed, formatted, logged or inspected.

    It can't be pickled or changed. `reveal` alone gives the value.
    """

    __slots__ = ("_value",)
    _value: str
    __hash__ = None  # type: ignore[assignment] # a hash would tell equal secrets from others

    def __init__(self, value: str) -> None:
        object.__setattr__(self, "_value", value)

    def reveal(self) -> str:
        """The value itself; only for the sign-in, the store and an export that was asked for."""
        return self._value

    def __repr__(self) -> str:
        return DOTS

    def __str__(self) -> str:
        return DOTS

    def __format__(self, spec: str) -> str:
        return DOTS

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest

        return compare_digest(_bytes(self._value), _bytes(other._value))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret can't be changed")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__reduce__()


class Binding(NamedTuple):
    """What a stored secret belongs to; another cloud, tenant, client or profile can't get it.

    `profile` is the profile's `id`, which renaming doesn't change.
    """

    cloud: str
    tenant: str
    client_id: str
    profile: str

    @property
    def item(self) -> str:
        """The stored item's name: the same for the same parts, and telling none of them."""
        from hashlib import sha256

        told = "".join(f"{len(part)}:{part}" for part in self)
        return f"azimuth:{sha256(_bytes(told)).hexdigest()[:32]}"

    @property
    def next(self) -> Binding:
        """Where a new secret waits beside the one in use until it is proved; of the next one, itself."""
        return self if self.profile.endswith(_NEXT) else self._replace(profile=f"{self.profile}{_NEXT}")


class SecretStoreError(ProfilesError):
    """A store did not do what was asked.

    `kind`: none (there is no store), locked, refused (it said no, or the item is not ours) or
    broken (it lies, is damaged, or doesn't answer).
    """

    def __init__(self, kind: Kind, sentence: str) -> None:
        self.kind = kind
        super().__init__(sentence)


class SecretStore(Protocol):
    """Keeps secrets by what they are bound to. Every call may block for seconds: call it in a thread.

    Every method raises SecretStoreError.
    """

    @property
    def name(self) -> str:
        """The kind under which `open_store` finds it again; it goes into the profile."""

    @property
    def label(self) -> str:
        """What people call it."""

    @property
    def keeps(self) -> bool:
        """Whether a secret is still there after this process; where not, it is shown once and lost."""

    def probe(self) -> None:
        """Write, read back and delete a throw-away item, before anything is created in Azure."""

    def put(self, binding: Binding, secret: Secret) -> None:
        """Keep a secret in place of an older one, and read it back before returning."""

    def get(self, binding: Binding) -> Secret | None:
        """The secret, or None where there is none."""

    def delete(self, binding: Binding) -> None:
        """Forget the secret; one that isn't there is no error."""


def open_store(
    kind: str,
    *,
    folder: str | os.PathLike[str] | None = None,
    passphrase: Callable[[], Secret] | None = None,
) -> SecretStore:
    """Open a store by its kind.

    "keyring" is the system's, "vault" our encrypted file (in `folder`, else in the state folder), "once" this
    process's memory, "practice-folder" practice Azure's (in `folder`, else its own), and "best" the keyring if it
    passes its probe, else the vault. The vault's passphrase comes from the file that AZIMUTH_VAULT_PASSPHRASE_FILE
    names, else from `passphrase`, which may ask a person and is called when the vault is first used.
    None of them keeps plain text. Raises SecretStoreError.
    """
    if kind == "practice-folder":
        from profiles.folder_vault import FolderVault, practice_vault_folder

        return FolderVault(folder if folder is not None else practice_vault_folder())
    if kind == "once":
        from profiles.show_once import ShowOnce

        return ShowOnce()
    if kind == "vault":
        from profiles.passphrase import opened_vault

        return opened_vault(folder, passphrase)
    if kind == "keyring":
        from profiles.keyring_store import KeyringStore

        return KeyringStore.open()
    if kind == "best":
        from profiles.choosing import best_store

        return best_store(folder, passphrase)
    told = ", ".join(STORES)
    raise SecretStoreError("none", f"There is no secret store called {kind[:40]!r}; there are {told}.")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
