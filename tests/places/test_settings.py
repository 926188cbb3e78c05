"""config.toml is read strictly, changed in one step, and its comments stay."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from profiles.settings import KEYS, SettingsError, all_settings, setting, settings_path, settle, settled
from tests.commands.azimuth import ROOT, azimuth, document
from tests.commands.test_json import differences, example


def _written(text: str) -> Path:
    path = Path(settings_path())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_count_and_nothing_is_made(azimuth_home: Path) -> None:
    assert all_settings() == {key.name: key.default for key in KEYS}
    assert not azimuth_home.exists()


def test_what_is_settled_is_kept_privately_and_comments_stay() -> None:
    path = _written("# mine\ncolour = false # eyes\n")
    settle("secret_store", "vault")
    settle("colour", "on")
    assert path.read_text(encoding="utf-8") == '# mine\ncolour = true # eyes\nsecret_store = "vault"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (setting("colour"), setting("secret_store")) == (True, "vault")
    settle("secret_store", None)
    assert settled() == {"colour": True}


def test_every_fault_is_told_with_its_line() -> None:
    path = _written('cloud = 3\n# mine\nsecret_stor = "vault"\n[log]\na = 1\n')
    with pytest.raises(SettingsError) as caught:
        setting("colour")
    told = [(fault.line, fault.key) for fault in caught.value.faults]
    assert told == [(1, "cloud"), (3, "secret_stor"), (4, "log")]
    assert "did you mean secret_store?" in str(caught.value)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(SettingsError):
        settle("colour", "on")
    assert path.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    "text",
    [
        "colour = 1",
        'log = "yes"',
        'secret_store = "plain"',
        'cloud = "https://evil.example"',
        'cloud = "a b"',
        "cloud = [",
        "colour = true\ncolour = false",
        "\ufeff\x00",
        "x" * 70_000,
        "a." * 40 + "b = 1",
    ],
)
def test_what_is_no_setting_is_refused(text: str) -> None:
    _written(text)
    with pytest.raises(SettingsError):
        all_settings()


def test_a_broken_file_is_no_python_error_whatever_it_is() -> None:
    path = _written("")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        all_settings()
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError):
        all_settings()


def test_the_command_shows_changes_and_refuses() -> None:
    assert azimuth("config", "set", "cloud", "practice").returncode == 0
    shown = document("config")
    assert differences(example("config"), shown) == []
    assert shown["settings"]["cloud"] == {"value": "practice", "from": "config.toml"}
    assert shown["settings"]["log"] == {"value": False, "from": "default"}
    assert document("config", "path")["path"] == settings_path() == shown["path"]
    for words in (("cloud", "nowhere"), ("colur", "on"), ("log", "perhaps")):
        refused = azimuth("config", "set", *words)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False), refused.stderr
    # The settled cloud counts: nobody is signed in to the public one here.
    assert azimuth("check", "himl", "--answers", str(ROOT / "profiles/starters/himl.toml")).returncode == 0
    assert azimuth("config", "unset", "cloud").returncode == 0
    assert settled() == {}


def test_a_broken_file_is_told_by_commands_and_can_be_found() -> None:
    path = _written("colur = 1\n")
    told = azimuth("config")
    assert (told.returncode, "config.toml, line 1: colur" in told.stderr) == (2, True)
    assert azimuth("config", "path").stdout.strip() == str(path)


def test_reading_a_setting_loads_little() -> None:
    code = (
        "import sys, profiles.settings as s; s.setting('log');"
        "print(*sorted({'click', 'textual', 'tomlkit', 'tomllib', 'pathlib', 'azure'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "click" not in told.stdout
    assert "tomlkit" not in told.stdout
    assert "tomllib" not in told.stdout
