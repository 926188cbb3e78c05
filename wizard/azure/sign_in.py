"""Signing in: one function for each need, whatever the way; what comes out is a credential for the SDKs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, quote_plus

from profiles.secrets import DOTS
from wizard.azure.errors import AzureProblem, SignInFailed, SignInNeeded
from wizard.azure.model import Identity
from wizard.azure.tokens import identity_of
from wizard.azure.ways import WAYS, SignInPrompt, Way, WayState, possible_ways
from wizard.text import clean_line

if TYPE_CHECKING:
    from wizard.azure.clouds import Cloud
    from wizard.azure.credentials import InThread

__all__ = [
    "WAYS",
    "SignInPrompt",
    "SignedIn",
    "Way",
    "WayState",
    "possible_ways",
    "sign_in",
    "sign_in_unattended",
    "sign_in_with_secret",
]

_TENANT = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    re.IGNORECASE,
)


class _Secret(Protocol):
    def reveal(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in to a cloud, with the credential that gives their tokens."""

    identity: Identity
    credential: InThread
    cloud: Cloud

    async def into(self, tenant: str) -> SignedIn:
        """The same login in another tenant (id or domain), without asking the person if Azure allows that.

        Raises:
            SignInNeeded: that tenant wants its own sign-in (a second factor, for instance).
            SignInFailed: the account is not known there.
        """
        check_tenant(tenant)
        credential = self.credential.for_tenant(tenant)
        token = await credential.get_token_info(self.cloud.arm_audience)
        return SignedIn(identity_of(token.token, self.identity.way), credential, self.cloud)

    async def close(self) -> None:
        """Let go of the credential. Tokens are kept in memory only, and go with it."""
        await self.credential.close()


async def sign_in(
    cloud: Cloud,
    way: str,
    *,
    tenant: str | None = None,
    on_prompt: Callable[[SignInPrompt], None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> SignedIn:
    """Sign in one way, to a tenant (id or domain) or to the account's own.

    `on_prompt` is told on the event loop what the person must do. Cancelling stops the wait for them.

    Raises:
        SignInNeeded: the way is not possible here, or Azure wants the person.
        SignInFailed: Entra refused, or the tenant's name is not one.
        Unreachable: Entra did not answer.
    """
    from wizard.azure import credentials

    check_tenant(tenant)
    if way not in cloud.sign_in_ways:
        raise SignInNeeded(f"{cloud.label} can't be signed in to this way: {clean_line(way, 40)}.")
    known = os.environ if environ is None else environ
    credential = await credentials.made(cloud, way, tenant, on_prompt, known)
    return await _proved(cloud, way, credential)


async def sign_in_unattended(
    cloud: Cloud,
    tenant: str | None = None,
    on_prompt: Callable[[SignInPrompt], None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> SignedIn:
    """Sign in without asking anybody: the first of the cloud's unattended ways that is possible.

    A service principal set in the environment is meant: if that fails, no other identity is tried.

    Raises:
        SignInNeeded: no way works; `ways` tells the reason of each.
        SignInFailed: the way that was meant to be used is refused.
    """
    states = {s.way.key: s for s in await possible_ways(cloud, environ)}
    for key in cloud.unattended:
        state = states.get(key)
        if state is None or not state.possible:
            continue
        try:
            return await sign_in(cloud, key, tenant=tenant, on_prompt=on_prompt, environ=environ)
        except SignInNeeded as problem:
            if key == "environment":
                raise
            states[key] = replace(
                state, possible=False, reason=problem.meaning or clean_line(problem.message)
            )
    raise SignInNeeded(
        f"Nobody is signed in to {cloud.label}.", code="SignInNeeded", ways=tuple(states.values())
    )


async def sign_in_with_secret(cloud: Cloud, tenant: str, client_id: str, secret: _Secret) -> SignedIn:
    """Sign in as a service principal with a client secret; it always asks Entra, never a cache.

    Raises:
        SignInFailed: Entra refused; the secret is in no message.
        Unreachable: Entra did not answer.
    """
    from wizard.azure import credentials

    check_tenant(tenant)
    credential = credentials.with_secret(cloud, tenant, client_id, secret.reveal())
    problem: AzureProblem
    try:
        return await _proved(cloud, "secret", credential)
    except AzureProblem as refused:
        problem = _without(refused, secret.reveal())
    raise problem


def check_tenant(tenant: str | None) -> None:
    """Refuse what is no tenant: ``adfs``, ``common`` and the like would lead a secret past Entra's own checks.

    Raises:
        SignInFailed: neither a GUID nor a domain.
    """
    if tenant is not None and not _TENANT.fullmatch(tenant):
        shown = clean_line(tenant, 80)
        raise SignInFailed(
            f"“{shown}” is not a tenant: give its id (a GUID) or domain.", code="InvalidTenant"
        )


async def _proved(cloud: Cloud, way: str, credential: InThread) -> SignedIn:
    try:
        token = await credential.get_token_info(cloud.arm_audience)
    except BaseException:
        await credential.close()
        raise
    return SignedIn(identity_of(token.token, way), credential, cloud)


def _without(problem: AzureProblem, value: str) -> AzureProblem:
    """The same problem, should a server have put the secret into its message."""
    told = [problem.message, *(detail.message for detail in problem.details)]
    if not any(form in text for text in told for form in (value, quote(value, safe=""), quote_plus(value))):
        return problem
    message = problem.message
    for form in (value, quote(value, safe=""), quote_plus(value)):
        message = message.replace(form, DOTS)
    return type(problem)(message, code=problem.code, status=problem.status)
