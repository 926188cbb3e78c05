"""A deployment that goes on while the laptop is shut is picked up where it is, and not begun a second time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.flows import FLOWS
from tests.crash.harness import Harness

_HIML = FLOWS[0]
_STARTED = "PUT .*/deployments/"
_BEFORE = "POST .*/addPassword"


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with Harness.opened() as opened:
        opened.begin(_HIML)
        yield opened


def _shut_while_it_runs(harness: Harness, scale: float) -> str:
    """Close the laptop right after the deployment began; return its correlation id, by which it is known."""
    harness.again(_HIML)
    harness.left_running("apply", _STARTED, scale)
    (deployment,) = harness.documents("deployment")
    return str(deployment["properties"]["correlationId"])


@pytest.mark.parametrize(("scale", "meanwhile"), [(10.0, "running"), (0.0, "done")])
def test_it_is_picked_up_where_it_is(harness: Harness, scale: float, meanwhile: str) -> None:
    known_by = _shut_while_it_runs(harness, scale)
    ran = harness.resumed()
    told = [line for line in ran.found if "deployment" in line]
    assert [line.split()[0] for line in told] == [meanwhile], ran.found
    (deployment,) = harness.documents("deployment")
    assert deployment["properties"]["correlationId"] == known_by, "it was not begun anew"
    assert deployment["properties"]["provisioningState"] == "Succeeded"
    assert harness.ends_as_undisturbed() == ()


def test_killed_in_a_request_it_tells_what_it_finds(harness: Harness) -> None:
    harness.again(_HIML)
    harness.left_running("apply", _BEFORE)
    found = harness.resumed().found
    assert [line.split()[0] for line in found] == ["done", "done", "failed"], found


def test_a_key_that_azure_made_for_nobody_is_made_anew(harness: Harness) -> None:
    """Killed between Azure's making a key pair and the answer that tells its private half, once: nobody has it."""
    flow = next(flow for flow in FLOWS if "key by Azure" in flow.name)
    harness.begin(flow)
    harness.again(flow)
    harness.left_running("apply", "POST .*generateKeyPair")
    assert harness.resumed().ok
    assert harness.ends_as_undisturbed() == ()
