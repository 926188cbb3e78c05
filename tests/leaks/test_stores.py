"""No secret gets out of the stores, whichever keeps it, nor one that a person hands over, nor a private key."""

from __future__ import annotations

import pytest

from tests.leaks.table import heading, played, row


@pytest.mark.slow
@pytest.mark.timeout(900)  # many children, each with a world of its own
def test_no_secret_gets_out() -> None:
    lines, found = [heading()], []
    for name, swept, leaks, secrets in played("stores"):
        lines.append(row(name, swept, leaks, secrets))
        found += leaks
        assert secrets
        assert swept.keys() >= {"file names", "files", "log"}, "something was there to look through"
    print("\n".join(lines))
    assert not found, "\n".join(map(str, found))
