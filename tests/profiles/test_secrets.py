"""A secret shows itself nowhere, and the practice store gives back what it was given or says why not."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from profiles.secrets import Binding, Secret, SecretStore, SecretStoreError, open_store

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SENTINEL = "s3ntinel~value"
BINDING = Binding("practice", "contoso.com", "0f8fad5b-d9cb-469f-a165-70867728950e", "a" * 32)


@pytest.fixture
def vault(tmp_path: Path) -> SecretStore:
    return open_store("practice-folder", folder=tmp_path / "vault")


def item(folder: Path) -> Path:
    (found,) = folder.glob("azimuth-*")
    return found


@dataclasses.dataclass
class Holder:
    secret: Secret


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{:>40}".format,
        "%s %r".__mod__,
        lambda secret: f"{secret} {secret!r} {secret!s:40}",
        lambda secret: f"{[secret]} { {'a': secret} } {Holder(secret)}",
        lambda secret: str(dataclasses.asdict(Holder(secret))),
        lambda secret: str([name for name in dir(secret) if SENTINEL in str(getattr(secret, name))]),
    ],
)
def test_a_secret_prints_as_dots(show: Callable[[object], str]) -> None:
    secret = Secret(SENTINEL)
    shown = show((secret, secret) if getattr(show, "__name__", "") == "__mod__" else secret)
    assert SENTINEL not in shown


def test_a_secret_does_not_leave_by_the_side_doors(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(SENTINEL)
    for leave in (pickle.dumps, json.dumps, vars, hash, lambda one: one + ""):
        with pytest.raises(TypeError) as caught:
            leave(secret)
        assert SENTINEL not in "".join(traceback.format_exception(caught.value))
    logging.getLogger("test").error("secret %s %r", secret, {"secret": secret})
    assert SENTINEL not in caplog.text
    assert copy.deepcopy(secret) is secret
    with pytest.raises(AttributeError):
        setattr(secret, "_value", "x")  # noqa: B010 - refusing it is what is tested


def test_secrets_are_equal_by_value_only_to_secrets() -> None:
    assert Secret("é\ud800") == Secret("é\ud800")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("a").reveal() == "a"


def test_a_binding_names_its_item_without_telling_and_parts_do_not_run_together() -> None:
    assert BINDING.item == BINDING.item
    assert len(BINDING.item) == len("azimuth:") + 32
    assert "contoso" not in BINDING.item
    others = {
        Binding("ab", "c", "d", "e").item,
        Binding("a", "bc", "d", "e").item,
        Binding("a:1", "b", "d", "e").item,
        Binding("a", "1:b", "d", "e").item,
    }
    assert len(others) == 4


def test_the_vault_gives_back_replaces_and_forgets(vault: SecretStore, nasty: dict[str, str]) -> None:
    vault.probe()
    assert vault.get(BINDING) is None
    for value in nasty.values():
        vault.put(BINDING, Secret(value))
        assert vault.get(BINDING) == Secret(value)
    vault.delete(BINDING)
    vault.delete(BINDING)
    assert vault.get(BINDING) is None


def test_the_vault_holds_nothing_in_clear_and_only_private_files(vault: SecretStore, tmp_path: Path) -> None:
    vault.put(BINDING, Secret(SENTINEL))
    folder = tmp_path / "vault"
    assert folder.stat().st_mode & 0o777 == 0o700
    for file in folder.iterdir():
        content = file.name.encode() + file.read_bytes()
        assert not [word for word in (SENTINEL, *BINDING) if word.encode() in content]
        assert file.stat().st_mode & 0o777 == 0o600
    short = item(folder).stat().st_size
    vault.put(BINDING, Secret(SENTINEL * 20))
    assert item(folder).stat().st_size == short, "the length tells of the secret"


def test_every_altered_or_cut_byte_is_refused(vault: SecretStore, tmp_path: Path) -> None:
    vault.put(BINDING, Secret(SENTINEL))
    file = item(tmp_path / "vault")
    whole = file.read_bytes()
    bad = [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in range(len(whole))]
    bad += [whole[:n] for n in range(0, len(whole), 7)] + [whole + b"x"]
    for content in bad:
        file.write_bytes(content)
        with pytest.raises(SecretStoreError) as caught:
            vault.get(BINDING)
        assert caught.value.kind == "broken"
    file.write_bytes(whole)
    assert vault.get(BINDING) == Secret(SENTINEL)


def test_an_item_put_in_the_place_of_another_is_refused(vault: SecretStore, tmp_path: Path) -> None:
    vault.put(BINDING, Secret(SENTINEL))
    theirs = BINDING._replace(tenant="attacker.com")
    item(tmp_path / "vault").rename(tmp_path / "vault" / theirs.item.replace(":", "-"))
    with pytest.raises(SecretStoreError) as caught:
        vault.get(theirs)
    assert SENTINEL not in str(caught.value)
    assert vault.get(BINDING) is None


def test_a_lost_or_damaged_key_is_told_and_not_replaced(vault: SecretStore, tmp_path: Path) -> None:
    vault.put(BINDING, Secret(SENTINEL))
    key = tmp_path / "vault" / "key"
    key.write_bytes(b"short")
    with pytest.raises(SecretStoreError, match="key is damaged"):
        vault.get(BINDING)
    key.unlink()
    with pytest.raises(SecretStoreError, match="key is gone"):
        vault.get(BINDING)
    with pytest.raises(SecretStoreError, match="key is gone"):
        vault.put(BINDING, Secret("new"))


def test_a_vault_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "vault").touch()
    with pytest.raises(SecretStoreError) as caught:
        open_store("practice-folder", folder=tmp_path / "vault").probe()
    assert caught.value.kind == "broken"


WRITER = """
import sys
from profiles.secrets import Binding, Secret, open_store
store = open_store("practice-folder", folder=sys.argv[1])
for n in range(10):
    store.put(Binding("practice", "t", f"{sys.argv[2]}-{n}", "p"), Secret(f"value {sys.argv[2]} {n}"))
    store.put(Binding("practice", "t", "one for all", "p"), Secret("x" * n))
"""


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "vault")]
    children = [subprocess.Popen([*command, str(n)], cwd=ROOT) for n in range(4)]
    assert [child.wait() for child in children] == [0] * 4
    store = open_store("practice-folder", folder=tmp_path / "vault")
    kept = [store.get(Binding("practice", "t", f"{w}-{n}", "p")) for w in range(4) for n in range(10)]
    assert kept == [Secret(f"value {w} {n}") for w in range(4) for n in range(10)]
    assert store.get(Binding("practice", "t", "one for all", "p")) == Secret("x" * 9)
    assert len(list((tmp_path / "vault").iterdir())) == 40 + 1 + 2, "items, key and lock; no debris"


def test_the_practice_store_is_in_practice_azures_own_folder(home: Path) -> None:
    open_store("practice-folder").put(BINDING, Secret(SENTINEL))
    assert item(home / "state" / "practice" / "secrets").exists()


def test_an_unknown_store_is_told() -> None:
    with pytest.raises(SecretStoreError, match="plain-text") as caught:
        open_store("plain-text")
    assert caught.value.kind == "none"
