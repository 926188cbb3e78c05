"""One practice Azure for all commands of a session, and the real Azure CLI signed in to it as the owner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.az.cli import ROOT, Az, executable
from wizard.practice import start
from wizard.practice.launcher import Running

_SCHEMAS = ROOT / "../shared/azure/schemas/arm"
# What the world's subscription has not registered; left alone, `az` would do it with ten seconds of sleep.
_NAMESPACES = (
    "Microsoft.Compute",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.OperationalInsights",
)


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Practice Azure with the default world, time scale 0, and Microsoft's schemas as a second judge."""
    executable()
    with pytest.MonkeyPatch.context() as environment:
        # What `az` sends is right: a schema that refuses it is too strict, and a body that practice Azure lets pass too lax.
        if _SCHEMAS.exists():
            environment.setenv("AZIMUTH_PRACTICE_SCHEMAS", str(_SCHEMAS.resolve()))
        running = start(tmp_path_factory.mktemp("azure"))
    with running:
        yield running


@pytest.fixture(scope="session")
def az(azure: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Az]:
    """The CLI, signed in as the service principal that owns the subscription."""
    with Az(azure, tmp_path_factory.mktemp("az")) as cli:
        signed_in = cli(
            "login --service-principal -u",
            azure.client_id,
            "-p",
            azure.client_secret,
            "--tenant",
            azure.tenant,
        )
        assert signed_in.code == 0, signed_in.err
        for namespace in _NAMESPACES:
            assert cli(f"provider register -n {namespace}").code == 0
        yield cli


@pytest.fixture(scope="module")
def group(az: Az, request: pytest.FixtureRequest) -> str:
    """A resource group for this file's commands."""
    name = f"az-{request.module.__name__.rpartition('.')[2].removeprefix('test_')}".replace("_", "-")
    made = az(f"group create -n {name} -l westeurope")
    assert made.json["properties"]["provisioningState"] == "Succeeded"
    return name
