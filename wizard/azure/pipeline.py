"""The way of every call to Azure: one list of policies and one session, for the SDK's clients and for our own."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import aiohttp
from azure.core.exceptions import DecodeError
from azure.core.pipeline import policies
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

from wizard.azure.errors import Unreachable
from wizard.azure.guard import HostGuard
from wizard.azure.reading import json_object, seconds_to_wait

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest, PipelineResponse

    from wizard.azure.clouds import Cloud
    from wizard.azure.credentials import InThread

USER_AGENT = "azimuth/0.1"
CONNECT_SECONDS, READ_SECONDS = 10, 60
RETRIES, FIRST_PAUSE = 4, 0.8
_READS = frozenset({"GET", "HEAD"})
_NEVER_REPEATED = frozenset({"POST", "PATCH"})
_WORTH_REPEATING = frozenset({408, 429, 500, 502, 503, 504})
_log = logging.getLogger("wizard.azure")


def session_for(cloud: Cloud) -> aiohttp.ClientSession:
    """Open the one aiohttp session of a connection: its CA, and proxies unless the cloud is on this machine."""
    connector = aiohttp.TCPConnector(ssl=_tls(cloud))
    session = aiohttp.ClientSession(
        connector=connector,
        trust_env=not cloud.on_this_machine,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )
    # With proxies of the environment aiohttp takes passwords of ~/.netrc too, and then refuses our own token.
    setattr(session, "_get_netrc_auth", lambda _host: None)  # noqa: B010 - it has no setting for it
    return session


def _tls(cloud: Cloud) -> ssl.SSLContext:
    """The cloud's own CA; else the machine's, or the bundle that requests and az are told of."""
    if cloud.ca is not None:
        return ssl.create_default_context(cafile=os.fspath(cloud.ca))
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return ssl.create_default_context(cafile=bundle if bundle and os.path.isfile(bundle) else None)  # noqa: PTH113


class Transport(AioHttpTransport):  # type: ignore[misc]  # exported lazily, so mypy sees Any
    """What azure-core sends with; its pauses last as long as the cloud's pace says."""

    def __init__(self, pace: Callable[[], float], **settings: Any) -> None:
        super().__init__(**settings)
        self._pace = pace

    async def sleep(self, duration: float) -> None:
        """Wait between two attempts, or two looks at an operation."""
        await asyncio.sleep(duration * self._pace())


def transport_over(session: aiohttp.ClientSession, cloud: Cloud) -> Transport:
    """Let azure-core send over a session of ours, which stays ours to close."""
    return Transport(
        cloud.pace,
        session=session,
        session_owner=False,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
    )


def policies_for(cloud: Cloud, credential: InThread | None, scope: str = "") -> list[Any]:
    """List the policies of a pipeline in their order; without a credential nothing is authenticated.

    The guard stands behind redirect and retry, so it sees every hop and attempt, and before authentication.
    The SDK's own provider registration is left out: registering is asked for by a plan, never a side effect.
    """
    chain: list[Any] = [
        policies.RequestIdPolicy(),
        policies.UserAgentPolicy(base_user_agent=USER_AGENT, user_agent_use_env=False),
        Redirects(),
        Repeats(retry_total=RETRIES, retry_connect=1, retry_backoff_factor=FIRST_PAUSE, retry_backoff_max=30),
        HostGuard(cloud),
        Deadline(cloud),
    ]
    if credential is not None:
        chain.append(AsyncARMChallengeAuthenticationPolicy(credential, scope))
    return [*chain, Readable(), Trace(), policies.SensitiveHeaderCleanupPolicy()]


class Redirects(policies.AsyncRedirectPolicy[Any, Any]):
    """Which redirections are followed: those of a read alone. What writes is sent to one address, once."""

    def get_redirect_location(self, response: PipelineResponse[Any, Any]) -> str | Literal[False] | None:
        """Where a read goes on; False where the answer is no redirection, or not of a read."""
        if response.http_request.method in _READS:
            return super().get_redirect_location(response)
        return False


class Repeats(policies.AsyncRetryPolicy[Any, Any]):
    """When a request is sent again: never a POST or PATCH, and never on a plain refusal.

    azure-core 1.39 repeats POSTs on 500, 503 and 504 (an addPassword answered late left four live secrets), and
    anything with a Retry-After, for as long as that says.
    """

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Whether an answer is worth asking again."""
        answer = response.http_response
        if answer.status_code not in _WORTH_REPEATING or answer.request.method in _NEVER_REPEATED:
            return False
        return int(settings["total"]) > 0

    def _is_method_retryable(self, _settings: dict[str, Any], request: Any, response: Any = None) -> bool:  # noqa: ARG002 - azure-core's signature
        return request.method not in _NEVER_REPEATED

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        """Azure's wish in seconds, never beyond two minutes; senseless values count as none."""
        headers = {str(k).lower(): str(v) for k, v in response.http_response.headers.items()}
        return seconds_to_wait(headers) or None


_MAY_BE_EMPTY = (202, 204)  # a poll that goes on, or the end of a deletion


class Deadline(policies.AsyncHTTPPolicy[Any, Any]):
    """Gives up on an answer that drips in so slowly that no read ever times out. It is not asked for again."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._seconds = cloud.answer_seconds

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send one attempt.

        Raises:
            Unreachable: it took longer than the cloud allows.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return await self.next.send(request)
        except TimeoutError:
            host = urlsplit(request.http_request.url).hostname or ""
            raise Unreachable(f"{host} did not answer in time.", kind="timeout", host=host) from None


class Readable(SansIOHTTPPolicy[Any, Any]):
    """Stops answers of 2xx that are not Azure's: pages of a proxy, cut JSON, a list where an object belongs.

    The fault it raises holds nothing of the body (azure-core's own would), so a secret can't get out that way.
    """

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Check one answer.

        Raises:
            DecodeError: it is no JSON object, or says nothing at all about what was asked. azure-core then repeats what may be repeated.
        """
        answer = response.http_response
        streamed = bool(request.context.options.get("stream"))
        if streamed or not 200 <= answer.status_code < 300:  # noqa: PLR2004 - the successes
            return
        text = answer.text()
        wanted = request.http_request.method == "GET" and answer.status_code not in _MAY_BE_EMPTY
        found = json_object(text)
        if (found is None and (text.strip() or wanted)) or (found == {} and wanted):
            raise DecodeError(message="An answer could not be read.")


class Trace(SansIOHTTPPolicy[Any, Any]):
    """Logs each call: method, path, status, milliseconds and the request id that Microsoft's support asks for."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Note when the call began."""
        request.context["azimuth_began"] = time.monotonic()

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Log how the call ended; query strings stay out, poll URLs hold keys."""
        spent = (time.monotonic() - request.context["azimuth_began"]) * 1000
        answer, asked = response.http_response, request.http_request
        names = ("x-ms-correlation-request-id", "request-id", "x-ms-request-id")
        identity = next((answer.headers[n] for n in names if n in answer.headers), "-")
        path = asked.url.partition("?")[0]
        _log.debug("%s %s %s %.0fms %s", asked.method, path, answer.status_code, spent, identity)

    def on_exception(self, request: PipelineRequest[Any]) -> None:
        """Log that no answer came, and why by its kind alone: the exception's text may hold a part of the answer."""
        asked, kind = request.http_request, type(sys.exception()).__name__
        _log.debug("%s %s no answer: %s", asked.method, asked.url.partition("?")[0], kind)


async def asked(
    client: Any,
    method: str,
    url: str,
    *,
    body: Mapping[str, Any] | None = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    """Send one request through a pipeline client; give the status and the JSON object ({} when there is none).

    Raises:
        azure.core.exceptions.AzureError: no answer, or one that refuses.
    """
    from azure.core.exceptions import HttpResponseError

    sent: dict[str, Any] = {"json": dict(body)} if body is not None else {}
    request = HttpRequest(method, url, params=dict(params or {}), headers=dict(headers or {}), **sent)
    response = await client.send_request(request)
    if not 200 <= response.status_code < 300:  # noqa: PLR2004 - the successes
        raise HttpResponseError(response=response)
    text = response.text()
    return response.status_code, json.loads(text) if text.strip() else {}
