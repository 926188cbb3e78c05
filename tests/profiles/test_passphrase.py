"""The vault's passphrase is taken from a file that is its owner's alone, or asked once, and never shown."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from profiles.file_vault import FileVault, WrongPassphrase
from profiles.passphrase import FILE_VARIABLE, AskedOnce, Asking, passphrase_in
from profiles.secrets import Binding, Secret, SecretStoreError, open_store

WORDS = "correct horse battery staple"
BINDING = Binding("AzureCloud", "contoso.com", "0f8fad5b", "a" * 32)


class Person:
    """Somebody who answers one after the other, and remembers what was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[Asking] = []

    def __call__(self, asking: Asking) -> Secret:
        self.asked.append(asking)
        return Secret(self.answers.pop(0))


@pytest.fixture
def vault(tmp_path: Path) -> str:
    """The path of a vault that is there."""
    path = tmp_path / "vault"
    FileVault(path, lambda: Secret(WORDS), cost=4).put(BINDING, Secret("kept"))
    return str(path)


def test_a_person_is_asked_once_for_as_long_as_it_lives(vault: str) -> None:
    person = Person(WORDS)
    passphrase = AskedOnce(person, vault)
    for _ in range(3):
        assert FileVault(vault, passphrase).get(BINDING) == Secret("kept")
    assert person.asked == [Asking(new=False)]


def test_many_threads_ask_once(vault: str) -> None:
    person = Person(WORDS)
    passphrase, found = AskedOnce(person, vault), list[Secret]()
    threads = [threading.Thread(target=lambda: found.append(passphrase())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Secret(WORDS)] * 8
    assert len(person.asked) == 1


def test_a_wrong_one_is_asked_again_three_times_in_all(vault: str) -> None:
    person = Person("wrong", WORDS)
    assert AskedOnce(person, vault)() == Secret(WORDS)
    assert [asking.wrong for asking in person.asked] == ["", "That is not the vault's passphrase."]
    person = Person("wrong", "worse", "worst", WORDS)
    with pytest.raises(WrongPassphrase, match="asked for 3 times; nothing was changed"):
        AskedOnce(person, vault)()
    assert len(person.asked) == 3


def test_for_a_new_vault_a_long_one_is_asked_for(tmp_path: Path) -> None:
    person = Person("short", WORDS)
    assert AskedOnce(person, str(tmp_path / "none"))() == Secret(WORDS)
    assert [asking.new for asking in person.asked] == [True, True]
    assert "12 at least" in person.asked[1].wrong


def test_who_is_not_asked_is_asked_the_next_time(vault: str) -> None:
    class Leaves(Person):
        def __call__(self, asking: Asking) -> Secret:
            if not self.asked:
                self.asked.append(asking)
                raise SecretStoreError("locked", "not given")
            return super().__call__(asking)

    passphrase = AskedOnce(Leaves(WORDS), vault)
    with pytest.raises(SecretStoreError, match="not given"):
        passphrase()
    assert passphrase() == Secret(WORDS)


def test_a_file_gives_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    for content, told in ((WORDS, WORDS), (f"{WORDS}\r\nmore\n", WORDS), (" a \n", " a "), ("ü\n", "ü")):
        path.write_text(content, newline="")
        path.chmod(0o600)
        assert passphrase_in(str(path)) == Secret(told)


def wide(path: Path) -> None:
    path.chmod(0o640)


def foreign(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, 12345, -1)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o700)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (wide, "others can read or change it .mode 0640.: chmod 600 it first"),
        (foreign, "belongs to another user"),
        (pipe, "not a regular file"),
        (folder, "is a directory"),
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.write_text(""), "its first line has to hold the passphrase"),
        (lambda path: path.write_text("\n" + WORDS), "its first line has to hold the passphrase"),
        (lambda path: path.write_text("x" * 5000), "its first line has to hold the passphrase"),
        (lambda path: path.write_bytes(b"s3ntinel\xff"), "not UTF-8"),
    ],
)
def test_a_file_that_is_not_its_owners_alone_is_not_used(
    tmp_path: Path, spoil: Callable[[Path], object], why: str
) -> None:
    path = tmp_path / "passphrase"
    path.write_text(WORDS)
    path.chmod(0o600)
    spoil(path)
    with pytest.raises(SecretStoreError, match=why) as caught:
        passphrase_in(str(path))
    assert caught.value.kind == "locked"
    assert str(path) in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or "s3ntinel" not in repr(caught.value.__context__)


def test_the_file_goes_before_a_person(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home.parent / "passphrase"
    file.write_text(WORDS)
    file.chmod(0o600)
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    person = Person()
    open_store("vault", passphrase=person).put(BINDING, Secret("kept"))  # type: ignore[arg-type] # it must not be called
    assert person.asked == []
    file.write_text("another one altogether")
    with pytest.raises(WrongPassphrase):
        open_store("vault").get(BINDING)
