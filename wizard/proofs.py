"""Proof: a read-only call that shows that a step is really done. What a proof gets, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wizard.machine import Machine

if TYPE_CHECKING:
    from wizard.azure.session import Azure
    from wizard.plan import Known


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof found.

    `warning` means proved, but something wants attention. `passing` means not proved *yet*: Azure's
    replication explains it, so it is worth asking again.
    """

    ok: bool
    what: str
    mend: str = ""
    warning: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Proving:
    """What a proof may use: the caller's own connection, one signed in as the new principal, and what was made.

    `as_principal` opens a connection with the profile's client secret; it raises SignInFailed where Entra
    refuses, and LookupError where the profile has no secret to sign in with.
    """

    azure: Azure
    as_principal: Callable[[], AbstractAsyncContextManager[Azure]]
    known: Known
    arguments: Mapping[str, str] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)
