"""The README's worked example is what the program prints today, but for ids and dates."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMAND = [
    "apply",
    "himl",
    "--practice",
    "--answers",
    "profiles/starters/himl.toml",
    "--profile",
    "demo",
    "--yes",
]
_CHANGING = {
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "GUID",
    r"azimuth-himl-[0-9a-f]{8}-[0-9a-f]{4}": "DEPLOYMENT",
    r"\d{2} [A-Z][a-z]+ \d{4}|\d{4}-\d{2}-\d{2}": "DAY",
    r" {2}\d+:\d{2}\b": "  CLOCK",
}


def _steady(text: str) -> list[str]:
    for pattern, stand_in in _CHANGING.items():
        text = re.sub(pattern, stand_in, text)
    return text.strip().splitlines()


def _printed() -> str:
    env = dict(os.environ) | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "screens.entry", *COMMAND]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return done.stdout


def test_the_example_and_its_repetition_are_true() -> None:
    told = re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert _steady(_printed()) == _steady(told[0])
    assert _steady(_printed()) == _steady(told[1])
