"""The README tells the truth: its commands are the ones that CI runs, and its figures exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_ci_runs_the_readmes_test_command() -> None:
    command = _blocks("sh")[1].strip()
    assert "pytest" in command
    assert command in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_file_that_the_readme_names_is_there() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert linked
    assert [name for name in linked if not (ROOT / name).exists()] == []


def test_the_map_of_the_house_names_every_folder_of_the_engine() -> None:
    folders = [f.name for f in (ROOT / "wizard").iterdir() if f.is_dir() and (f / "__init__.py").exists()]
    assert [name for name in folders if f"{name}/" not in README] == []


def test_the_lock_names_no_place_to_install_from() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    assert all("==" in line for line in lock.splitlines() if line and not line.startswith("#"))
