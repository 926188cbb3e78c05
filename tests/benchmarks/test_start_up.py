"""Starting stays fast. The aims are README's; a busy machine gets three attempts at them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.benchmarks.start_up import (
    ENV_RATIO,
    ENV_SECONDS,
    FRAME,
    FRAME_RATIO,
    Compared,
    compiled,
    env_over_pass,
    frame_over_hello,
)
from tests.commands.azimuth import environment

_ATTEMPTS = 3


def attempted(compare: Callable[[], Compared], well: Callable[[Compared], bool]) -> Compared:
    """Measure until it is well, or often enough."""
    compared = compare()
    for _ in range(_ATTEMPTS - 1):
        if well(compared):
            break
        compared = compare()
    return compared


@pytest.mark.slow
def test_env_costs_a_shell_little(record_property: Callable[[str, object], None]) -> None:
    with compiled(os.environ) as env:
        compared = attempted(lambda: env_over_pass(env), lambda c: c.ratio <= ENV_RATIO)
    record_property("env", f"{compared.ours * 1e3:.0f} ms, {compared.ratio:.1f} times python -c pass")
    print(
        f"azimuth env: {compared.ours * 1e3:.0f} ms, {compared.ratio:.1f} times python -c pass (aim {ENV_SECONDS})"
    )
    assert compared.ratio <= ENV_RATIO


@pytest.mark.slow
def test_the_first_frame_comes_soon() -> None:
    with compiled(os.environ) as env:
        compared = attempted(lambda: frame_over_hello(env, (), FRAME), lambda c: c.ratio <= FRAME_RATIO)
    print(f"first frame: {compared.ours * 1e3:.0f} ms, {compared.ratio:.1f} times hello world")
    assert compared.ratio <= FRAME_RATIO


@pytest.mark.slow
def test_the_first_frame_needs_no_azure_sdk() -> None:
    """What is loaded when the home screen stands, for the real cloud."""
    code = (
        "import sys, asyncio\n"
        "from screens.app import AzimuthApp\n"
        "from wizard.azure.clouds import AZURE_PUBLIC\n"
        "async def main():\n"
        "    app = AzimuthApp(AZURE_PUBLIC)\n"
        "    async with app.run_test(size=(80, 24)) as pilot:\n"
        "        await pilot.pause()\n"
        "asyncio.run(main())\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "textual" in loaded
    assert sorted(loaded & {"azure", "msal", "aiohttp", "keyring", "cryptography", "knack"}) == []
