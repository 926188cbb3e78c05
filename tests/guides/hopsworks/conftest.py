"""Practice Azure for a whole module, and its person in a group that is ready for resources."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.guides.hopsworks.cluster_support import GROUP_ID, RESEARCH
from wizard.azure.choose import open_cloud
from wizard.azure.clouds import Cloud
from wizard.azure.session import Azure
from wizard.azure.sign_in import SignedIn, sign_in_unattended

_PROVIDERS = ("Network", "Storage", "ManagedIdentity", "ContainerRegistry", "Compute")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Practice Azure for the module; each test has resources of its own."""
    with open_cloud("practice", practice_folder=tmp_path_factory.mktemp("practice")) as served:
        yield served


@pytest.fixture
async def signed_in(cloud: Cloud) -> SignedIn:
    """The person of the world."""
    return await sign_in_unattended(cloud, environ={})


@pytest.fixture
async def azure(signed_in: SignedIn) -> AsyncIterator[Azure]:
    """A connection as that person, with the group made and its providers registered."""
    async with Azure.open(signed_in) as opened:
        for name in _PROVIDERS:
            await opened.arm.register_provider(RESEARCH, f"Microsoft.{name}")
        await opened.arm.write(GROUP_ID, "2024-11-01", {"location": "westeurope"})
        yield opened
