"""What a profile holds: one guide's context, answers, outputs, proofs and references to secrets, never a secret."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from profiles.document import SCHEMA
from profiles.secrets import Binding

if TYPE_CHECKING:
    from collections.abc import Mapping

AnswerValue = str | int | bool | list[str]
Source = Literal["chosen", "default", "found"]
Stage = Literal["answering", "applying", "applied", "proved", "undone"]

SOURCES: tuple[Source, ...] = ("chosen", "default", "found")
STAGES: tuple[Stage, ...] = ("answering", "applying", "applied", "proved", "undone")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def now() -> datetime:
    """The present moment, UTC, in whole seconds: what a person can read in the file."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class SavedContext:
    """As whom and where: the way of sign-in, and what Azure called the account, tenant and subscription."""

    way: str = ""
    account: str = ""
    tenant_id: str = ""
    tenant_name: str = ""
    subscription_id: str = ""
    subscription_name: str = ""
    unknown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where the secret of one variable is kept and what it is bound to; `hint` is the part that Azure itself shows."""

    variable: str
    store: str
    binding: Binding
    key_id: str = ""
    hint: str = ""
    expires: datetime | None = None
    unknown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedProof:
    """How one proof ended, and when."""

    title: str
    ok: bool
    at: datetime
    detail: str = ""
    unknown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """One setup of one guide, as it is kept. Make one with `new`, change it with `dataclasses.replace`.

    `id` stays through renaming and is what secrets are bound to; `revision` counts the saves;
    `step` is where the person was; `origin` says where the answers came from when not from a person here;
    `unknown` holds what a newer version of Azimuth wrote.
    """

    name: str
    id: str
    guide: str
    cloud: str
    created: datetime
    updated: datetime
    schema: int = SCHEMA
    revision: int = 0
    stage: Stage = "answering"
    step: str = ""
    origin: str = ""
    context: SavedContext = field(default_factory=SavedContext)
    answers: Mapping[str, AnswerValue] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[SecretReference, ...] = ()
    proofs: tuple[SavedProof, ...] = ()
    deployments: tuple[str, ...] = ()
    unknown: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def new(cls, name: str, guide: str, cloud: str) -> Profile:
        """A profile that is not saved yet, with an identity of its own."""
        moment = now()
        return cls(name=name, id=uuid.uuid4().hex, guide=guide, cloud=cloud, created=moment, updated=moment)

    @property
    def variables(self) -> dict[str, str | SecretReference]:
        """Every variable this profile gives: its plain value, or where its secret is."""
        return {**self.outputs, **{reference.variable: reference for reference in self.secrets}}

    def binding(self, client_id: str) -> Binding:
        """What a secret of this application is bound to when this profile keeps it."""
        return Binding(self.cloud, self.context.tenant_id, client_id, self.id)


def to_values(profile: Profile) -> dict[str, Any]:
    """The profile as plain TOML values, in the order of the file."""
    context = profile.context
    plain = {
        "schema": profile.schema,
        "name": profile.name,
        "id": profile.id,
        "revision": profile.revision,
        "guide": profile.guide,
        "cloud": profile.cloud,
        "stage": profile.stage,
        "step": profile.step,
        "origin": profile.origin,
        "created": profile.created,
        "updated": profile.updated,
        "deployments": list(profile.deployments),
        "context": {
            "way": context.way,
            "account": context.account,
            "tenant_id": context.tenant_id,
            "tenant_name": context.tenant_name,
            "subscription_id": context.subscription_id,
            "subscription_name": context.subscription_name,
            **context.unknown,
        },
        "answers": dict(profile.answers),
        "sources": dict(profile.sources),
        "outputs": dict(profile.outputs),
        "secrets": [_reference_values(reference) for reference in profile.secrets],
        "proofs": [
            {"title": proof.title, "ok": proof.ok, "at": proof.at, "detail": proof.detail, **proof.unknown}
            for proof in profile.proofs
        ],
    }
    return {**plain, **profile.unknown}


def _reference_values(reference: SecretReference) -> dict[str, Any]:
    expires = {"expires": reference.expires} if reference.expires else {}
    return {
        "variable": reference.variable,
        "store": reference.store,
        **reference.binding._asdict(),
        "key_id": reference.key_id,
        "hint": reference.hint,
        **expires,
        **reference.unknown,
    }
