"""End to end with Microsoft's own definitions as a judge: practice Azure refuses every body that they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

SCHEMAS = Path(__file__).parents[2] / "../shared/azure/schemas/arm"


@pytest.fixture(autouse=True)
def _official_schemas(_own_home: None, monkeypatch: pytest.MonkeyPatch) -> None:
    if SCHEMAS.exists():
        monkeypatch.setenv("AZIMUTH_PRACTICE_SCHEMAS", str(SCHEMAS.resolve()))
