"""Every test runs with a home of its own, without the environment of the person who runs it, and tells no secret to a second host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.second_host import SecondHost
from wizard.practice import authority

_FOREIGN = ("AZURE_", "HIML_", "ARM_", "AZIMUTH_", "MSI_", "IDENTITY_", "GITHUB_", "TEXTUAL")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AZIMUTH_HOME", str(home / "azimuth"))


@pytest.fixture(scope="session")
def second_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondHost]:
    """A host beside practice Azure, whose certificate clients of any practice Azure of this process trust."""
    host = SecondHost(tmp_path_factory.mktemp("second-host"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authority, "make_authority", host.vouch)
        yield host
    host.stop()


@pytest.fixture(autouse=True)
def _nothing_told(second_host: SecondHost) -> Iterator[None]:
    """Whatever a test does, no token, cookie, client secret or assertion reaches the second host."""
    before = len(second_host.asked)
    yield
    assert second_host.told_secrets(since=before) == []


@pytest.fixture
def azimuth_home() -> Path:
    """The folder that holds this test's profiles and state."""
    return Path(os.environ["AZIMUTH_HOME"])
