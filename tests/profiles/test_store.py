"""Two windows on one profile overwrite nothing of each other, and a broken file is neither read nor replaced."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from profiles.errors import LockedError, ProfileError, ProfileNotFound, StaleProfile
from profiles.files import locked
from profiles.profile import Profile, SavedContext, SecretReference
from profiles.store import ProfileStore, journal_path

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(home: Path) -> ProfileStore:
    return ProfileStore()


def make(store: ProfileStore, name: str = "demo") -> Profile:
    return store.save(Profile.new(name, "himl", "practice"))


def test_a_saved_profile_is_loaded_again_and_private(store: ProfileStore, home: Path) -> None:
    saved = make(store)
    assert saved.revision == 1
    assert store.load("demo") == saved
    file = home / "config" / "profiles" / "demo.toml"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_profile_that_another_window_saved_is_not_overwritten(store: ProfileStore) -> None:
    mine = make(store)
    theirs = store.save(dataclasses.replace(store.load("demo"), answers={"a": "theirs"}))
    with pytest.raises(StaleProfile) as caught:
        store.save(dataclasses.replace(mine, answers={"a": "mine"}))
    assert (caught.value.mine, caught.value.theirs) == (1, 2)
    assert store.load("demo") == theirs


def test_a_new_profile_does_not_replace_one_of_the_same_name(store: ProfileStore) -> None:
    first = make(store)
    with pytest.raises(StaleProfile, match="exists already"):
        make(store)
    second = dataclasses.replace(Profile.new("demo", "himl", "practice"), revision=1)
    with pytest.raises(StaleProfile):
        store.save(second)
    assert store.load("demo") == first


def test_a_profile_that_was_deleted_does_not_come_back_by_itself(store: ProfileStore) -> None:
    mine = make(store)
    store.delete("demo")
    with pytest.raises(StaleProfile, match="was removed"):
        store.save(mine)
    assert not store.exists("demo")


def test_a_file_broken_by_hand_is_told_and_kept(store: ProfileStore) -> None:
    mine = make(store)
    broken = store.path("demo").read_text().replace("guide =", "guide :")
    store.path("demo").write_text(broken)
    with pytest.raises(ProfileError, match=r"demo\.toml, line \d+"):
        store.load("demo")
    with pytest.raises(ProfileError):
        store.save(mine)
    assert store.path("demo").read_text() == broken


def test_a_profile_against_the_rules_is_not_written(store: ProfileStore) -> None:
    mine = make(store)
    before = store.path("demo").read_text()
    for bad in ({"outputs": {"PATH": "x"}}, {"answers": {"a": "\ud800"}}, {"answers": {"a": "x" * 300_000}}):
        with pytest.raises(ProfileError):
            store.save(dataclasses.replace(mine, **bad))  # type: ignore[arg-type] # each is one field
    assert store.path("demo").read_text() == before


def test_moving_to_another_tenant_loses_nothing(store: ProfileStore) -> None:
    mine = dataclasses.replace(make(store), context=SavedContext(tenant_id="contoso.com"))
    reference = SecretReference("HIML_SERVICE_PRINCIPAL_PASSWORD", "keyring", mine.binding("client"))
    kept = store.save(dataclasses.replace(mine, secrets=(reference,)))
    moved = store.save(dataclasses.replace(kept, context=SavedContext(tenant_id="fabrikam.com")))
    assert store.load("demo") == moved


def test_the_list_tells_of_every_profile_and_why_one_is_broken(store: ProfileStore) -> None:
    make(store, "one")
    make(store, "two")
    store.path("bad").write_text("schema = 1\n")
    (store.folder / "no profile.toml").touch()
    summaries = {summary.name: summary for summary in store.list()}
    assert set(summaries) == {"one", "two", "bad"}
    assert (summaries["one"].guide, summaries["one"].stage, summaries["one"].broken) == (
        "himl",
        "answering",
        "",
    )
    assert summaries["bad"].broken.startswith("bad.toml: name: is missing")
    assert store.list()[-1].name == "bad"


def test_a_missing_profile_is_told_with_names_near_it(store: ProfileStore) -> None:
    make(store, "vision-demo")
    with pytest.raises(ProfileNotFound, match="Did you mean vision-demo") as caught:
        store.load("vison-demo")
    assert caught.value.near == ("vision-demo",)
    with pytest.raises(ProfileNotFound):
        store.delete("vison-demo")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "a\n", "-rf", "x" * 65, "é", "$(id)"])
def test_a_name_that_is_a_trick_is_refused_everywhere(store: ProfileStore, name: str) -> None:
    for act in (store.load, store.exists, store.delete, journal_path, lambda bad: store.rename("demo", bad)):
        with pytest.raises(ProfileError):
            act(name)
    with pytest.raises(ProfileError):
        make(store, name)


def test_a_renamed_profile_keeps_its_identity_and_takes_its_journal_along(store: ProfileStore) -> None:
    old = make(store)
    journal_path("demo").write_text("{}\n")
    new = store.rename("demo", "prod")
    assert (new.name, new.id, new.revision) == ("prod", old.id, 2)
    assert store.names() == ["prod"]
    assert journal_path("prod").read_text() == "{}\n"
    assert not journal_path("demo").exists()
    assert new.binding("client") == old.binding("client")


def test_a_name_that_is_taken_is_not_overwritten_by_renaming(store: ProfileStore) -> None:
    make(store, "one")
    two = make(store, "two")
    with pytest.raises(StaleProfile):
        store.rename("one", "two")
    assert store.load("two") == two


def test_the_journal_of_a_deleted_profile_is_kept_aside(store: ProfileStore) -> None:
    make(store)
    journal_path("demo").write_text("{}\n")
    store.delete("demo")
    assert not journal_path("demo").exists()
    (aside,) = journal_path("demo").parent.glob("*.jsonl")
    assert aside.read_text() == "{}\n"


def test_hand_off_pages_go_with_the_name_and_away_with_the_profile(store: ProfileStore) -> None:
    make(store)
    make(store, "demo-handoff-x")
    mine, theirs = store.folder / "demo-handoff-1.3.md", store.folder / "demo-handoff-x-handoff-1.3.md"
    mine.write_text("mine")
    theirs.write_text("theirs")
    store.rename("demo", "prod")
    assert (store.folder / "prod-handoff-1.3.md").read_text() == "mine"
    assert not mine.exists()
    assert theirs.read_text() == "theirs"
    store.delete("prod")
    assert sorted(path.name for path in store.folder.glob("*.md")) == [theirs.name]


def test_a_profile_that_is_being_carried_out_is_neither_renamed_nor_deleted(store: ProfileStore) -> None:
    make(store)
    with locked(journal_path("demo").with_suffix(".lock"), "Profile demo"):
        for act in (lambda: store.rename("demo", "prod"), lambda: store.delete("demo")):
            with pytest.raises(LockedError, match="Profile demo is in use by process"):
                act()
    assert store.names() == ["demo"]


def test_suggested_names_are_free_and_possible(store: ProfileStore) -> None:
    assert store.suggest_name("himl") == "himl"
    make(store, "himl")
    make(store, "himl-2")
    assert store.suggest_name("himl") == "himl-3"
    assert store.suggest_name("../ws vision/é") == "ws-vision"
    assert store.suggest_name("$$$") == "profile"
    make(store, store.suggest_name("x" * 200))


EDITOR = """
import dataclasses, sys
from profiles.errors import StaleProfile
from profiles.store import ProfileStore
store = ProfileStore()
told = 0
for n in range(15):
    while True:
        profile = store.load("demo")
        answers = {**profile.answers, f"{sys.argv[1]}-{n}": n}
        try:
            store.save(dataclasses.replace(profile, answers=answers))
        except StaleProfile:
            told += 1
        else:
            break
"""


def test_editors_at_the_same_time_lose_no_answer(store: ProfileStore) -> None:
    make(store)
    children = [subprocess.Popen([sys.executable, "-c", EDITOR, f"w{n}"], cwd=ROOT) for n in range(4)]
    assert [child.wait() for child in children] == [0] * 4
    profile = store.load("demo")
    assert profile.revision == 61
    assert profile.answers == {f"w{w}-{n}": n for w in range(4) for n in range(15)}
