"""No secret gets out of the stores, whichever keeps it, nor one that a person hands over, nor a private key."""

from __future__ import annotations

import pytest

from tests.leaks.table import expect_no_leak


@pytest.mark.slow
@pytest.mark.timeout(900)  # many children, each with a world of its own
def test_no_secret_gets_out() -> None:
    expect_no_leak("stores")
