"""The host guard: no request leaves for a host outside the chosen cloud, so no token or secret does either.

A poll URL, a next page or a redirect comes from an answer. azure-core follows it with our token wherever it
leads; this policy stands before authentication in every pipeline, and the transport of azure-identity has it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import RequestsTransport

from wizard.azure.clouds import authority
from wizard.azure.errors import ForeignHost

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest

    from wizard.azure.clouds import Cloud


def check_host(url: str, cloud: Cloud) -> None:
    """Refuse a URL that leads out of the cloud, or that is not https.

    Raises:
        ForeignHost: the URL's host and port are not among the cloud's.
    """
    where = authority(url)
    if where not in cloud.hosts():
        raise ForeignHost(where, cloud.label)


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
        """Send one request, if it stays in the cloud.

        Raises:
            ForeignHost: it would leave the cloud.
        """
        check_host(request.url, self._cloud)
        request.headers["Connection"] = "close"
        return super().send(request, **settings)
