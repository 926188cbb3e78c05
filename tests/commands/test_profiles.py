"""`azimuth profiles` and `azimuth clouds`: whole command lines, run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pexpect
import pytest

from profiles.locations import config_folder
from profiles.profile import Profile
from profiles.store import ProfileStore
from screens.entry import run
from tests.commands.azimuth import COMMAND, STARTER, environment
from tests.rehearsal import practice, state_of
from wizard import shelf

STACK = """name = "ContosoStack"
arm = "https://management.stack.contoso.com"
login = "https://login.stack.contoso.com"
graph = "https://graph.stack.contoso.com"
storage_suffix = "stack.contoso.com"
"""


class Said(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Azimuth = Callable[..., Said]


@pytest.fixture
def azimuth(capsys: pytest.CaptureFixture[str]) -> Azimuth:
    def call(*arguments: str) -> Said:
        code = run(arguments)
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture
def demo() -> Profile:
    import dataclasses

    profile = Profile.new("demo", "himl", "practice")
    answers = {"subscription": "Research", "auth_way": "interactive", "workspace": "vision"}
    return ProfileStore().save(dataclasses.replace(profile, answers=answers))


def edit(old: str, new: str, name: str = "demo") -> None:
    path = ProfileStore().path(name)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.usefixtures("demo")
def test_copying_renaming_showing_and_deleting(azimuth: Azimuth) -> None:
    assert azimuth("profiles", "copy", "demo", "second").out == "second has the answers of demo.\n"
    assert azimuth("profiles", "rename", "second", "third").code == 0
    shown = azimuth("profiles", "show", "third")
    assert "copy of demo" in shown.out
    assert "workspace = vision" in shown.out
    assert azimuth("profiles", "show", "third", "--json").document["origin"] == "copy of demo"
    refused = azimuth("profiles", "delete", "third")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert azimuth("profiles", "delete", "third", "--yes").code == 0
    missing = azimuth("profiles", "delete", "demi", "--yes")
    assert (missing.code, "Did you mean demo" in missing.err) == (2, True)
    assert ProfileStore().names() == ["demo"]
    assert azimuth("profiles", "copy", "demo", "$(id)").code == 2
    assert azimuth("profiles", "rename", "demo", "../x").code == 2


@pytest.mark.usefixtures("demo")
def test_a_broken_profile_can_be_deleted(azimuth: Azimuth) -> None:
    ProfileStore().path("demo").write_text("schema = ", "utf-8")
    assert "broken" in azimuth("profiles").out
    assert azimuth("profiles", "delete", "demo", "--yes").code == 0


@pytest.mark.usefixtures("demo")
def test_an_import_is_shown_asked_about_and_kept(azimuth: Azimuth, tmp_path: Path) -> None:
    file = tmp_path / "from-bob.toml"
    file.write_bytes(ProfileStore().path("demo").read_bytes())
    taken = azimuth("profiles", "import", str(file), "--yes")
    assert (taken.code, "exists already" in taken.err) == (1, True)
    refused = azimuth("profiles", "import", str(file), "--name", "mine")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    for told in ("guide = himl: hi-ml", "cloud = practice", "workspace = vision"):
        assert told in refused.err
    assert ProfileStore().names() == ["demo"]
    kept = azimuth("profiles", "import", str(file), "--name", "mine", "--yes", "--json")
    assert kept.document["origin"].startswith("import of demo")
    assert kept.document["id"] != ProfileStore().load("demo").id


def test_every_fault_of_an_import_is_listed(azimuth: Azimuth, tmp_path: Path) -> None:
    file = tmp_path / "from-bob.toml"
    file.write_text('schema = 2\nname = "../x"\ncloud = "https://evil.example"\n', "utf-8")
    said = azimuth("profiles", "import", str(file), "--yes")
    assert said.code == 2
    assert "from-bob.toml, line 2: name:" in said.err
    assert (
        "from-bob.toml, line 3: cloud: must be a cloud's name; a profile never holds an address" in said.err
    )
    assert "from-bob.toml: guide: is missing" in said.err


def test_a_profile_of_an_unregistered_cloud_is_told_how_to_register_one(
    azimuth: Azimuth, tmp_path: Path
) -> None:
    ProfileStore().save(Profile.new("demo", "himl", "ContosoStack"))
    for command in (("verify", "demo"), ("resume", "demo", "--yes"), ("plan", "himl", "--cloud", "ContosoStack", "--answers", STARTER)):  # fmt: skip
        said = azimuth(*command)
        assert (said.code, "azimuth clouds register FILE" in said.err) == (2, True)
    file = tmp_path / "stack.toml"
    file.write_text(STACK, "utf-8")
    assert azimuth("clouds", "register", str(file)).code == 2
    assert not (config_folder() / "clouds.toml").exists()
    assert "https://login.stack.contoso.com" in azimuth("clouds", "register", str(file), "--yes").err
    listed = azimuth("clouds", "--json").document["clouds"]
    assert [one["cloud"] for one in listed if one["registered_here"]] == ["ContosoStack"]
    assert "graph.stack.contoso.com" in azimuth("clouds").out
    # It is known now: the refusal is about signing in, and nothing of that cloud answers.
    assert "clouds register" not in azimuth("verify", "demo").err
    assert azimuth("clouds", "remove", "ContosoStack", "--json").document["profiles"] == ["demo"]
    assert azimuth("clouds", "remove", "ContosoStack").code == 2


@pytest.mark.usefixtures("demo")
def test_a_changed_file_is_told_before_anything_is_sent(azimuth: Azimuth, azimuth_home: Path) -> None:
    folder = azimuth_home / "state" / "practice"
    with practice(folder):
        pass
    before = state_of(folder)
    edit('workspace = "vision"', 'workspace = "evil\\u001b]0;x"')
    answers = ("--answers", STARTER.replace("himl", "himl-interactive"))
    for command in (
        ("resume", "demo", "--yes"),
        ("verify", "demo"),
        ("undo", "demo", "--yes"),
        ("plan", "himl", "--practice", "--profile", "demo", *answers),
        ("apply", "himl", "--practice", "--profile", "demo", *answers, "--yes"),
    ):
        said = azimuth(*command)
        assert said.code == 1, said.err
        assert "was changed outside Azimuth" in said.err
        assert "azimuth profiles approve demo" in said.err
        assert "answers.workspace = 'evil\\x1b]0;x'" in said.err
        assert "\x1b" not in said.err
    assert state_of(folder) == before
    told = json.loads(azimuth("verify", "demo", "--json").out)["error"]
    assert (told["kind"], told["exit"]) == ("approval", 1)
    assert any("workspace" in line for line in told["difference"])
    # Nothing live: a profile may be exported and shown all the same.
    assert azimuth("profiles", "show", "demo", "--json").document["approved"] is False


@pytest.mark.usefixtures("demo")
def test_approving_shows_the_difference_and_asks(azimuth: Azimuth) -> None:
    edit('workspace = "vision"', 'workspace = "speech"')
    refused = azimuth("profiles", "approve", "demo")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert "~ answers.workspace = 'speech'  (was 'vision')" in refused.err
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "profiles", "approve", "demo"],
        env=environment(),
        encoding="utf-8",
        timeout=30,
    )
    child.expect(r"Is that what you want\? \[y/N\]:")
    assert "'speech'" in child.before
    child.sendline("n")
    child.expect(pexpect.EOF)
    assert azimuth("profiles", "show", "demo", "--json").document["approved"] is False
    agreed = azimuth("profiles", "approve", "demo", "--yes", "--json").document
    assert (agreed["approved"], agreed["known"], len(agreed["difference"])) == (True, True, 1)
    assert azimuth("profiles", "approve", "demo").out == "demo is as it was approved.\n"
    assert azimuth("profiles", "show", "demo", "--json").document["approved"] is True


def test_starters_are_listed_and_printed(azimuth: Azimuth) -> None:
    listed = azimuth("profiles", "starters", "--json").document["starters"]
    assert {one["starter"] for one in listed} == set(shelf.starters())
    assert all(one["about"] for one in listed)
    for name, path in shelf.starters().items():
        assert azimuth("profiles", "starters", name).out == path.read_text("utf-8")
    assert "himl-federated" in azimuth("profiles", "starters", "nosuch").err


def test_a_hand_edited_profile_keeps_its_comments_through_a_run(azimuth: Azimuth, demo: Profile) -> None:
    path = ProfileStore().path("demo")
    text = path.read_text("utf-8").replace("[answers]", "# Eve decided this\n[answers]", 1)
    path.write_text(text.replace('"interactive"', '"interactive"  # for now'), "utf-8")
    assert azimuth("resume", "demo", "--yes").code in {0, 4}
    after = path.read_text("utf-8")
    assert "# Eve decided this\n[answers]" in after
    assert '"interactive"  # for now' in after
    assert ProfileStore().load("demo").revision > demo.revision
