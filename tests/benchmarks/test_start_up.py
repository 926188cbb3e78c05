"""Starting stays fast. The aims are README's; a busy machine gets three attempts at them."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.benchmarks.start_up import (
    ENV_RATIO,
    ENV_SECONDS,
    FRAME_RATIO,
    Compared,
    env_over_pass,
    frame_over_hello,
)

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
    compared = attempted(lambda: env_over_pass(os.environ), lambda c: c.ratio <= ENV_RATIO)
    record_property("env", f"{compared.ours * 1e3:.0f} ms, {compared.ratio:.1f} times python -c pass")
    print(
        f"azimuth env: {compared.ours * 1e3:.0f} ms, {compared.ratio:.1f} times python -c pass (aim {ENV_SECONDS})"
    )
    assert compared.ratio <= ENV_RATIO


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("--practice",)], ids=["home", "practice"])
def test_the_first_frame_comes_soon(arguments: tuple[str, ...]) -> None:
    compared = attempted(
        lambda: frame_over_hello(os.environ, arguments, "hi-ml"), lambda c: c.ratio <= FRAME_RATIO
    )
    print(f"first frame: {compared.ours * 1e3:.0f} ms, {compared.ratio:.1f} times hello world")
    assert compared.ratio <= FRAME_RATIO
