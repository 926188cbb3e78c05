"""Copying and importing take answers over and nothing else; forgetting takes the secrets along."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from profiles.errors import ProfileError, StaleProfile
from profiles.profile import Profile, SavedContext, SavedProof, SecretReference, now
from profiles.secrets import Secret, open_store
from profiles.store import ProfileStore
from profiles.writing import to_toml
from wizard import shelf
from wizard.answers_file import AnswersFault, read_answers
from wizard.azure.clouds import cloud_named
from wizard.azure.errors import UnknownCloud
from wizard.guides import all_guides
from wizard.incoming import Incoming
from wizard.setup import Setup

TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"
VARIABLE = "HIML_SERVICE_PRINCIPAL_PASSWORD"
GUIDES = all_guides()


def whole(name: str = "demo", **answers: str | int | bool) -> Profile:
    """A profile with something of everything."""
    profile = dataclasses.replace(
        Profile.new(name, "himl", "practice"),
        stage="proved",
        step="4.1",
        context=SavedContext("cli", "bob@contoso.com", TENANT, "Contoso", TENANT, "Research"),
        answers={"workspace": "vision", "secret_months": 6, "signed_in_tenant": TENANT, **answers},
        sources={"workspace": "chosen", "signed_in_tenant": "found"},
        outputs={"HIML_TENANT_ID": TENANT},
        proofs=(SavedProof("sign in", ok=True, at=now()),),
        deployments=("azimuth-demo-1",),
    )
    reference = SecretReference(VARIABLE, "practice-folder", profile.binding("client"))
    return dataclasses.replace(profile, secrets=(reference,))


def handed(folder: Path, profile: Profile, old: str = "", new: str = "") -> Path:
    """A colleague's file."""
    text = to_toml(profile)
    assert old in text
    path = folder / "from-bob.toml"
    path.write_text(text.replace(old, new, 1) if old else text, "utf-8")
    return path


def taken(path: Path, name: str = "") -> tuple[Incoming, Profile]:
    store = ProfileStore()
    found = shelf.preview(store, path, GUIDES, name=name)
    return found, shelf.take_in(store, found)


def see_bare(profile: Profile) -> None:
    """Nothing that was made, kept or proved belongs to it."""
    nothing = (profile.outputs, profile.secrets, profile.proofs, profile.deployments)
    assert not any(nothing)
    assert (profile.stage, profile.step, profile.revision) == ("answering", "", 1)
    assert profile.answers == {"workspace": "vision", "secret_months": 6}
    assert set(profile.sources) <= set(profile.answers)


def test_a_copy_has_the_answers_and_nothing_that_was_made() -> None:
    store = ProfileStore()
    source = store.save(whole())
    copy = shelf.copy(store, "demo", "second", GUIDES)
    see_bare(copy)
    assert copy.id != source.id
    assert copy.origin == "copy of demo"
    assert store.approves(copy)
    assert store.load("demo") == source
    with pytest.raises(StaleProfile):
        shelf.copy(store, "demo", "second", GUIDES)
    assert shelf.standing("second") == 0


def test_a_copy_of_what_nobody_agreed_to_is_not_agreed_to() -> None:
    store = ProfileStore()
    store.save(whole())
    store.path("demo").write_text(
        store.path("demo").read_text("utf-8").replace('"vision"', '"evil"'), "utf-8"
    )
    assert not store.approves(shelf.copy(store, "demo", "second", GUIDES))


def test_a_copy_of_a_guide_that_is_gone_keeps_every_answer() -> None:
    store = ProfileStore()
    store.save(dataclasses.replace(whole(), guide="gone"))
    assert shelf.copy(store, "demo", "second", GUIDES).answers == whole().answers


def test_an_import_takes_answers_alone_and_tells_what_it_leaves(tmp_path: Path) -> None:
    theirs = whole()
    found, mine = taken(handed(tmp_path, theirs))
    see_bare(mine)
    assert mine.id != theirs.id
    assert mine.origin.startswith("import of demo (sha256 ")
    assert (mine.context.account, mine.context.way, mine.context.tenant_id) == ("", "", TENANT)
    assert ProfileStore().approves(mine)
    assert found.left_out == (
        "1 fact found in their Azure",
        "1 variable of theirs",
        "1 reference to a secret",
        "1 proof",
        "1 deployment",
    )
    told = list(found.told())
    for line in (("cloud", "practice"), ("tenant", f"Contoso ({TENANT})"), ("workspace", "vision")):
        assert line in told


def test_an_import_gets_another_name_where_its_own_is_taken(tmp_path: Path) -> None:
    path = handed(tmp_path, whole())
    taken(path)
    with pytest.raises(StaleProfile, match="exists already"):
        taken(path)
    assert taken(path, "second")[1].name == "second"
    with pytest.raises(ProfileError):
        taken(path, "../second")


def test_what_an_import_says_is_shown_safely(tmp_path: Path) -> None:
    nasty = "\x1b]52;c;eA==\x07$(id)[red]${x}\u202e"
    profile = dataclasses.replace(whole(workspace=nasty), context=SavedContext(tenant_name=nasty))
    found, mine = taken(handed(tmp_path, profile))
    assert mine.answers["workspace"] == nasty
    assert all(text.isprintable() for line in found.told() for text in line)


@pytest.mark.parametrize(
    ("old", "new", "key", "what"),
    [
        ('guide = "himl"', 'guide = "gone"', "guide", "is not installed here"),
        ("secret_months = 6", "secret_months = 99", "answers.secret_months", "99"),
        ("secret_months = 6", 'secret_months = ["a"]', "answers.secret_months", "is a list"),
        ('workspace = "vision"', "workspace = 5", "answers.workspace", "is not text"),
        ("[answers]", '[answers]\nsecret_value = "s3cret"', "answers.secret_value", "is a secret"),
        ("[answers]", '[answers]\nauth_way = "bicycle"', "answers.auth_way", "is not a choice"),
        ("[answers]", '[answers]\ntenant = "adfs"', "answers.tenant", "is no tenant"),
        ("[answers]", '[answers]\ntenant_id = "common"', "answers.tenant_id", "is no tenant"),
        ('name = "demo"', 'name = "$(id)"', "name", "must be 1-64 letters"),
    ],
)
def test_an_import_that_breaks_a_rule_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, key: str, what: str
) -> None:
    path = handed(tmp_path, whole(), old, new)
    wanted = next(line for line in new.split("\n") if key.rpartition(".")[2] in line)
    lines = path.read_text("utf-8").split("\n")
    with pytest.raises(ProfileError) as caught:
        taken(path)
    (fault,) = [one for one in caught.value.faults if one.key == key]
    assert what in fault.what
    assert fault.line == next(n for n, line in enumerate(lines, 1) if line.startswith(wanted))
    assert "s3cret" not in str(caught.value)
    assert ProfileStore().names() == []


def test_a_file_of_a_cloud_that_is_not_registered_here_says_how_that_is_done(tmp_path: Path) -> None:
    path = handed(tmp_path, dataclasses.replace(whole(), cloud="ContosoStack", secrets=()))
    with pytest.raises(UnknownCloud, match="azimuth clouds register FILE"):
        taken(path)


def test_an_import_of_a_newer_azimuth_keeps_what_is_unknown_here(tmp_path: Path) -> None:
    path = handed(tmp_path, whole(), "schema = 2", 'schema = 3\nshape = "round"')
    found, mine = taken(path)
    assert (mine.schema, mine.unknown) == (3, {"shape": "round"})
    assert ("shape", "is of a newer Azimuth, and is kept") in list(found.told())


def test_a_forgotten_profile_takes_its_secrets_along(azimuth_home: Path) -> None:
    store, profile = ProfileStore(), whole()
    binding = profile.secrets[0].binding
    for kept in (binding, binding.next):
        open_store("practice-folder").put(kept, Secret("s3ntinel"))
    store.save(profile)
    assert shelf.forget(store, "demo") == ()
    for kept in (binding, binding.next):
        assert open_store("practice-folder").get(kept) is None
    assert store.names() == []


def test_a_profile_that_can_not_be_read_can_be_forgotten() -> None:
    store = ProfileStore()
    store.path("demo").write_text("schema = ", "utf-8")
    assert shelf.forget(store, "demo") == ()
    assert store.names() == []


@pytest.mark.parametrize(
    "word", ["adfs", "Common", "organizations", "consumers", "https://evil.example", "../adfs"]
)
def test_a_tenant_that_is_none_is_told_and_never_saved(tmp_path: Path, word: str) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(f'subscription = "Research"\nworkspace = "vision"\ntenant = "{word}"\n', "utf-8")
    with pytest.raises(AnswersFault) as caught:
        read_answers(file, GUIDES["himl"])
    assert [(fault.line, fault.key) for fault in caught.value.faults] == [(3, "tenant")]
    setup = Setup.begin(GUIDES["himl"], "demo", cloud_named("AzureCloud"))
    setup.walkthrough.record("workspace", "vision")
    setup.walkthrough.record("tenant", word)
    setup.save()
    assert ProfileStore().load("demo").answers == {"workspace": "vision"}
