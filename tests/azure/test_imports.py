"""Start-up: what faces need early imports no SDK, and no more than it must."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("azure", "aiohttp", "msal", "requests", "cryptography", "knack")


@pytest.mark.parametrize(
    "module",
    ["clouds", "choose", "errors", "model", "sign_in", "ways", "session", "patience", "tokens", "advice"],
)
def test_it_can_be_imported_without_an_sdk(module: str) -> None:
    code = f"import sys, wizard.azure.{module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == ""
