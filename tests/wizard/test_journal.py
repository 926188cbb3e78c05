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


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_torn_last_line_is_passed_over_and_healed(journal: Journal, cut: int) -> None:
    journal.done("app", "application", made=True, id="1")
    journal.done("principal", "service principal", made=True, id="2")
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:-cut])
    kept = {entry.key for entry in journal.entries()}
    assert "app" in kept
    journal.done("secret", "client secret", made=True, id="3")
    assert {entry.key for entry in journal.entries()} >= {"app", "secret"}


def test_a_line_that_was_changed_is_not_believed(journal: Journal) -> None:
    journal.done("app", "application", made=True, id="1")
    journal.path.write_text(journal.path.read_text().replace('"id":"1"', '"id":"2"'))
    assert journal.is_empty


def test_only_its_owner_may_read_it(journal: Journal) -> None:
    journal.begin("app", "application")
    assert journal.path.stat().st_mode & 0o777 == 0o600
