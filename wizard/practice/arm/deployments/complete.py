"""Mode Complete: what is in the group, and not in the template, is deleted once all else is there."""

from __future__ import annotations

from typing import Any

from wizard.practice.arm import facts, ids
from wizard.practice.arm.deployments import document
from wizard.practice.kernel import Practice


def due(found: dict[str, Any]) -> bool:
    """Whether a deployment whose steps are done has still to clear its group."""
    done = all(step["state"] == "Succeeded" for step in found["_steps"])
    return found["properties"]["mode"] == "Complete" and done and not found.get("_cleared")


def doomed(practice: Practice, home: str, kept: set[str]) -> list[dict[str, Any]]:
    """The resources of a group that are in no way part of what is kept (ids in lower case), or above it."""
    found = []
    for key, one in practice.state.under("resource", home + "/"):
        low = key.lower()
        holds = any(other == low or other.startswith(low + "/") for other in kept)
        inside = any(low.startswith(other + "/") for other in kept)
        if not holds and not inside and ids.parse(key).parent is None:
            found.append(one)
    return found


def plan(practice: Practice, found: dict[str, Any], home: str) -> None:
    """Add a step for each resource that goes."""
    from wizard.practice.arm.deployments.runner import step

    found["_cleared"] = True
    kept = {key.lower() for key in document.output_ids(practice, found)}
    after = max([found["_accepted"], *(one["ended"] for one in found["_steps"])])
    for one in doomed(practice, home, kept):
        named = ids.parse(one["id"])
        brief = {"id": one["id"], "resourceType": named.type, "resourceName": named.name}
        found["_steps"].append(step(brief, (), "DELETE") | {"after": after})


def version(key: str) -> str:
    """An API version to delete with."""
    return next(iter(facts.versions(ids.parse(key).type)), "2024-01-01")


def again(found: dict[str, Any], failed: dict[str, Any]) -> bool:
    """Whether a delete that was refused is tried again: others are still to go, one of which may stand in its way."""
    others = [
        step
        for step in found["_steps"]
        if step["verb"] == "DELETE" and step is not failed and step["state"] in ("Waiting", "Running")
    ]
    if not others or failed.get("tries", 0) > len(found["_steps"]):
        return False
    latest = max(float(step.get("due", failed["begun"])) for step in others)
    failed |= {"tries": failed.get("tries", 0) + 1, "after": max(latest, failed["begun"])}
    failed.pop("begun")
    return True
