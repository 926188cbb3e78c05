"""The README's picture is drawn by a script of the repository, from the running app."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from screens.picture import SIZE
from tests.commands.azimuth import ROOT, environment
from tests.screens.person import screen_text


def test_one_command_draws_a_step_over_practice_azure(tmp_path: Path) -> None:
    picture = tmp_path / "step.svg"
    command = [sys.executable, "-m", "screens.picture", str(picture)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment(), capture_output=True, timeout=60)
    text = screen_text(picture.read_text(encoding="utf-8"))
    assert "3.2 Role" in text
    assert "Creates 4" in text
    assert "PRACTICE" in text
    assert len(text.splitlines()) == SIZE[1]


def test_the_readme_shows_a_picture_drawn_like_that() -> None:
    kept = screen_text((ROOT / "docs" / "step.svg").read_text(encoding="utf-8"))
    assert "3.2 Role" in kept
    assert "docs/step.svg" in (ROOT / "README.md").read_text(encoding="utf-8")
