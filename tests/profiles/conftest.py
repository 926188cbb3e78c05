"""What the tests of profiles share: a home of their own, and values that break careless writers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers.values import all_values


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config and state folder of the test's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("AZIMUTH_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def nasty() -> dict[str, str]:
    """Values by name: our own, and the shared list where it is at hand."""
    return all_values()
