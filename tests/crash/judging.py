"""What stands at the end of a run, told so that two runs can be compared, and what must hold whatever happened."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from profiles.profile import Profile
from profiles.store import ProfileStore, journal_path
from tests.commands.azimuth import TRACES
from tests.playing import PROFILE
from wizard.apply.journal import Journal, Made
from wizard.azure.clouds import Cloud
from wizard.azure.errors import AzureProblem
from wizard.azure.sign_in import sign_in_with_secret

Documents = Mapping[tuple[str, str], str]

_PASSING = frozenset(TRACES) - {"deletedObject"}
_CHANCE = re.compile(
    r"(?P<name>[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{8}-[0-9a-f]{4}(?![0-9a-f-])"
    r"|[0-9a-f]{40}|[0-9a-f]{32}|[0-9A-F]{40}|ssh-rsa [A-Za-z0-9+/=]+|SHA256:[A-Za-z0-9+/=]+|hopsworks[0-9]{8})"
    r"|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)?|\b\d{10}\.\d+|P(?:\d+D)?T[\d.HMS]+S|\b\d{4}-\d\d-\d\d \d\d:\d\d)"
    r'|(?P<hint>"hint": "[^"]*"|key_id=\S+)'
)
_MADE_OF = (
    "application",
    "servicePrincipal",
    "secret",
    "roleAssignment",
    "roleDefinition",
    "resource",
    "group",
)
_DEPLOYMENT = "deployment"
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
_TEMPORARY = ".azimuth-tmp"


@dataclass(frozen=True, slots=True)
class Picture:
    """One end: `shown` is compared with that of another run, `bad` is wrong in itself."""

    shown: tuple[str, ...]
    bad: tuple[str, ...]


async def picture(cloud: Cloud, home: Path, before: Documents, after: Documents) -> Picture:
    """Look at Azure, the profile, the journal, the secret and the folders."""
    profile = ProfileStore().load(PROFILE)
    journal = Journal(journal_path(PROFILE))
    new = {key: body for key, body in after.items() if before.get(key) != body and key[0] not in _PASSING}
    gone = [key for key in before if key not in after and key[0] not in _PASSING]
    claimed = {str(made.fields.get("id", "")).rsplit("/", 1)[-1].lower() for made in journal.made()}
    lines = [
        *{_line(kind, key, body) for (kind, key), body in new.items()},
        *(f"gone {kind} {key}" for kind, key in gone),
        *(f"not ours {kind} {key}" for kind, key in new if kind in _MADE_OF and _last(key) not in claimed),
        *{_made_line(made) for made in journal.made()},
        *(f"perhaps made {made.kind} {made.key}" for made in journal.perhaps_made()),
        *_told(profile),
        *(f"file {name}" for name in _files(home)),
    ]
    bad = [
        *_missing(journal, after),
        *_unclaimed(new, claimed),
        *_debris(home),
        *await _secrets(cloud, profile, new),
    ]
    return Picture(tuple(_mapped(lines, "".join(f"{k}{body}" for k, body in before.items()))), tuple(bad))


def _last(key: str) -> str:
    return key.rsplit("/", 1)[-1].lower()


def _line(kind: str, key: str, body: str) -> str:
    """What Azure itself would tell of a document.

    Of deployments only where there are some, and how they ended: how many it took depends on where a run died, since
    the next one writes only what is missing. That the journal has each is judged apart.
    """
    told = json.loads(body)
    if kind == _DEPLOYMENT:
        return f"azure deployment {key.rpartition('/')[0]} {told['properties']['provisioningState']}"
    return (
        f"azure {kind} {key} {json.dumps({n: value for n, value in told.items() if not n.startswith('_')})}"
    )


def _made_line(made: Made) -> str:
    if made.kind == _DEPLOYMENT:
        return f"made deployment {made.fields['scope']}"
    return f"made {made.kind} {made.key} {made.fields.get('id', '')}"


def _told(profile: Profile) -> list[str]:
    return [
        f"stage {profile.stage}",
        *(f"answer {key} = {value!r}" for key, value in profile.answers.items() if _is_given(profile, key)),
        *(f"output {name} = {value}" for name, value in profile.outputs.items()),
        *(f"proof {proof.title} {proof.ok}" for proof in profile.proofs),
        *(f"secret {one.variable} in {one.store}" for one in profile.secrets),
        f"context {replace(profile.context, unknown={})}",
    ]


def _is_given(profile: Profile, key: str) -> bool:
    """Whether a person gave the answer; what live checks found depends on what stood there when they looked."""
    return profile.sources.get(key) != "found"


def _files(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


def _mapped(lines: Iterable[str], before: str) -> list[str]:
    """The lines with all that chance chose replaced by numbers, in an order that chance has no part in."""

    def blank(found: re.Match[str]) -> str:
        if found["name"] is None:
            return "·"
        return found.group() if found.group() in before else "?"

    numbers: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return "·"
        return name if name in before else f"<{numbers.setdefault(name, len(numbers) + 1)}>"

    ordered = sorted(lines, key=lambda line: _CHANCE.sub(blank, line))
    return [_CHANCE.sub(numbered, line) for line in ordered]


# What must hold


def _missing(journal: Journal, after: Documents) -> list[str]:
    """What the journal claims and Azure has not."""
    there = {_last(key) for _, key in after}
    return [
        f"the journal claims {made.kind} {made.key}, which Azure has not"
        for made in journal.made()
        if _last(str(made.fields.get("id", ""))) not in there
    ]


def _unclaimed(new: Documents, claimed: Collection[str]) -> list[str]:
    """Deployments of ours that the journal does not know."""
    return [
        f"deployment {key} is in Azure and not in the journal"
        for kind, key in new
        if kind == _DEPLOYMENT and _last(key) not in claimed
    ]


def _debris(home: Path) -> list[str]:
    found = []
    for path in home.rglob("*"):
        wanted = _PRIVATE_FOLDER if path.is_dir() else _PRIVATE_FILE
        if stat.S_IMODE(path.stat().st_mode) != wanted:
            found.append(f"{path} can be read by others")
        if _TEMPORARY in path.name:
            found.append(f"{path} is left over")
    return found


async def _secrets(cloud: Cloud, profile: Profile, new: Documents) -> list[str]:
    """One live secret for each that the profile refers to, and it opens the door."""
    from profiles.secrets import open_store

    live = [json.loads(body) for (kind, _), body in new.items() if kind == "secret"]
    bad = (
        []
        if len(live) == len(profile.secrets)
        else [f"{len(live)} live secrets, {len(profile.secrets)} known"]
    )
    store = open_store(cloud.secret_store, folder=cloud.secret_folder)
    for reference in profile.secrets:
        secret = store.get(reference.binding)
        if secret is None:
            bad.append("the secret is not in the store")
            continue
        if {reference.key_id} != {one["keyId"] for one in live}:
            bad.append("the profile refers to another secret than the one in Azure")
        try:
            await (await _signed_in(cloud, reference.binding, secret)).close()
        except AzureProblem as refusal:
            bad.append(f"the secret does not sign in: {refusal}")
    return bad


async def _signed_in(cloud: Cloud, binding: Any, secret: Any) -> Any:
    return await sign_in_with_secret(cloud, binding.tenant, binding.client_id, secret)
