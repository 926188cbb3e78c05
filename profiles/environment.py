"""What `azimuth env` and `azimuth run` need of a profile, by the shortest way: its variables, secrets fetched."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from profiles.document import parse, read_text
from profiles.errors import Fault, NotApplied, ProfileError, ProfileNotFound, SecretMissing
from profiles.locations import profiles_home
from profiles.secrets import Binding, Secret, SecretStoreError, open_store
from profiles.variables import name_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.secrets import SecretStore

T = TypeVar("T")

_NAME_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_LONGEST_NAME = 64


def variables_of(name: str, passphrase: Callable[[], Secret] | None = None) -> dict[str, str | Secret]:
    """The variables of an applied profile; the secret ones come from their store, bound as the profile says.

    `passphrase` gives that of the vault where one of them is in it, and may ask a person.
    Raises ProfileNotFound, ProfileError, NotApplied, SecretMissing, SecretStoreError when a store is there but fails.
    It checks what it uses and no more: a full reading would cost a shell's start-up its imports.
    """
    values = _values(name)
    outputs, references = _listed(name, values)
    variables: dict[str, str | Secret] = {**outputs}
    stores: dict[str, SecretStore] = {}
    for reference in references:
        kind = _part(name, reference, "store", "")
        if kind not in stores:
            stores[kind] = open_store(kind, passphrase=passphrase)
        variables[_part(name, reference, "variable", "")] = _fetched(name, values, reference, stores[kind])
    return variables


def names_of(name: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The plain variables of an applied profile, and the names of its secret ones; no store is opened.

    Raises ProfileNotFound, ProfileError, NotApplied.
    """
    outputs, references = _listed(name, _values(name))
    secret = tuple(_part(name, reference, "variable", "") for reference in references)
    return {key: value for key, value in outputs.items() if key not in secret}, secret


def _listed(name: str, values: dict[str, Any]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The plain variables and the references to secrets, under names that may be set."""
    outputs: dict[str, Any] = _part(name, values, "outputs", {})
    references: list[dict[str, Any]] = _part(name, values, "secrets", [])
    if values.get("stage") == "undone":
        raise NotApplied(name, undone=True)
    if not outputs and not references:
        raise NotApplied(name)
    if not all(isinstance(reference, dict) for reference in references):
        raise _broken(name, "secrets must be a list of tables")
    plain = {key: _part(name, outputs, key, "") for key in outputs}
    for key in (*plain, *(_part(name, reference, "variable", "") for reference in references)):
        if fault := name_fault(key):
            raise _broken(name, f"{key!r} {fault}")
    return plain, references


def _values(name: str) -> dict[str, Any]:
    folder = profiles_home()
    path = os.path.join(folder, f"{name}.toml")  # noqa: PTH118 - pathlib costs `azimuth env` 5 ms
    try:
        if not _possible(name):
            raise FileNotFoundError
        return parse(read_text(path), f"{name}.toml")
    except FileNotFoundError:
        raise ProfileNotFound(name, _near(name, folder)) from None
    except OSError as error:
        raise _broken(name, error.strerror or type(error).__name__) from error


def _fetched(name: str, values: dict[str, Any], reference: dict[str, Any], store: SecretStore) -> Secret:
    binding = Binding(*(_part(name, reference, part, "") for part in Binding._fields))
    variable = _part(name, reference, "variable", "")
    context: dict[str, Any] = _part(name, values, "context", {})
    # A copied or edited profile must not have a secret that was made for another place.
    if (binding.cloud, binding.tenant) != (values.get("cloud"), context.get("tenant_id")):
        raise _broken(name, f"the secret of {variable!r} belongs to another cloud or tenant")
    if binding.profile != values.get("id"):
        raise _broken(name, f"the secret of {variable!r} belongs to another profile")
    if not store.keeps:
        raise SecretMissing(name, variable, store.label, "it was shown when it was made, and is kept nowhere")
    try:
        secret = store.get(binding)
    except SecretStoreError as error:
        if error.kind == "locked":
            raise
        raise SecretMissing(name, variable, store.label, str(error)) from error
    if secret is None:
        raise SecretMissing(name, variable, store.label)
    return secret


def _part(name: str, table: dict[str, Any], key: str, empty: T) -> T:
    value = table.get(key, empty)
    if type(value) is not type(empty):
        raise _broken(name, f"{key!r} is not as it should be; azimuth profiles show {name} tells more")
    return value


def _near(name: str, folder: str) -> list[str]:
    from difflib import get_close_matches

    try:
        files = os.listdir(folder)  # noqa: PTH208 - as above
    except OSError:
        return []
    names = [file.removesuffix(".toml") for file in files if file.endswith(".toml")]
    return get_close_matches(name, filter(_possible, names), n=3)


def _possible(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name[0].isalnum() and _NAME_SIGNS.issuperset(name)


def _broken(name: str, what: str) -> ProfileError:
    return ProfileError([Fault(f"{name}.toml", None, "", what)])
