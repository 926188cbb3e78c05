"""What can go wrong with Azure, in the wizard's words; nothing of an SDK leaves this package as an exception.

AzureProblem
├── SignInNeeded      nobody is signed in, or Azure wants the person to sign in again
├── SignInFailed      Entra refused to give a token (AADSTS codes)
├── Forbidden         403: a right is missing
├── NotFound          404
├── Conflict          409
├── Invalid           400 and other 4xx: Azure does not accept what was asked
├── Throttled         429: too many calls; `retry_after` seconds
├── ServerFault       5xx: Azure failed
├── Unreachable       no answer: name not found, refused, time-out, certificate, proxy, cut off
├── UnreadableAnswer  an answer that is not Azure's
├── ForeignHost       a token was about to go to a host outside the chosen cloud; it was not sent
└── UnknownCloud      a cloud of a name that we don't know
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from profiles.redaction import redacted
from wizard.azure import advice, network, reading
from wizard.text import clean, clean_line

if TYPE_CHECKING:
    from wizard.azure.ways import WayState

T = TypeVar("T")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Detail:
    """One more thing that Azure said about a failure, for instance which resource of a deployment."""

    code: str
    message: str
    target: str = ""


class AzureProblem(Exception):  # noqa: N818 - the design's word
    """Something went wrong with Azure.

    `message` is what Azure said, made safe to show and without what looks like a secret (an answer may be quoted); `meaning` says it in plain words where a rule knows it
    (`rule` is the rule's id), and `advice` what to do. `code` is Azure's own, `status` the HTTP status (0:
    no answer). `details` are further messages, outermost last. `parts` are pieces found in the message,
    for instance ``action`` and ``scope`` of a refused call.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int = 0,
        request_id: str = "",
        details: tuple[Detail, ...] = (),
    ) -> None:
        self.message = clean(redacted(message))
        self.code = clean_line(code, 100)
        self.status = status
        self.request_id = clean_line(request_id, 100)
        self.details = tuple(Detail(one.code, redacted(one.message), one.target) for one in details)
        said = advice.find(self.code, self.message, status)
        self.rule = said.rule if said else ""
        self.meaning = said.meaning if said else ""
        self.advice = said.advice if said else _fallback(self.request_id)
        self.parts = MappingProxyType(said.parts) if said else _NOTHING
        super().__init__(self.message)

    def __str__(self) -> str:
        shown = self.meaning or self.message
        # A code of our own making says nothing that the sentence does not.
        azures = self.status or self.code.startswith("AADSTS")
        return f"{shown} ({self.code})" if azures and self.code and self.code not in shown else shown


def _fallback(request_id: str) -> str:
    """The way out where no rule knows one."""
    asked = (
        f" If it stays so, Microsoft's support asks for the request id {request_id}." if request_id else ""
    )
    return f"Running this again is safe: what exists is kept.{asked}"


class SignInNeeded(AzureProblem):
    """Nobody is signed in, or Azure wants a new sign-in. `ways` tells each way in, and why it isn't possible."""

    def __init__(self, message: str, *, ways: tuple[WayState, ...] = (), **known: Any) -> None:
        super().__init__(message, **known)
        self.ways = ways


class SignInFailed(AzureProblem):
    """Entra gave no token."""


class Forbidden(AzureProblem):
    """The signed-in identity lacks a right."""


class NotFound(AzureProblem):
    """There is no such thing, or it can't be seen."""


class Conflict(AzureProblem):
    """What was asked collides with what exists or is going on."""


class Invalid(AzureProblem):
    """Azure does not accept what was asked."""


class Throttled(AzureProblem):
    """Too many calls. `retry_after` is Azure's wish in seconds (0: none), already capped."""

    def __init__(self, message: str, *, retry_after: float = 0.0, **known: Any) -> None:
        super().__init__(message, **known)
        self.retry_after = retry_after


class ServerFault(AzureProblem):
    """Azure failed (5xx)."""


class Unreachable(AzureProblem):
    """No answer came. `kind` is one of dns, refused, timeout, certificate, proxy, cut, other."""

    def __init__(self, message: str, *, kind: str = "other", host: str = "", **known: Any) -> None:
        super().__init__(message, **({"code": f"Unreachable.{kind}"} | known))
        self.kind = kind.partition(".")[0]
        self.host = host


class UnreadableAnswer(AzureProblem):
    """Something answered, but not as Azure does: a sign-in page of a network, a proxy, a cut answer."""


class ForeignHost(AzureProblem):
    """A request was about to leave the chosen cloud with our token. It was not sent."""

    def __init__(self, host: str, cloud: str) -> None:
        where = clean_line(host, 200) or "an address that is not https"
        super().__init__(f"An answer led to {where}, which is not part of {cloud}.", code="ForeignHost")
        self.host = where


class UnknownCloud(AzureProblem):
    """There is no cloud of this name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        listed = ", ".join(known)
        super().__init__(
            f"There is no cloud called “{clean_line(name, 80)}”. Known: {listed}. One of your own is registered "
            "once, by hand: azimuth clouds register FILE.",
            code="UnknownCloud",
        )
        self.known = known


_BY_STATUS: Mapping[int, type[AzureProblem]] = MappingProxyType(
    {401: SignInNeeded, 403: Forbidden, 404: NotFound, 409: Conflict, 429: Throttled}
)
_LOWEST_SERVER_FAULT, _LOWEST_REFUSAL = 500, 400
# Entra wants the person back: expired or revoked sessions, a second factor, consent, an account choice.
_SIGN_IN_AGAIN = frozenset(
    {"16000", "50058", "50072", "50074", "50076", "50078", "50079", "50089", "50133", "50173"}
    | {"65001", "70008", "70043", "70044", "700081", "700082", "700084"}
)


def problem_from(exc: BaseException) -> AzureProblem:
    """Say in the wizard's words what an exception of the SDKs, of MSAL or of the network means.

    The innermost cause decides, and classes decide before texts. The exception's own text is used only
    where Azure wrote it; a body that could not be read never gets in.
    """
    chain = network.chain(exc)
    for inner in chain:
        if isinstance(inner, AzureProblem):
            return inner
    answered = reading.answer_of(chain)
    if answered is None:
        lost = network.lost(chain)
        if lost is not None:
            return Unreachable(lost.sentence, kind=lost.kind, host=lost.host)
    if answered is not None and answered.status:
        return _from_answer(answered)
    return _from_text(chain)


def _from_answer(answer: reading.Answer) -> AzureProblem:
    fault = answer.fault
    if fault is None:
        return _unexplained(answer)
    if fault.code.startswith("AADSTS"):
        return _sign_in_problem(fault.code, fault.message, answer.status, answer.request_id)
    known: dict[str, Any] = {
        "code": fault.code,
        "status": answer.status,
        "request_id": answer.request_id,
        "details": tuple(Detail(*map(clean, d)) for d in fault.others),
    }
    kind = _kind(answer.status)
    if kind is Throttled:
        known["retry_after"] = answer.retry_after
    return kind(fault.message or f"Azure answered {answer.status}.", **known)


def _kind(status: int) -> type[AzureProblem]:
    found = _BY_STATUS.get(status)
    if found is not None:
        return found
    if status >= _LOWEST_SERVER_FAULT:
        return ServerFault
    return Invalid if status >= _LOWEST_REFUSAL else AzureProblem


def _unexplained(answer: reading.Answer) -> AzureProblem:
    if answer.status < _LOWEST_REFUSAL or answer.is_page:
        return UnreadableAnswer(
            f"An answer with status {answer.status} is not one of Azure's.",
            code="UnreadableAnswer",
            status=answer.status,
            request_id=answer.request_id,
        )
    kind = _kind(answer.status)
    known: dict[str, Any] = {"retry_after": answer.retry_after} if kind is Throttled else {}
    message = f"Azure answered {answer.status} {answer.reason}".rstrip() + "."
    return kind(message, status=answer.status, request_id=answer.request_id, **known)


def _sign_in_problem(code: str, message: str, status: int = 0, request_id: str = "") -> AzureProblem:
    again = code.removeprefix("AADSTS") in _SIGN_IN_AGAIN
    kind = SignInNeeded if again else SignInFailed
    sentence, trace = reading.entra_sentence(message)
    return kind(sentence, code=code, status=status, request_id=trace or request_id)


def _from_text(chain: tuple[BaseException, ...]) -> AzureProblem:
    names = network.class_names(chain)
    if names & {"azure.DecodeError", "azure.IncompleteReadError", "json.JSONDecodeError"}:
        return UnreadableAnswer("An answer could not be read.", code="UnreadableAnswer")
    innermost = chain[-1]
    text = next((str(e) for e in reversed(chain) if str(e)), type(innermost).__name__)
    code = reading.entra_code(" ".join(str(e) for e in chain))
    if code:
        return _sign_in_problem(code, text)
    if names & {"azure.AuthenticationRequiredError", "azure.CredentialUnavailableError"}:
        return SignInNeeded(text, code="SignInNeeded")
    if names & {"azure.ClientAuthenticationError", "azure.AuthenticationError", "knack.CLIError"}:
        return SignInFailed(text, code="SignInFailed")
    return AzureProblem(text, code=type(innermost).__name__)


@contextmanager
def told() -> Iterator[None]:
    """Turn every failure of the SDKs inside into an AzureProblem, chained to it."""
    try:
        yield
    except AzureProblem:
        raise
    except Exception as exc:
        if not _is_foreign(exc):
            raise
        raise problem_from(exc) from exc


async def quietly(call: Awaitable[T]) -> T:
    """Await a call whose request or answer holds a secret: as `told`, but nothing of the SDK's exception stays.

    Their exceptions hold the answer with its body. What is raised here has neither cause nor context.
    """
    try:
        return await call
    except AzureProblem:
        raise
    except Exception as exc:
        if not _is_foreign(exc):
            raise
        problem = problem_from(exc)
    raise problem


def _is_foreign(exc: Exception) -> bool:
    """Whether an exception is of the SDKs, the network or JSON, and no fault of ours."""
    if isinstance(exc, OSError):
        return True
    roots = {"azure", "aiohttp", "msal", "requests", "urllib3", "json", "knack", "msal_extensions"}
    return any(name.partition(".")[0] in roots for name in network.class_names((exc,)))
