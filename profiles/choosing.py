"""Which secret store is meant: what was chosen for this run, where the profile's secret is, what was settled, or the cloud's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from profiles.secrets import STORES, SecretStore, SecretStoreError, open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.secrets import Secret

VARIABLE = "AZIMUTH_SECRET_STORE"


class Choice(NamedTuple):
    """A kind of store, and why it is that one."""

    kind: str
    why: str


def choose(option: str, kept_in: str, usual: str) -> Choice:
    """The store for a profile.

    It is the one of this run's `option`, else that which holds its secret already (`kept_in`), else
    AZIMUTH_SECRET_STORE, else config.toml, else the cloud's `usual` one.
    What holds the secret goes before what is settled for new ones: it would be looked for where it isn't.
    Raises SecretStoreError for a store that there isn't, or a config.toml that can't be used.
    """
    if option:
        return Choice(_known(option, "--secret-store"), "--secret-store")
    if kept_in in STORES or kept_in == usual:  # a colleague's file may name practice's store for a real cloud
        return Choice(kept_in, "the profile's secret is there")
    if named := os.environ.get(VARIABLE):
        return Choice(_known(named, VARIABLE), VARIABLE)
    from profiles.settings import SettingsError, setting

    try:
        settled = str(setting("secret_store"))
    except SettingsError as fault:
        raise SecretStoreError("none", str(fault)) from None
    if settled:
        return Choice(settled, "config.toml")
    return Choice(usual, "nothing else is chosen")


def best_store(folder: str | os.PathLike[str] | None, passphrase: Callable[[], Secret] | None) -> SecretStore:
    """The keyring if it passes its probe; else the vault, if its passphrase can be had. Raises the keyring's refusal."""
    from profiles.passphrase import FILE_VARIABLE

    try:
        keyring = open_store("keyring")
        keyring.probe()
    except SecretStoreError:
        if passphrase is None and not os.environ.get(FILE_VARIABLE):
            raise
        return open_store("vault", folder=folder, passphrase=passphrase)
    return keyring


def _known(kind: str, where: str) -> str:
    if kind not in STORES:
        told = ", ".join(STORES)
        raise SecretStoreError("none", f"{where} names no secret store: {kind[:40]!r}. There are {told}.")
    return kind
