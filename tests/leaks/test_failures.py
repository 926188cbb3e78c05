"""No failure lets a secret out: not the answers of Azure that hold it, not a store that raises it, not a kill."""

from __future__ import annotations

import pytest

from tests.leaks.table import expect_no_leak


@pytest.mark.slow
@pytest.mark.timeout(900)  # many children, each with a world of its own
def test_no_secret_gets_out() -> None:
    expect_no_leak("failures")
