"""Which way hi-ml would take on a machine, by the order of hi-ml's own code."""

from __future__ import annotations

import json
from pathlib import Path

from wizard.guide import Severity
from wizard.guides.himl.now import sign_in_now, workspace_now
from wizard.machine import Machine

ALL = {"HIML_SERVICE_PRINCIPAL_ID": "a", "HIML_SERVICE_PRINCIPAL_PASSWORD": "b", "HIML_TENANT_ID": "c"}


def _said(machine: Machine) -> str:
    return " ".join(finding.what for finding in sign_in_now(machine))


def test_three_variables_come_before_anything_else(tmp_path: Path) -> None:
    _log_in(tmp_path)
    assert "service principal" in _said(Machine(ALL, tmp_path, tmp_path))


def test_two_of_three_are_ignored_without_a_word_and_that_is_told(tmp_path: Path) -> None:
    machine = Machine(ALL | {"HIML_TENANT_ID": ""}, tmp_path, tmp_path)
    findings = sign_in_now(machine)
    assert findings[0].severity is Severity.WARNING
    assert findings[0].what.startswith("Only 2 of 3 are set")
    assert "device code" in findings[1].what


def test_an_az_login_comes_second(tmp_path: Path) -> None:
    _log_in(tmp_path)
    assert "Azure CLI" in _said(Machine({}, tmp_path, tmp_path))


def test_a_damaged_az_profile_is_no_login(tmp_path: Path) -> None:
    (tmp_path / ".azure").mkdir()
    (tmp_path / ".azure" / "azureProfile.json").write_text("{")
    assert "device code" in _said(Machine({}, tmp_path, tmp_path))


def test_github_actions_never_asks_a_person(tmp_path: Path) -> None:
    assert "would stop" in _said(Machine({"GITHUB_ACTIONS": "true"}, tmp_path, tmp_path))


def test_a_config_json_up_the_folders_wins_over_the_variables(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "config.json").write_text("{}")
    (finding,) = workspace_now(Machine({}, inner, tmp_path))
    assert finding.severity is Severity.WARNING
    assert str(tmp_path / "config.json") in finding.what


def _log_in(home: Path) -> None:
    (home / ".azure").mkdir()
    profile = {"subscriptions": [{"id": "x"}]}
    # The Azure CLI writes a byte order mark.
    (home / ".azure" / "azureProfile.json").write_text(json.dumps(profile), "utf-8-sig")
