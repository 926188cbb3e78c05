"""The az commands for role definitions, found by their name, and role assignments, found by list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wizard.plan import Ref, Resource
from wizard.render.az_types import QUIET
from wizard.render.az_words import Taken, Words
from wizard.render.shell import Json, Var, Word, command, here, jmespath, joined, word

_SETS = {
    "actions": "Actions",
    "notActions": "NotActions",
    "dataActions": "DataActions",
    "notDataActions": "NotDataActions",
}
_KEPT = {"properties.assignableScopes": "AssignableScopes", "properties.description": "Description"}
_FIELDS = {"AssignableScopes": "assignableScopes", "Description": "description"}


def definition(resource: Resource, words: Words) -> list[str] | None:
    """Return the lines that create or update a role definition; None where its body has more than the CLI knows."""
    shape = _cli_form(resource, words)
    if shape is None:
        return None
    lines = look_up(resource, words)
    identity = words.variable(Ref(resource.key, "id"))
    for path in resource.keeps if resource.updates else ():
        told = _KEPT.get(path)
        if told is None:
            return None
        lines += _kept(resource, words, told, shape)
    lines += here(words.file(resource), {"Id": identity, **shape})
    given = ("--role-definition", words.file(resource))
    lines.append(f"if [[ -z {word(identity)} ]]; then")
    tail = ')"'
    head = f'  {identity.name}="$(az role definition create'
    lines += command(head, *given, "--query", "id", "--output", "tsv", tail=tail)
    lines += ["else", *command("az role definition update", *given, *QUIET, indent="  "), "fi"]
    return lines


def look_up(resource: Resource, words: Words) -> list[str]:
    """Return the lines that find a role definition by its name, and leave the variable empty where there is none."""
    identity = words.variable(Ref(resource.key, "id"))
    query = joined(_by_name(resource, words), ".id | [0]")
    head = f'{identity.name}="$(az role definition list'
    return command(head, *_where(resource), "--query", query, "--output", "tsv", tail=')"')


def _by_name(resource: Resource, words: Words) -> Word:
    name = words.word(resource.body["properties"]["roleName"])
    return joined("[?roleName==", jmespath(name if isinstance(name, (str, Var)) else str(name)), "]")


def _where(resource: Resource) -> tuple[str, ...]:
    return ("--scope", resource.stands_on, "--custom-role-only", "true")


def _kept(resource: Resource, words: Words, told: str, shape: dict[str, Any]) -> list[str]:
    """What stays as it stands in Azure is read first; a new role gets the plan's."""
    name = f"{resource.key}_{told}"
    query = joined(_by_name(resource, words), f" | [0].{_FIELDS[told]}")
    lines = command(
        f'{name}="$(az role definition list',
        *_where(resource),
        "--query",
        query,
        "--output",
        "json",
        tail=')"',
    )
    own = json.dumps(shape[told], ensure_ascii=False)
    shape[told] = Json(name)
    return [*lines, f'[[ -n "${name}" && "${name}" != null ]] || {name}={word(own)}']


def _cli_form(resource: Resource, words: Words) -> dict[str, Any] | None:
    """The role as the CLI's file has it: flat, with capitals (hopsworks.md 1.2)."""
    properties = resource.body.get("properties", {})
    every: list[Mapping[str, Any]] = list(properties.get("permissions") or ({},))
    permissions, others = every[0], every[1:]
    taken = Taken(resource.body)
    for path in ("roleName", "description", "type", "permissions", "assignableScopes"):
        taken.take(f"properties.{path}")
    known_type = properties.get("type", "CustomRole") == "CustomRole"
    if others or not taken.is_empty or set(permissions) - set(_SETS) or not known_type:
        return None
    name = words.word(properties["roleName"])
    shape: dict[str, Any] = {"Name": name, "RoleName": name, "Description": properties.get("description", "")}
    shape |= {told: list(permissions.get(own) or ()) for own, told in _SETS.items()}
    shape["AssignableScopes"] = [words.word(scope) for scope in properties["assignableScopes"]]
    return shape


def assignment(resource: Resource, words: Words) -> list[str] | None:
    """Return the lines that assign a role unless it is; None where the body has more than the CLI knows."""
    taken = Taken(resource.body)
    values = {name: taken.take(f"properties.{name}") for name in _ASSIGNMENT}
    if not taken.is_empty or not values["principalId"] or not values["roleDefinitionId"]:
        return None
    role, principal = (words.word(values[name]) for name in ("roleDefinitionId", "principalId"))
    scope = words.word(resource.stands_on)
    last = Var(f"{role.name}##*/") if isinstance(role, Var) else str(role).rsplit("/", 1)[-1]
    which = principal if isinstance(principal, (str, Var)) else str(principal)
    query = joined(
        "[?principalId==", jmespath(which), " && ends_with(roleDefinitionId, ", jmespath(last), ")].id"
    )
    head = '[[ -n "$(az role assignment list'
    lines = command(
        head,
        "--scope",
        scope,
        "--fill-principal-name",
        "false",
        "--query",
        query,
        "--output",
        "tsv",
        tail=')" ]] ||',
    )
    kind = values["principalType"] or "ServicePrincipal"
    given: list[Word] = ["--assignee-object-id", principal, "--assignee-principal-type", str(kind)]
    given += ["--role", role, "--scope", scope]
    for name in ("description", "condition", "conditionVersion"):
        if values[name]:
            given += [_ASSIGNMENT[name], str(values[name])]
    return [*lines, *command("patiently az role assignment create", *given, *QUIET, indent="  ")]


_ASSIGNMENT: Mapping[str, str] = {
    "principalId": "--assignee-object-id",
    "principalType": "--assignee-principal-type",
    "roleDefinitionId": "--role",
    "description": "--description",
    "condition": "--condition",
    "conditionVersion": "--condition-version",
}
