"""What the tests of profiles share: a home of their own, and values that break careless writers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / ".." / "shared"

OWN_VALUES = {
    "own-plain": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "own-entra": "abC8Q~dEfGhIjKlMnOpQrStUvWxYz.0123456_-9",
    "own-quote": "'",
    "own-quotes": "''a''",
    "own-subst": "$(touch PWNED)",
    "own-break-out": "'; touch PWNED; '",
    "own-fish-out": "\\'; touch PWNED; \\'",
    "own-paren": "(touch PWNED)",
    "own-proc": "<(touch PWNED)",
    "own-eq": "=ls",
    "own-backslashes": "\\\\\\'\\\\",
    "own-cr": "a\rb",
    "own-esc": "\x1b]0;x\x07",
    "own-del": "\x7f",
    "own-rtl": "a\u202eb",
    "own-fish-private": "\uf700\uf600",
    "own-nul": "a\0b",
    "own-half": "a\ud800b",
    "own-many-lines": "-----BEGIN\nabc\n-----END\n",
    "own-long-line": "x" * 70_000,
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config and state folder of the test's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("AZIMUTH_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def nasty() -> dict[str, str]:
    """Values by name: our own, and the shared list where it is at hand."""
    shared = SHARED / "nasty-values.json"
    listed: dict[str, str] = json.loads(shared.read_text()) if shared.exists() else {}
    return {**OWN_VALUES, **listed}
