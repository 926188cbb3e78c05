"""Practice Azure for a whole module, somebody signed in to it, and servers that misbehave."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from profiles.secrets import Secret
from tests.azure.crooked import Crooked, known_token
from wizard.azure.choose import open_cloud
from wizard.azure.clouds import Cloud
from wizard.azure.credentials import InThread
from wizard.azure.model import Identity
from wizard.azure.session import Azure
from wizard.azure.sign_in import SignedIn, sign_in_unattended


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Practice Azure, in this process."""
    with open_cloud("practice", practice_folder=tmp_path_factory.mktemp("practice")) as served:
        yield served


@pytest.fixture
async def signed_in(cloud: Cloud) -> SignedIn:
    """The person of the practice world."""
    return await sign_in_unattended(cloud, environ={})


@pytest.fixture
async def azure(signed_in: SignedIn) -> AsyncIterator[Azure]:
    """A connection as that person."""
    async with Azure.open(signed_in) as opened:
        yield opened


@pytest.fixture
async def crooked(tmp_path: Path) -> AsyncIterator[Crooked]:
    """A server that answers whatever a test wants."""
    async with Crooked.serving(tmp_path / "tls") as server:
        yield server


@pytest.fixture
async def elsewhere(crooked: Crooked) -> AsyncIterator[Crooked]:
    """Another server on this machine, with a certificate that is trusted: only the guard can keep us from it."""
    async with Crooked.serving(crooked.folder) as server:
        yield server


@pytest.fixture
async def fooled(crooked: Crooked, cloud: Cloud) -> AsyncIterator[Azure]:
    """A connection whose ARM and Graph are the crooked server, with a token that it may see."""
    where = replace(
        cloud, arm=crooked.url, graph=crooked.url, login=crooked.url, ca=crooked.folder / "ca.pem"
    )
    identity = Identity("user", "you@contoso.example", "o", "t", "device")
    async with Azure.open(SignedIn(identity, InThread(known_token()), where)) as opened:
        yield opened


@pytest.fixture
async def owner(cloud: Cloud, azure: Azure) -> tuple[str, Secret]:
    """Client id and secret of the world's service principal."""
    assert cloud.secret_folder is not None
    found = await azure.graph.applications("practice-owner")
    return found[0].app_id, Secret((cloud.secret_folder.parent / "client_secret").read_text())
