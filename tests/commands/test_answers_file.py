"""An answers file is read strictly, and everything wrong with it is told at once, with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.answers_file import (
    AnswersFault,
    read_answers,
    secret_variable,
    secrets_in,
    starter,
    wanted_secrets,
)
from wizard.guides.himl import GUIDE

ROOT = Path(__file__).parents[2]
STARTERS = sorted((ROOT / "profiles" / "starters").glob("himl*.toml"))
RIGHT = 'subscription = "Research"\nworkspace = "vision"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "answers.toml"
    path.write_text(text, "utf-8")
    return path


def faults(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(AnswersFault) as caught:
        read_answers(written(folder, text), GUIDE)
    assert str(caught.value).count("answers.toml") >= len(caught.value.faults)
    return [(fault.line, fault.key, fault.what) for fault in caught.value.faults]


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.name)
def test_every_starter_is_whole(path: Path) -> None:
    assert read_answers(path, GUIDE)["subscription"] == "Research"


def test_all_faults_are_told_at_once_with_line_and_key(tmp_path: Path) -> None:
    text = (
        'auth_wey = "cli"\nsecret_months = 99\nauth_way = "service_principal"\nrole = 3\napp_name = ["a"]\n'
    )
    found = faults(tmp_path, text)
    assert [(line, key) for line, key, _ in found] == [
        (1, "auth_wey"),
        (2, "secret_months"),
        (4, "role"),
        (5, "app_name"),
        (None, "subscription"),
        (None, "workspace"),
    ]
    told = " ".join(what for _, _, what in found)
    for expected in ("'auth_way'", "between 1 and 24", "write it in quotes", "a list", "is missing"):
        assert expected in told


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('auth_way = "cli', "not TOML"),
        ('role = "a"\nrole = "b"', "not TOML"),
        ("secret_months = 1.5", "fraction"),
        ("secret_months = true", "whole number"),
        ("when = 2026-01-01", "no question"),
        ("app_name = 2026-01-01", "a date"),
        ('[role]\nname = "contributor"', "a table"),
        ('auth_way = "nobody"', "One of: interactive"),
        ('github_repository = "no slash"', "OWNER/NAME"),
        ('app_name = "a\\nb"', "invisible"),
        ('"\\u001b]0;x\\u0007" = 1', "no question"),
    ],
)
def test_one_fault_is_told_plainly(tmp_path: Path, line: str, expected: str) -> None:
    found = faults(tmp_path, f"{RIGHT}{line}\n")
    assert expected in " ".join(what for _, _, what in found)
    assert not any(
        "\x1b" in part for _, key, what in found for part in (key.encode("unicode_escape").decode(), what)
    )


def test_a_syntax_error_has_its_line(tmp_path: Path) -> None:
    assert faults(tmp_path, f"{RIGHT}auth_way = = 3\n")[0][0] == 3


def test_a_secret_in_a_file_is_refused_and_never_quoted(tmp_path: Path) -> None:
    text = f'{RIGHT}auth_way="service_principal"\napp_mode="existing"\napp_id="x"\nsecret_from="mine"\n'
    found = faults(tmp_path, f'{text}secret_value = "S3cr3t~value"\n')
    assert [key for _, key, _ in found] == ["secret_value"]
    assert "AZIMUTH_ANSWER_SECRET_VALUE" in found[0][2]
    assert "S3cr3t" not in str(found)


def test_a_missing_secret_names_its_variable_and_the_environment_gives_it(tmp_path: Path) -> None:
    text = f'{RIGHT}auth_way="service_principal"\napp_mode="existing"\napp_id="x"\nsecret_from="mine"\n'
    assert "AZIMUTH_ANSWER_SECRET_VALUE" in faults(tmp_path, text)[0][2]
    held = secrets_in({secret_variable("secret_value"): "S3cr3t~value"}, GUIDE)
    assert held["secret_value"].reveal() == "S3cr3t~value"
    answers = read_answers(written(tmp_path, text), GUIDE, secrets=held)
    assert [question.key for question in wanted_secrets(GUIDE, answers)] == ["secret_value"]


def test_what_a_guide_does_not_want_is_not_missed(tmp_path: Path) -> None:
    assert read_answers(written(tmp_path, f'{RIGHT}auth_way = "cli"\n'), GUIDE)["auth_way"] == "cli"


def test_a_default_that_needs_another_answer_is_missed_when_there_is_none(tmp_path: Path) -> None:
    text = f'{RIGHT}auth_way = "federated"\ngithub_repository = "a/b"\ngithub_entity = "tag"\n'
    assert [key for _, key, _ in faults(tmp_path, text)] == ["github_name"]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a" * 300_000, b"a." * 4000 + b"b = 1"])
def test_what_is_no_answers_file_is_refused_at_once(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answers.toml"
    path.write_bytes(content)
    with pytest.raises(AnswersFault):
        read_answers(path, GUIDE)


@pytest.mark.parametrize("path", ["/dev/zero", "nowhere.toml", "."])
def test_what_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(AnswersFault):
        read_answers(path, GUIDE)


def test_starters_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert starter("profiles/starters/himl.toml").is_file()
    assert starter("himl-federated.toml").is_file()
    assert not starter("elsewhere/himl.toml").exists()
    own = written(tmp_path, RIGHT)
    assert starter(str(own)) == own
