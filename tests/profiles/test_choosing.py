"""Which store is meant: this run's option, where the secret is, what was settled, and last what is usual in the cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiles.choosing import VARIABLE, choose
from profiles.secrets import Binding, Secret, SecretStoreError, open_store
from profiles.settings import settle

BINDING = Binding("AzureCloud", "contoso.com", "0f8fad5b", "a" * 32)


@pytest.mark.usefixtures("home")
def test_each_gives_way_to_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose("", "", "keyring") == ("keyring", "nothing else is chosen")
    settle("secret_store", "vault")
    assert choose("", "", "keyring") == ("vault", "config.toml")
    monkeypatch.setenv(VARIABLE, "best")
    assert choose("", "", "keyring") == ("best", VARIABLE)
    assert choose("", "keyring", "keyring") == ("keyring", "the profile's secret is there")
    assert choose("once", "keyring", "keyring") == ("once", "--secret-store")


@pytest.mark.usefixtures("home")
def test_a_store_that_there_is_not_is_refused_by_the_name_of_who_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SecretStoreError, match="--secret-store names no secret store: 'plain'"):
        choose("plain", "", "keyring")
    monkeypatch.setenv(VARIABLE, "\x1b[2J" * 20)
    with pytest.raises(SecretStoreError, match=VARIABLE) as caught:
        choose("", "", "keyring")
    assert str(caught.value).isprintable()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("kept_in", ["practice-folder", "plain", "../../x", ""])
def test_a_colleagues_file_can_not_name_a_weaker_store(kept_in: str) -> None:
    assert choose("", kept_in, "keyring").kind == "keyring"
    assert choose("", "practice-folder", "practice-folder").kind == "practice-folder"


def test_the_best_is_the_vault_where_there_is_no_keyring_and_a_passphrase(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    with pytest.raises(SecretStoreError) as caught:
        open_store("best")
    assert caught.value.kind == "none"
    assert open_store("best", passphrase=lambda: Secret("correct horse battery")).name == "vault"


def test_shown_once_is_held_by_the_process_alone(home: Path) -> None:
    store = open_store("once")
    store.probe()
    assert (store.name, store.keeps) == ("once", False)
    store.put(BINDING, Secret("s3ntinel"))
    assert store.get(BINDING) == Secret("s3ntinel")
    assert open_store("once").get(BINDING) is None
    store.delete(BINDING)
    store.delete(BINDING)
    assert store.get(BINDING) is None
    assert not home.exists()


def test_what_waits_for_its_proof_has_a_place_of_its_own() -> None:
    assert BINDING.next.item != BINDING.item
    assert BINDING.next.next == BINDING.next
    assert BINDING.next[:3] == BINDING[:3]
