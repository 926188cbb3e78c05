"""No face lets a secret out: typed, selected, copied, cut, crashed on, ended by any signal, or asked by prompts."""

from __future__ import annotations

import pytest

from tests.leaks.table import heading, played, row


@pytest.mark.slow
@pytest.mark.timeout(900)  # many children, each with a world of its own
def test_no_secret_gets_out() -> None:
    lines, found = [heading()], []
    for name, swept, leaks, secrets in played("faces"):
        lines.append(row(name, swept, leaks, secrets))
        found += leaks
        assert secrets
        assert swept.keys() >= {"file names", "files", "log"}, "something was there to look through"
    print("\n".join(lines))
    assert not found, "\n".join(map(str, found))
