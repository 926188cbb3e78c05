"""Why no answer came, read from the classes of the exceptions involved and never from their texts."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wizard.text import clean_line

_DEEPEST = 25
_INNER = ("inner_exception", "__cause__", "reason", "os_error", "certificate_error")

# OpenSSL's X509_V_ERR_*: 9 not yet valid, 10 expired, 62 and 64 another host's name.
_NOT_YET_VALID, _EXPIRED, _OTHER_HOST = 9, 10, (62, 64)


@dataclass(frozen=True, slots=True)
class Lost:
    """A request that got no answer: what kind of loss, at which host, said in a sentence."""

    kind: str
    host: str
    sentence: str


def chain(exc: BaseException) -> tuple[BaseException, ...]:
    """List an exception and what it was made from, outermost first."""
    found: list[BaseException] = []
    waiting: list[BaseException] = [exc]
    while waiting and len(found) < _DEEPEST:
        current = waiting.pop(0)
        if any(current is f for f in found):
            continue
        found.append(current)
        inner: list[Any] = [getattr(current, name, None) for name in _INNER]
        inner += current.args
        waiting += [i for i in inner if isinstance(i, BaseException)]
    return tuple(found)


def class_names(exceptions: tuple[BaseException, ...]) -> set[str]:
    """Name every class of the exceptions as ``package.Class``, without importing the packages."""
    classes = {cls for exc in exceptions for cls in type(exc).__mro__}
    return {f"{(cls.__module__ or '').partition('.')[0]}.{cls.__name__}" for cls in classes}


def lost(exceptions: tuple[BaseException, ...]) -> Lost | None:
    """Tell why no answer came, or None when the exceptions are about something else."""
    kind = _kind(exceptions)
    if kind is None:
        return None
    host = _host(exceptions)
    return Lost(kind, host, _sentence(kind, host or "Azure"))


def _kind(exceptions: tuple[BaseException, ...]) -> str | None:
    for exc in reversed(exceptions):
        if isinstance(exc, ssl.SSLCertVerificationError):
            return _certificate(exc)
    names = class_names(exceptions)
    table = (
        ("proxy", {"requests.ProxyError", "urllib3.ProxyError", "aiohttp.ClientProxyConnectionError"}),
        ("proxy", {"aiohttp.ClientHttpProxyError"}),
        ("dns", {"aiohttp.ClientConnectorDNSError", "urllib3.NameResolutionError"}),
        ("certificate", {"aiohttp.ClientSSLError", "requests.SSLError", "urllib3.SSLError", "ssl.SSLError"}),
    )
    for kind, classes in table:
        if names & classes:
            return kind
    return _socket_kind(exceptions, names)


def _socket_kind(exceptions: tuple[BaseException, ...], names: set[str]) -> str | None:
    if any(isinstance(e, socket.gaierror) for e in exceptions):
        return "dns"
    if any(isinstance(e, ConnectionRefusedError) for e in exceptions):
        return "refused"
    slow = {"azure.ServiceRequestTimeoutError", "azure.ServiceResponseTimeoutError", "requests.Timeout"}
    if names & slow or any(isinstance(e, TimeoutError) for e in exceptions):
        return "timeout"
    cut = {"aiohttp.ServerDisconnectedError", "aiohttp.ClientPayloadError", "azure.IncompleteReadError"}
    if names & (cut | {"azure.ServiceResponseError"}) or any(
        isinstance(e, ConnectionError) for e in exceptions
    ):
        return "cut"
    return (
        "other"
        if names & {"azure.ServiceRequestError", "aiohttp.ClientError", "requests.ConnectionError"}
        else None
    )


def _certificate(exc: ssl.SSLCertVerificationError) -> str:
    if exc.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return "certificate.date"
    return "certificate.host" if exc.verify_code in _OTHER_HOST else "certificate"


def _host(exceptions: tuple[BaseException, ...]) -> str:
    for exc in exceptions:
        connection = getattr(exc, "conn", None) or getattr(exc, "pool", None)  # urllib3's
        host = getattr(connection, "host", None) or getattr(exc, "host", None)
        if isinstance(host, str) and host:
            return clean_line(host, 100)
        url = getattr(getattr(exc, "request", None), "url", None)
        if isinstance(url, str) and urlsplit(url).hostname:
            return clean_line(urlsplit(url).hostname, 100)
    return ""


def _sentence(kind: str, host: str) -> str:
    return {
        "dns": f"The name {host} was not found.",
        "refused": f"{host} refused the connection.",
        "timeout": f"{host} did not answer in time.",
        "certificate": f"The certificate that {host} showed is not trusted.",
        "certificate.date": f"The certificate of {host} is not valid at this machine's date.",
        "certificate.host": f"What answered for {host} showed another host's certificate.",
        "proxy": f"The proxy on the way to {host} did not let the call through.",
        "cut": f"The connection to {host} broke off.",
    }.get(kind, f"No connection to {host}.")
