"""Keeping in the profile what a run gives: its variables, and where each secret is; and what is shown once instead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from profiles.moving import Moving
from profiles.profile import SecretReference
from profiles.secrets import Secret, SecretStoreError
from wizard.plan import Plan, Unknown

if TYPE_CHECKING:
    from wizard.apply.work import Work
    from wizard.setup import Setup


def keep_outputs(setup: Setup, work: Work, plan: Plan, *, complete: bool) -> None:
    """Write the variables into the profile: plain values, and where the secret is.

    While something waits, those that are known already.

    Raises:
        Unknown: all is made, and yet a variable is not known.
        SecretStoreError: the secret can't be brought to another store, as the person wants it.
    """
    plain: dict[str, str] = {}
    secrets: list[SecretReference] = []
    for output in plan.outputs:
        try:
            if output.secret:
                secrets.append(_reference(work, output.name))
            else:
                plain[output.name] = (
                    output.value if isinstance(output.value, str) else work.value(output.value)
                )
        except (Unknown, KeyError):
            if complete:
                raise
    moving = work.store if isinstance(work.store, Moving) and secrets else None
    if moving is not None:
        moving.bring(work.binding())
    setup.keep(outputs=plain, secrets=tuple(secrets), **({"stage": "applied"} if complete else {}))
    if moving is not None:
        moving.leave(work.binding())


def keep_secret(setup: Setup, work: Work, plan: Plan) -> None:
    """Write into the profile where the secret is now and how long it lives; what else it gives stays as it is."""
    names = [output.name for output in plan.outputs if output.secret]
    others = tuple(one for one in setup.profile.secrets if one.variable not in names)
    setup.keep(secrets=(*others, *(_reference(work, name) for name in names)))


def shown_once(work: Work, plan: Plan) -> dict[str, Secret]:
    """Return the secrets that this process made and that no store keeps, by variable.

    One that the person pasted is not among them: they have it.
    """
    if work.store.keeps or plan.password is None or plan.password.existing or not work.known.get("app"):
        return {}
    try:
        value = work.store.get(work.binding())
    except SecretStoreError:
        return {}
    return {} if value is None else {one.name: value for one in plan.outputs if one.secret}


def _reference(work: Work, variable: str) -> SecretReference:
    known = work.known["secret"]
    end = known.get("end", "")
    return SecretReference(
        variable=variable,
        store=work.store.name,
        binding=work.binding(),
        key_id=known.get("key_id", ""),
        hint=known.get("hint", ""),
        expires=datetime.fromisoformat(end).astimezone(UTC).replace(microsecond=0) if end else None,
    )
