"""Every test runs with a home of its own and without the environment of the person who runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_FOREIGN = ("AZURE_", "HIML_", "ARM_", "AZIMUTH_", "MSI_", "IDENTITY_", "GITHUB_", "TEXTUAL")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AZIMUTH_HOME", str(home / "azimuth"))


@pytest.fixture
def azimuth_home() -> Path:
    """The folder that holds this test's profiles and state."""
    return Path(os.environ["AZIMUTH_HOME"])
