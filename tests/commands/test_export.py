"""`azimuth export` of plans: every format of any plan and of the guide, into files of their owner, with clear refusals."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.commands.azimuth import applied, azimuth

HOPSWORKS = "profiles/starters/hopsworks.toml"


def exported(*arguments: str) -> str:
    """What one export prints."""
    done = azimuth("export", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def demo() -> str:
    """An applied profile of the hi-ml guide: it has a client secret."""
    applied()
    return "demo"


def secret() -> str:
    told: dict[str, str] = json.loads(azimuth("env", "demo", "--format", "json").stdout)
    return told["HIML_SERVICE_PRINCIPAL_PASSWORD"]


def test_no_export_of_a_plan_holds_the_secret(demo: str, tmp_path: Path) -> None:
    password = secret()
    forms = ("az", "arm", "terraform", "terraform-json", "runbook")
    for form in forms:
        assert password not in exported(demo, "--format", form)
        exported(demo, "--format", form, "--output", str(tmp_path))
    names = {"demo.sh", "demo.template.json", "demo.parameters.json", "demo.tf", "demo.tf.json", "demo.md"}
    assert {path.name for path in tmp_path.iterdir()} >= names
    for name in names:
        assert password not in (tmp_path / name).read_text("utf-8")
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    subprocess.run(["bash", "-n", str(tmp_path / "demo.sh")], check=True, timeout=30)


def test_the_template_says_how_it_is_deployed_and_what_is_there_too(demo: str) -> None:
    told = azimuth("export", demo, "--format", "arm").stderr
    assert "az deployment sub create" in told
    assert "demo.parameters.json" in told


def test_a_form_that_is_not_there_names_those_that_are(demo: str) -> None:
    done = azimuth("export", demo, "--format", "terrafrom")
    assert done.returncode == 2
    assert "Did you mean terraform?" in done.stderr
    assert "runbook" in done.stderr
    assert "dotenv" in done.stderr


def test_what_a_plan_has_not_is_told(demo: str) -> None:
    for form, sentence in (
        ("sheet", "no values to copy"),
        ("handoff", "Nothing of demo waits for an administrator"),
    ):
        done = azimuth("export", demo, "--format", form)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert done.stdout == ""


def test_the_help_tells_the_formats() -> None:
    told = azimuth("export", "--help").stdout
    for form in ("az", "arm", "terraform", "runbook", "handoff", "sheet", "aml-config", "dotenv"):
        assert f" {form} " in told


@pytest.fixture
def hops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An applied profile of the Hopsworks guide."""
    monkeypatch.setenv("HOME", str(tmp_path))
    done = azimuth("apply", "hopsworks", "--practice", "--answers", HOPSWORKS, "--profile", "hops", "--yes")
    assert done.returncode in {0, 4}, done.stdout + done.stderr
    return "hops"


def test_the_guides_own_exports_and_its_sheet(hops: str, tmp_path: Path) -> None:
    role = json.loads(exported(hops, "--format", "role"))
    assert role
    sheet = exported(hops, "--format", "sheet")
    assert "Subscription id" in sheet
    rows = json.loads(exported(hops, "--format", "sheet", "--json"))
    assert {row["field"] for row in rows} >= {"Subscription id", "Tenant ID"}
    assert all(row["value"] for row in rows), "all is known once it is applied"
    runbook = exported(hops, "--format", "runbook")
    assert "- [x] managed identity hopsworks-instance: made" in runbook
    assert "hopsworksai_cluster" in exported(hops, "--format", "cluster-terraform")
    folder = tmp_path / "out"
    exported(hops, "--format", "az", "--output", str(folder))
    exported(hops, "--format", "role", "--output", str(folder))
    exported(hops, "--format", "az", "--output", str(folder))
    (folder / "hops.sh").write_text("changed by hand\n", "utf-8")
    again = azimuth("export", hops, "--format", "az", "--output", str(folder))
    assert again.returncode == 1
    assert "--force" in again.stderr


def test_what_is_not_answered_yet_is_not_written(tmp_path: Path) -> None:
    done = azimuth("export", "nobody", "--format", "az")
    assert done.returncode != 0
    assert "nobody" in done.stderr
