"""Switches, texts of several lines and drawings by line prompts, in an answers file, and in the list of a guide."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from screens.output import Output
from screens.progress import ProgressLines
from tests.commands.azimuth import ROOT, azimuth, document
from tests.plain.typist import Typist, signs_in
from tests.screens.small_guide import GUIDE, MANY
from wizard.answers_file import AnswersFault, read_answers
from wizard.apply.events import Waiting


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """Install the small guide as another distribution does, and return the environment that finds it."""
    meta = tmp_path / "site" / "small_guide-1.0.dist-info"
    meta.mkdir(parents=True)
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: small-guide\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[azimuth.guides]\nsmall = tests.screens.small_guide:GUIDE\n")
    return {"PYTHONPATH": f"{meta.parent}:{ROOT}"}


def answers() -> dict[str, object]:
    told: dict[str, object] = document("profiles", "show", "demo")["answers"]
    return told


@pytest.mark.slow
@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_a_switch_is_asked_in_words_and_a_text_line_by_line(installed: dict[str, str], terminal: str) -> None:
    typist = Typist("--practice", "--plain", "small", terminal=terminal, more=installed)
    signs_in(typist)
    typist.answers("Tenant")
    typist.answers("Subscription", "Research")
    typist.answers(r"Backups \(yes or no\) \[yes\]", "perhaps")
    typist.reads("neither yes nor no")
    typist.answers(r"Backups \(yes or no\)", "N")
    typist.answers(r"Public addresses \(yes or no\) \[no\]")
    typist.answers("No default", "yes")
    typist.answers("Draw of")
    typist.reads("What Hopsworks may do")
    typist.reads("write and delete +DENIED")
    typist.reads("several lines, ended by an empty one, or @FILE")
    for line in ("{", '  "Actions": []', "}", ""):
        typist.types(line)
    typist.answers("Cluster")
    typist.reads("2.1 Page 1")
    typist.interrupts()
    assert typist.leaves() == 130
    told = answers()
    assert (told["backups"], told["public_ip"], told["asked"]) == (False, False, True)
    assert told["role_json"] == '{\n  "Actions": []\n}'


@pytest.mark.slow
def test_a_text_is_read_from_a_file_and_a_private_key_is_refused(
    installed: dict[str, str], tmp_path: Path
) -> None:
    key, role = tmp_path / "id_rsa", tmp_path / "role.json"
    key.write_text("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----\n")
    role.write_text("\n".join(f"line {number}" for number in range(200)) + "\n")
    typist = Typist("--practice", "--plain", "small", more=installed)
    signs_in(typist)
    for prompt, typed in (("Tenant", ""), ("Subscription", "Research"), ("Backups", ""), ("Public", "")):
        typist.answers(prompt, typed)
    typist.answers("No default")
    typist.answers("Draw of")
    typist.reads("1:")
    typist.types(f"@{tmp_path}/nowhere")
    typist.reads("can't be read")
    typist.reads("1:")
    typist.types(f"@{key}")
    typist.reads("That is a private key")
    typist.reads("1:")
    typist.types(f"@{role}")
    typist.answers("Cluster")
    typist.reads("2.1 Page 1")
    typist.interrupts()
    assert typist.leaves() == 130
    assert str(answers()["role_json"]).count("\n") == 199
    assert "MIIEow" not in typist.text


@pytest.mark.slow
def test_all_the_rest_is_taken_as_it_stands_up_to_what_wants_an_answer(installed: dict[str, str]) -> None:
    typist = Typist("--practice", "--plain", "small", more=installed)
    signs_in(typist)
    typist.answers("Tenant", ">")
    typist.reads("checking 0.2")
    typist.answers("Subscription", "Research")
    typist.answers("Backups", ">")
    typist.reads(f"checking 2.{MANY} ")
    typist.reads("Review")
    typist.reads(r"Field: value 30  \(default\)")
    typist.answers("yes to apply", "no")
    typist.reads("Nothing was written")
    typist.leaves()


def test_what_waits_for_an_administrator_is_told_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ProgressLines(Output())
    for seconds in range(0, 130, 10):
        lines(Waiting("handoff:1.1", "hand-off 1.1", "asked again every 10 s", seconds, 86_400))
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[-6].rstrip(":") for line in told] == ["0:00", "1:00", "2:00"]
    assert all(line.split()[1] == "waits" for line in told)


def test_an_answers_file_has_switches_and_texts_of_several_lines(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text(
        'subscription = "Research"\nbackups = false\npublic_ip = "yes"\nrole_json = """\n{\n  "a": 1\n}\n"""\n'
    )
    told = read_answers(file, GUIDE)
    assert (told["backups"], told["public_ip"]) == (False, True)
    assert told["role_json"] == '{\n  "a": 1\n}'


def test_a_switch_that_is_neither_yes_nor_no_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text('subscription = "Research"\nbackups = 3\ncluster = true\n')
    with pytest.raises(AnswersFault) as raised:
        read_answers(file, GUIDE)
    assert [(fault.line, fault.key) for fault in raised.value.faults] == [(2, "backups"), (3, "cluster")]
    assert "neither yes nor no" in str(raised.value)
    assert "true is not text" in str(raised.value)


def test_the_list_of_a_guide_says_how_switches_and_texts_are_written(installed: dict[str, str]) -> None:
    listed = azimuth("guides", "small", env=installed).stdout
    assert "Backups  [switch: true or false, default yes]" in listed
    assert "Role  [lines: between three quotes]" in listed
    whole = json.loads(azimuth("guides", "small", "--json", env=installed).stdout)
    kinds = {q["key"]: q["kind"] for c in whole["chapters"] for s in c["steps"] for q in s["questions"]}
    assert (kinds["backups"], kinds["role_json"]) == ("switch", "lines")
