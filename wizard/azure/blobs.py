"""Blobs: what is in a container of a storage account, asked of the account itself as the person who is signed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import AsyncPipeline, policies
from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy, SansIOHTTPPolicy
from azure.core.rest import HttpRequest

from wizard.azure.clouds import authority
from wizard.azure.errors import UnreadableAnswer, told
from wizard.azure.guard import check_among
from wizard.azure.pipeline import (
    FIRST_PAUSE,
    RETRIES,
    USER_AGENT,
    Deadline,
    Repeats,
    Trace,
    transport_over,
)
from wizard.azure.storage import Inside

if TYPE_CHECKING:
    import aiohttp
    from azure.core.pipeline import PipelineRequest

    from wizard.azure.clouds import Cloud
    from wizard.azure.credentials import InThread

_VERSION = "2023-11-03"
_AUDIENCE = "https://storage.azure.com/.default"
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_CONTAINER = re.compile(r"[a-z0-9$][a-z0-9-]{2,62}")
_ANSWER = re.compile(r"<EnumerationResults[\s>]")
_BLOB = re.compile(r"<Blob>|<BlobPrefix>")
_OK, _FORBIDDEN, _NOT_FOUND = 200, 403, 404


class _OneHost(SansIOHTTPPolicy[Any, Any]):
    """Lets a request leave for this account's own host alone; a token for storage goes nowhere else."""

    def __init__(self, host: str, cloud: str) -> None:
        self._host, self._cloud = host, cloud

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Check where a request goes, on each attempt.

        Raises:
            ForeignHost: it would leave the account.
        """
        check_among(request.http_request.url, {self._host}, self._cloud)


@dataclass(frozen=True, slots=True)
class Blobs:
    """The data of storage accounts. No redirect is followed, and no more than one name is ever read."""

    cloud: Cloud
    credential: InThread
    session: aiohttp.ClientSession

    async def inside(self, account: str, container: str) -> Inside:
        """Look whether a container holds anything (blob service, List Blobs, at most one).

        Raises:
            AzureProblem: the account could not be asked; an account that was just made may have no address yet.
            ValueError: the names are not names of a storage account and a container.
        """
        if not _ACCOUNT.fullmatch(account) or not _CONTAINER.fullmatch(container):
            raise ValueError(f"{account}/{container} is no container")
        url = f"{self.cloud.blob_service(account)}/{container}"
        with told():
            status, code, text = await self._get(url)
        if status == _OK and _ANSWER.search(text):
            return Inside.HOLDS_DATA if _BLOB.search(text) else Inside.EMPTY
        if status == _OK:
            raise UnreadableAnswer(
                "What answered is no storage account.", code="UnreadableAnswer", status=status
            )
        if status == _NOT_FOUND and code in {"ContainerNotFound", "ContainerBeingDeleted"}:
            return Inside.ABSENT
        if code == "AuthorizationFailure":
            return Inside.SHUT
        return Inside.HIDDEN

    async def _get(self, url: str) -> tuple[int, str, str]:
        """Send one question; give status, the service's own error code, and the body of a success."""
        query = {"restype": "container", "comp": "list", "maxresults": "1"}
        request = HttpRequest("GET", url, params=query, headers={"x-ms-version": _VERSION})
        async with AsyncPipeline[Any, Any](
            transport_over(self.session, self.cloud), self._policies(url)
        ) as pipeline:
            response = (await pipeline.run(request, stream=False)).http_response
            if not response.is_stream_consumed:  # an empty body can't be read twice
                await response.read()
        code = str(response.headers.get("x-ms-error-code") or "")
        if response.status_code not in {_OK, _FORBIDDEN} and code not in {
            "ContainerNotFound",
            "ContainerBeingDeleted",
        }:
            raise HttpResponseError(response=response)
        return response.status_code, code, response.text() if response.status_code == _OK else ""

    def _policies(self, url: str) -> list[Any]:
        return [
            policies.RequestIdPolicy(),
            policies.UserAgentPolicy(base_user_agent=USER_AGENT, user_agent_use_env=False),
            Repeats(
                retry_total=RETRIES, retry_connect=1, retry_backoff_factor=FIRST_PAUSE, retry_backoff_max=30
            ),
            _OneHost(authority(url), self.cloud.label),
            Deadline(self.cloud),
            AsyncBearerTokenCredentialPolicy(self.credential, _AUDIENCE),
            Trace(),
            policies.SensitiveHeaderCleanupPolicy(),
        ]
