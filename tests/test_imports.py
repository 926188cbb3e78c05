"""The borders of the house hold: the import contracts, and what a process really has loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AZURE = frozenset({"azure", "msal", "aiohttp", "knack"})
FACES = frozenset({"textual", "questionary", "prompt_toolkit", "click", "rich"})


def loaded_by(statement: str) -> set[str]:
    """The top-level packages, and the parts of ours, that a process has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split()) | {name.partition(".")[0] for name in done.stdout.split()}


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        ("import screens.entry", AZURE | FACES | {"asyncio", "wizard"}),
        (
            "import profiles.environment, profiles.variables",
            AZURE | FACES | {"keyring", "pathlib", "asyncio"},
        ),
        ("import profiles.store, profiles.reading, profiles.writing", AZURE | FACES | {"wizard", "screens"}),
        ("import wizard.setup, wizard.guides.himl, wizard.apply.run", FACES | {"screens"}),
        ("import wizard.walkthrough, wizard.guides.himl, wizard.plan", AZURE | FACES | {"wizard.practice"}),
        (
            "import screens.commands.group, screens.commands.guides",
            AZURE | {"textual", "questionary", "wizard.practice"},
        ),
        (
            "import wizard.practice.launcher, wizard.practice.server",
            FACES | {"profiles", "screens", "azure", "msal", "wizard.guide", "wizard.plan", "wizard.azure"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_process_loads(statement: str, never: frozenset[str]) -> None:
    assert sorted(loaded_by(statement) & never) == []


def test_only_one_place_of_the_engine_knows_practice_azure() -> None:
    """`wizard/azure/choose.py` chooses the cloud; the `practice` command and the error edge are about it by name."""
    allowed = {"wizard/azure/choose.py", "screens/commands/practice.py", "screens/faults.py"}
    knowing = {
        str(path.relative_to(ROOT))
        for package in ("wizard", "screens", "profiles")
        for path in (ROOT / package).rglob("*.py")
        if "practice" not in path.relative_to(ROOT).parts[:2] and "wizard.practice" in path.read_text("utf-8")
    }
    importing = {
        name
        for name in knowing
        if "import practice" in (text := (ROOT / name).read_text("utf-8")) or "from wizard.practice" in text
    }
    assert importing - allowed == set()
