"""What two rehearsals have in common once ids, times and random values, which differ each time, are set aside."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.commands.azimuth import ROOT, TRACES
from tests.rehearsal import state_of
from wizard.azure.clouds import AZURE_PUBLIC
from wizard.guides import all_guides
from wizard.plan import Plan
from wizard.setup import Setup

_WORLD = (ROOT / "wizard" / "practice" / "worlds" / "default.json").read_text("utf-8")
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OF_THE_WORLD = frozenset(_GUID.findall(_WORLD))
_BUILT_IN = re.compile(r"roleDefinitions/" + _GUID.pattern)
_SSH_KEY = re.compile(r"ssh-(rsa|ed25519) [A-Za-z0-9+/=]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?")
_DEPLOYMENT = re.compile(r"azimuth-(?:himl|hopsworks)-[0-9a-f]{8}-[0-9a-f]{4}\b(?!-)")
# Random, or made of something random. What begins with _ is practice Azure's own bookkeeping.
_RANDOM = frozenset({"salt", "sha256", "hint", "duration", "templateHash", "customKeyIdentifier"})


def state(folder: Path) -> list[str]:
    """Every document of practice Azure, told without what differs from run to run."""
    documents = state_of(folder, without=TRACES)
    return sorted(
        f"{kind} {_told(key)} {json.dumps(_bare(json.loads(body)), sort_keys=True)}"
        for (kind, key), body in documents.items()
    )


def plan(profile: str) -> Plan:
    """The plan of a saved profile, made from its answers alone."""
    cloud = replace(AZURE_PUBLIC, name="practice")
    return Setup.reopen(profile, cloud, guides=all_guides()).walkthrough.plan()


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _told(key): _bare(inner)
            for key, inner in value.items()
            if not (key in _RANDOM or key.startswith("_"))
        }
    if isinstance(value, list):
        return [_bare(inner) for inner in value]
    return _told(value) if isinstance(value, str) else value


def _told(text: str) -> str:
    return _TIME.sub("TIME", _SSH_KEY.sub("KEY", _DEPLOYMENT.sub("DEPLOYMENT", _GUID.sub(_guid, text))))


def _guid(found: re.Match[str]) -> str:
    known = found[0] in _OF_THE_WORLD or _BUILT_IN.search(found.string, 0, found.end()) is not None
    return found[0] if known else "GUID"
