"""The host guard: no request leaves for a host outside the chosen cloud, so no token or secret does either.

A poll URL, a next page or a redirect comes from an answer. azure-core follows it with our token wherever it
leads; this policy stands before authentication in every pipeline, and the transport of azure-identity has it too.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import RequestsTransport

from wizard.azure.clouds import authority
from wizard.azure.entra_answers import CONFIGURATION, WORTH_REPEATING, look, pause_before_repeating
from wizard.azure.errors import ForeignHost

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest

    from wizard.azure.clouds import Cloud


_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "device_authorization_endpoint")
# Host and port as every program reads them, up to the path: no user, no backslash, no other alphabet.
_PLAIN = re.compile(
    r"https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(?=[/?#]|\Z)",
    re.IGNORECASE,
)
_log = logging.getLogger("wizard.azure")


def check_host(url: str, cloud: Cloud) -> None:
    """Refuse a URL that leads out of the cloud, or that is not https.

    Raises:
        ForeignHost: the URL's host and port are not among the cloud's, or could be read in two ways.
    """
    check_among(url, cloud.hosts(), cloud.label)


def check_among(url: str, hosts: Collection[str], label: str) -> None:
    """Refuse a URL that leads to none of the hosts (``host`` or ``host:port``), which are called `label`.

    Raises:
        ForeignHost: it leads elsewhere, or could be read in two ways: a user name, a backslash or a character that is
            no ASCII before the path is understood differently by different programs.
    """
    where = authority(url)
    if not where or where not in hosts or _PLAIN.match(url) is None:
        raise ForeignHost(where, label)


def check_endpoints(found: object, cloud: Cloud) -> None:
    """Refuse an OpenID configuration that sends somebody who signs in out of the cloud, browser or program.

    Raises:
        ForeignHost: one of its endpoints is not of the cloud.
    """
    for name in _ENDPOINTS:
        where = found.get(name) if isinstance(found, Mapping) else None
        if where is not None:
            check_host(str(where), cloud)


class HostGuard(SansIOHTTPPolicy[Any, Any]):
    """The policy, for synchronous and asynchronous pipelines alike; it belongs after redirect and retry."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Check where a request goes, on each attempt.

        Raises:
            ForeignHost: it would leave the cloud.
        """
        check_host(request.http_request.url, self._cloud)


class GuardedTransport(RequestsTransport):  # type: ignore[misc]  # exported lazily, so mypy sees Any
    """What azure-identity's credentials send with; the guard stands at its door.

    Connections are not kept: a credential speaks once an hour, and then nobody has to remember to close it.
    """

    def __init__(self, cloud: Cloud, **settings: Any) -> None:
        super().__init__(**settings)
        self._cloud = cloud

    def send(self, request: Any, **settings: Any) -> Any:
        """Send one request, if it stays in the cloud; once more where Entra had no time.

        Raises:
            ForeignHost: it would leave the cloud.
            Throttled, ServerFault, UnreadableAnswer: what came back is no answer of Entra's.
        """
        check_host(request.url, self._cloud)
        request.headers["Connection"] = "close"
        answer = self._sent(request, settings)
        if answer.status_code in WORTH_REPEATING:
            self.sleep(pause_before_repeating(answer.headers))
            answer = self._sent(request, settings)
        found = look(request.url, answer.status_code, answer.headers, _text(answer))
        if request.url.partition("?")[0].endswith(CONFIGURATION):
            check_endpoints(found, self._cloud)
        return answer

    def _sent(self, request: Any, settings: dict[str, Any]) -> Any:
        began = time.monotonic()
        answer = super().send(request, **settings)
        log_sign_in(request.method, request.url, answer.status_code, began)
        return answer

    def open(self) -> None:
        """Open the session; no password of ~/.netrc is ever added to what it sends."""
        super().open()
        self.session.auth = unchanged

    def sleep(self, duration: float) -> None:
        """Wait between two attempts, at the cloud's pace."""
        time.sleep(duration * self._cloud.pace())


class NearbyTransport(RequestsTransport):  # type: ignore[misc]  # exported lazily, so mypy sees Any
    """What a managed identity is asked with: it answers on this machine or its own network, never beyond."""

    def send(self, request: Any, **settings: Any) -> Any:
        """Send one request, if it stays nearby.

        Raises:
            ForeignHost: it would leave for the internet.
        """
        if not _is_nearby(request.url):
            host = urlsplit(request.url).hostname or ""
            raise ForeignHost(host, "this machine's own network")
        return super().send(request, **settings)

    def open(self) -> None:
        """Open the session; no password of ~/.netrc is ever added to what it sends."""
        super().open()
        self.session.auth = unchanged


def unchanged(request: Any) -> Any:
    """Stand as a session's authentication, so that requests looks for none in ~/.netrc."""
    return request


def _is_nearby(url: str) -> bool:
    if _PLAIN.match(url) is None:
        return False
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_link_local or address.is_private


def _text(answer: Any) -> str:
    body: bytes = answer.body()
    return body.decode("utf-8", "replace")


def log_sign_in(method: str | None, url: str, status: int, began: float) -> None:
    """Log a request to Entra without its query, headers and body: each of them holds secrets."""
    spent = (time.monotonic() - began) * 1000
    _log.debug("%s %s %s %.0fms", method, url.partition("?")[0], status, spent)
