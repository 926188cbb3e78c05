"""What Entra tells anybody, without a token: which tenant a domain belongs to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from azure.core import AsyncPipelineClient

from wizard.azure.errors import Invalid, NotFound, SignInFailed, told
from wizard.azure.pipeline import asked, policies_for, transport_over
from wizard.azure.sign_in import check_tenant

if TYPE_CHECKING:
    import aiohttp

    from wizard.azure.clouds import Cloud

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Entra:
    """The public side of Entra."""

    def __init__(self, cloud: Cloud, session: aiohttp.ClientSession) -> None:
        self._login = cloud.login
        self._client = AsyncPipelineClient[Any, Any](
            cloud.login, policies=policies_for(cloud, None), transport=transport_over(session, cloud)
        )

    async def tenant_of_domain(self, domain: str) -> str | None:
        """Find the tenant's id by one of its domains (or by itself), from its OpenID configuration; None: no tenant.

        Raises:
            Unreachable: Entra did not answer.
        """
        try:
            check_tenant(domain)
            with told():
                url = f"{self._login}/{domain}/v2.0/.well-known/openid-configuration"
                _, found = await asked(self._client, "GET", url)
        except (Invalid, NotFound, SignInFailed):
            return None
        issuer = _GUID.search(str(found.get("issuer", "")))
        return issuer.group(0).lower() if issuer else None
