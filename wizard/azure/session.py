"""A connection to Azure as somebody who is signed in: ARM, Graph, Entra and blobs over one session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.azure.arm import Arm
    from wizard.azure.blobs import Blobs
    from wizard.azure.clouds import Cloud
    from wizard.azure.entra import Entra
    from wizard.azure.graph import Graph
    from wizard.azure.model import Identity
    from wizard.azure.sign_in import SignedIn


@dataclass(frozen=True, slots=True)
class Azure:
    """What a guide, a check or Apply talks to."""

    cloud: Cloud
    identity: Identity
    arm: Arm
    graph: Graph
    entra: Entra
    blobs: Blobs

    @classmethod
    @asynccontextmanager
    async def open(cls, signed_in: SignedIn, *, tenant: str | None = None) -> AsyncIterator[Azure]:
        """Connect; `tenant` asks for the tokens of another tenant than the one signed in to.

        No call is made yet. The credential stays the caller's.
        """
        from wizard.azure.arm import Arm
        from wizard.azure.blobs import Blobs
        from wizard.azure.entra import Entra
        from wizard.azure.graph import Graph
        from wizard.azure.pipeline import session_for

        cloud, credential, identity = signed_in.cloud, signed_in.credential, signed_in.identity
        if tenant is not None and tenant.lower() != identity.tenant.lower():
            credential = credential.for_tenant(tenant)
            identity = replace(identity, tenant=tenant)
        async with session_for(cloud) as session:
            yield cls(
                cloud,
                identity,
                Arm(cloud, credential, session),
                Graph(cloud, credential, session, identity),
                Entra(cloud, session),
                Blobs(cloud, credential, session),
            )
