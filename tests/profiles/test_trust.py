"""What somebody else wrote into a profile goes nowhere before a person here agreed to it, and what Azimuth saved is agreed to."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from profiles.errors import NotApproved
from profiles.locations import approvals_home
from profiles.profile import Profile, SavedContext, SavedProof, now
from profiles.store import ProfileStore

TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def store(home: Path) -> ProfileStore:
    return ProfileStore()


def make(store: ProfileStore, name: str = "demo") -> Profile:
    profile = Profile.new(name, "himl", "practice")
    return store.save(dataclasses.replace(profile, answers={"workspace": "vision", "role": "contributor"}))


def edit(store: ProfileStore, old: str, new: str, name: str = "demo") -> Profile:
    path = store.path(name)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return store.load(name)


def test_what_azimuth_saved_is_approved_and_its_record_is_private(store: ProfileStore) -> None:
    profile = make(store)
    assert store.approves(store.load("demo"))
    assert store.approves(store.save(dataclasses.replace(profile, answers={"workspace": "other"})))
    (record,) = Path(approvals_home()).iterdir()
    assert record.stat().st_mode & 0o777 == 0o600
    assert record.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('workspace = "vision"', 'workspace = "evil"', "~ answers.workspace = 'evil'  (was 'vision')"),
        ('role = "contributor"', 'role = "contributor"\nsubscription = "Prod"', "+ answers.subscription = 'Prod'"),
        ('role = "contributor"\n', "", "- answers.role = 'contributor'"),
        ('cloud = "practice"', 'cloud = "AzureCloud"', "~ cloud = 'AzureCloud'  (was 'practice')"),
        ('guide = "himl"', 'guide = "hopsworks"', "~ guide = 'hopsworks'  (was 'himl')"),
        ('tenant_id = ""', f'tenant_id = "{TENANT}"', f"~ context.tenant_id = '{TENANT}'  (was '')"),
        ("[outputs]", '[outputs]\nHIML_X = "y"', "+ outputs.HIML_X = 'y'"),
        ('role = "contributor"', "role = true", "~ answers.role = true  (was 'contributor')"),
        ('"vision"', '"\\u001b]0;x\\u0007\\u202e"', "~ answers.workspace = '\\x1b]0;x\\x07\\u202e'  (was 'vision')"),
        ('stage = "answering"', 'stage = "applying"', "~ stage = 'applying'  (was 'answering')"),
        ("deployments = []", 'deployments = ["theirs"]', "~ deployments = ['theirs']  (was [])"),
    ],
)  # fmt: skip
def test_a_changed_file_is_told_by_what_changed(store: ProfileStore, old: str, new: str, told: str) -> None:
    make(store)
    changed = edit(store, old, new)
    assert not store.approves(changed)
    with pytest.raises(NotApproved, match="was changed outside Azimuth") as caught:
        store.see_approved(changed)
    assert told in caught.value.difference
    assert all(line.isprintable() for line in caught.value.difference)
    store.approve(changed)
    store.see_approved(store.load("demo"))


def test_a_save_that_decides_nothing_new_writes_no_record(store: ProfileStore) -> None:
    profile = make(store)
    (record,) = Path(approvals_home()).iterdir()
    before = record.stat()
    saved = store.save(dataclasses.replace(profile, step="2.1", proofs=(SavedProof("x", ok=True, at=now()),)))
    assert (record.stat().st_ino, record.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert store.approves(saved)


def test_comments_layout_and_what_is_counted_up_need_no_approval(store: ProfileStore) -> None:
    make(store)
    edit(store, "revision = 1", "revision = 7  # by hand")
    edit(store, 'step = ""', 'step = "2.1"')
    edit(store, '"vision"', "'vision'  # as agreed with Bob")
    store.see_approved(store.load("demo"))


def test_a_file_that_was_put_there_was_never_approved_and_all_of_it_is_shown(store: ProfileStore) -> None:
    make(store)
    text = store.path("demo").read_text("utf-8").replace('name = "demo"', 'name = "theirs"')
    store.path("theirs").write_text(text, "utf-8")
    theirs = store.load("theirs")
    with pytest.raises(NotApproved, match="was never approved here") as caught:
        store.see_approved(theirs)
    assert "+ answers.workspace = 'vision'" in caught.value.difference
    assert "+ cloud = 'practice'" in caught.value.difference


def test_saving_never_approves_what_nobody_agreed_to(store: ProfileStore) -> None:
    make(store)
    changed = edit(store, '"vision"', '"evil"')
    saved = store.save(dataclasses.replace(changed, step="2.1", answers={**changed.answers, "more": 1}))
    assert not store.approves(saved)
    assert "~ answers.workspace = 'evil'  (was 'vision')" in store.difference(saved).lines
    store.approve(saved)
    proof = SavedProof("sign in", ok=True, at=now())
    assert store.approves(store.save(dataclasses.replace(saved, proofs=(proof,))))


def test_what_was_approved_once_may_come_back_but_an_older_one_may_not(store: ProfileStore) -> None:
    first = make(store)
    second = store.save(dataclasses.replace(first, answers={"workspace": "second"}))
    store.save(dataclasses.replace(second, answers={"workspace": "third"}))
    assert not store.approves(first)


def test_approval_goes_with_the_name_and_not_with_a_copy_of_the_file(store: ProfileStore) -> None:
    make(store)
    renamed = store.rename("demo", "prod")
    assert store.approves(renamed)
    store.path("demo").write_text(store.path("prod").read_text("utf-8").replace('"prod"', '"demo"'), "utf-8")
    assert not store.approves(store.load("demo"))


def test_renaming_approves_nothing(store: ProfileStore) -> None:
    make(store)
    edit(store, '"vision"', '"evil"')
    assert not store.approves(store.rename("demo", "prod"))


def test_a_deleted_profile_leaves_no_approval_behind(store: ProfileStore) -> None:
    make(store)
    text = store.path("demo").read_text("utf-8")
    store.delete("demo")
    assert list(Path(approvals_home()).iterdir()) == []
    store.path("demo").write_text(text, "utf-8")
    assert not store.approves(store.load("demo"))


@pytest.mark.parametrize(
    "record", [b"", b"{", b"[]", b'{"path": 1}', b"\xff\xfe", b'{"approved": [{}]}', b"null"]
)
def test_a_damaged_record_approves_nothing_and_stops_nothing(store: ProfileStore, record: bytes) -> None:
    profile = make(store)
    (path,) = Path(approvals_home()).iterdir()
    path.write_bytes(record)
    assert not store.approves(profile)
    store.approve(profile)
    assert store.approves(profile)


def test_a_newer_key_counts_and_is_shown(store: ProfileStore) -> None:
    make(store)
    newer = edit(store, "schema = 2", 'schema = 3\nauthority = "https://evil.example"')
    assert "+ authority = 'https://evil.example'" in store.difference(newer).lines


def test_a_long_difference_is_cut(store: ProfileStore) -> None:
    profile = make(store)
    store.path("demo").write_text("", "utf-8")
    answers = {f"k{n}": "x" * 5000 for n in range(40)} | {f"n{n}": n for n in range(500)}
    lines = store.difference(dataclasses.replace(profile, answers=answers)).lines
    assert len(lines) == 201
    assert lines[-1].startswith("… and ")
    assert max(map(len, lines)) < 250


def test_a_context_is_part_of_it(store: ProfileStore) -> None:
    profile = make(store)
    moved = dataclasses.replace(profile, context=SavedContext(subscription_id=TENANT))
    assert not store.approves(moved)
