"""The journal survives torn lines, knows what is made, and finds interrupted intents."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.apply.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "demo.jsonl")


def test_an_intent_without_outcome_is_interrupted(journal: Journal) -> None:
    journal.begin("app", "application", unique_name="u")
    interrupted = journal.interrupted("app")
    assert interrupted is not None
    assert interrupted.fields == {"unique_name": "u"}
    journal.done("app", "application", made=True, id="1")
    assert journal.interrupted("app") is None


def test_made_is_what_was_created_and_not_removed(journal: Journal) -> None:
    journal.done("app", "application", made=True, id="1", name="n")
    journal.done("principal", "service principal", made=False, id="2")
    journal.done("secret", "client secret", made=True, id="3")
    journal.undone("secret", "client secret", id="3")
    assert [(made.key, made.fields["id"]) for made in journal.made()] == [("app", "1")]
    assert set(journal.known()) == {"app", "principal"}


def test_a_second_secret_does_not_hide_the_first(journal: Journal) -> None:
    journal.done("secret", "client secret", made=True, id="3")
    journal.done("secret", "client secret", made=True, id="4")
    assert [made.fields["id"] for made in journal.made()] == ["3", "4"]


@pytest.mark.parametrize("cut", range(1, 156, 5))
def test_a_torn_last_line_is_passed_over_and_healed(journal: Journal, cut: int) -> None:
    journal.done("app", "application", made=True, id="1")
    journal.done("principal", "service principal", made=True, id="2")
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:-cut])
    kept = {entry.key for entry in journal.entries()}
    assert "app" in kept
    assert journal.condition.damaged == ()
    journal.done("secret", "client secret", made=True, id="3")
    assert {entry.key for entry in journal.entries()} >= {"app", "secret"}
    assert journal.condition.damaged == (), "what a crash tore is no damage"


def test_a_torn_line_is_healed_though_the_healing_was_torn(journal: Journal) -> None:
    journal.done("app", "application", made=True, id="1")
    whole = journal.path.read_bytes()
    for cut in (7, 9, 11):
        journal.done("principal", "service principal", made=True, id="2")
        journal.path.write_bytes(journal.path.read_bytes()[:-cut])
    journal.done("secret", "client secret", made=True, id="3")
    assert journal.path.read_bytes().startswith(whole)
    assert journal.condition.damaged == ()
    assert [made.key for made in journal.made()] == ["app", "secret"]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_line_that_is_damaged_is_told_by_its_number(journal: Journal, at: int) -> None:
    for number in range(3):
        journal.done(f"thing {number}", "application", made=True, id=str(number))
    lines = journal.path.read_text().splitlines()
    lines[at] = lines[at].replace("thing", "thong")
    journal.path.write_text("\n".join(lines) + "\n")
    assert journal.condition.damaged == (at + 1,)
    journal.begin("more", "application")
    assert journal.condition.damaged == (at + 1,), "writing on does not vouch for it"


def test_it_says_whose_it_is_and_is_kept_aside_whole(tmp_path: Path) -> None:
    own = Journal(tmp_path / "demo.jsonl", "id-1")
    own.done("app", "application", made=True, id="1")
    assert own.condition.owner == "id-1"
    assert [entry.key for entry in own.entries()] == ["app"], "the head is no entry"
    other = Journal(own.path, "id-2")
    before = own.path.read_bytes()
    aside = other.keep_aside("foreign", whole=True)
    assert aside.read_bytes() == before
    assert (other.condition.owner, other.is_empty) == ("id-2", True)


def test_kept_aside_for_damage_its_good_lines_stay(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "demo.jsonl", "id-1")
    for number in range(3):
        journal.done(f"thing {number}", "application", made=True, id=str(number))
    journal.path.write_text(journal.path.read_text().replace("thing 1", "thing 9"))
    aside = journal.keep_aside("damaged", whole=False)
    assert "thing 9" in aside.read_text()
    assert [entry.key for entry in journal.entries()] == ["thing 0", "thing 2"]
    assert journal.condition.damaged == ()
    assert aside.stat().st_mode & 0o777 == 0o600


def test_a_line_that_was_changed_is_not_believed(journal: Journal) -> None:
    journal.done("app", "application", made=True, id="1")
    journal.path.write_text(journal.path.read_text().replace('"id":"1"', '"id":"2"'))
    assert journal.is_empty


def test_only_its_owner_may_read_it(journal: Journal) -> None:
    journal.begin("app", "application")
    assert journal.path.stat().st_mode & 0o777 == 0o600
