"""A plan as commands of the Azure CLI: the guide's own, in its order, safe to run as often as one likes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator

from wizard.plan import (
    DirectoryObject,
    Kept,
    KeyPair,
    Known,
    Manual,
    Plan,
    Ref,
    Removal,
    Resource,
    Unknown,
    resolve,
)
from wizard.render import az_directory, az_roles, az_types
from wizard.render.az_words import ASSIGNMENT, ROLE, Words
from wizard.render.kinds import kind
from wizard.render.order import Thing, ranks, refs, things
from wizard.render.shell import Var, Word, banner, command, comment, here, joined, word
from wizard.text import clean

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ENSURE = """\
# Makes a resource from a file with its body unless it is there, and waits until Azure has finished.
ensure() { # ARM id, API version, file
  az resource show --ids "$1" --api-version "$2" --output none 2>/dev/null || put "$@"
}

put() { # ARM id, API version, file
  local state
  az rest --method put --url "$1?api-version=$2" --headers Content-Type=application/json --body "@$3" --output none
  until state="$(az resource show --ids "$1" --api-version "$2" \\
    --query "properties.provisioningState || 'Succeeded'" --output tsv)" && [[ "$state" == Succeeded ]]; do
    if [[ "$state" == Failed || "$state" == Canceled ]]; then return 1; fi
    sleep 3
  done
}"""
_PATIENTLY = """\
# What was made a moment ago is not known everywhere at once: tries again for two minutes.
patiently() {
  local left
  for left in 11 10 9 8 7 6 5 4 3 2 1; do
    "$@" && return
    echo "Not yet; another try in 10 seconds ($left left)." >&2
    sleep 10
  done
  "$@"
}"""
_FOLDER = ['folder="$(mktemp -d)"', "trap 'rm -rf \"$folder\"' EXIT"]


def script(plan: Plan, known: Known, title: str) -> str:
    """Return the plan as a bash script with the guide's own commands, step by step.

    It makes what is not there and leaves what is. Ids that only Azure knows are read into variables while it runs,
    so that the script also serves for another subscription's rehearsal. It holds no secret.

    Raises:
        Unknown: a name is derived from something that only Azure knows, and its type has no lookup.
    """
    words = Words(plan, known)
    parts = list(_parts(plan, words))
    body = "\n\n".join("\n".join(lines) for lines in parts)
    return "\n\n".join(("\n".join(_head(plan, title)), *_functions(body), body, *_end(plan))) + "\n"


def commands(plan: Plan, objects: Collection[str], known: Known) -> str:
    """Return commands for just these objects of the plan, to be pasted by somebody else.

    What they refer to is written as its value where it is known, else looked up, else left to be filled in.

    Raises:
        Unknown: as `script`.
    """
    words = Words(plan, known)
    wanted = [thing for thing in things(plan, known) if thing.key in objects]
    parts = [[*comment(_title(thing)), *_made(thing, words)] for thing in wanted]
    first = [line for ref in list(words.used) if ref.object not in objects for line in _given(ref, words)]
    body = "\n\n".join("\n".join(lines) for lines in ([first] if first else []) + parts)
    folder = ["\n".join(_FOLDER[:1])] if "$folder" in body or "${folder}" in body else []
    return "\n\n".join((*folder, *_functions(body), body)) + "\n"


def _head(plan: Plan, title: str) -> list[str]:
    return [
        "#!/usr/bin/env bash",
        *comment(title),
        "# Needs the Azure CLI, signed in by `az login`. What is there already stays, so it can be run again.",
        "set -euo pipefail",
        "export AZURE_CORE_ONLY_SHOW_ERRORS=true",
        "",
        *command("az account set", "--subscription", plan.subscription),
        *_FOLDER,
    ]


def _functions(body: str) -> list[str]:
    named = (("ensure ", "put "), _ENSURE), (("patiently ",), _PATIENTLY)
    lines = [line.strip() for line in body.split("\n")]
    return [text for names, text in named if any(line.startswith(names) for line in lines)]


def _parts(plan: Plan, words: Words) -> Iterator[list[str]]:
    """The parts of the script, one for each step, in the guide's order."""
    if plan.providers:
        yield [*banner("Resource providers"), *(line for one in plan.providers for line in _provider(one))]
    rank = ranks(plan)
    told: tuple[Kept | Manual, ...] = (*plan.kept, *plan.manual)
    waiting = sorted(told, key=lambda one: rank.get(one.step, ()))
    for thing in things(plan, words.known):
        while waiting and rank.get(waiting[0].step, ()) < rank.get(thing.step, ()):
            yield _told(waiting.pop(0))
        yield [*banner(_title(thing)), *_made(thing, words), *_read(thing, plan, words)]
    yield from map(_told, waiting)


def _title(thing: Thing) -> str:
    match thing:
        case DirectoryObject():
            what = f"{thing.kind.value} {thing.label}"
        case KeyPair():
            what = f"key pair {thing.label}"
        case Removal():
            what = f"remove {thing.label}"
        case _:
            what = f"{kind(thing.type)} {thing.label}"
    return f"Step {thing.step}: {what}" if thing.step else what


def _told(told: Kept | Manual) -> list[str]:
    if isinstance(told, Kept):
        return comment(f"Step {told.step}: {told.label} stays as it is: {told.id}")
    text = f"Step {told.step}, by hand: {told.title}. {told.text}"
    # A command stays on its line: it is there to be copied.
    return [*comment(text), *(f"#     {line}" for line in clean(told.command).split("\n") if told.command)]


def _provider(namespace: str) -> list[str]:
    shown = ("--namespace", namespace, "--query", "registrationState", *az_directory.TSV)
    lines = command('[[ "$(az provider show', *shown, tail=')" == Registered ]] ||')
    return [*lines, *command("az provider register", "--namespace", namespace, "--wait", indent="  ")]


def _made(thing: Thing, words: Words) -> list[str]:
    match thing:
        case DirectoryObject():
            return az_directory.made(thing, words)
        case KeyPair():
            return _key_pair(thing, words)
        case Removal():
            given = ("--ids", thing.id, "--api-version", thing.api_version, *az_types.QUIET)
            shown = command("if az resource show", *given, tail=" 2>/dev/null; then")
            return [*shown, *command("az resource delete", *given, indent="  "), "fi"]
    return _resource(thing, words)


def _resource(resource: Resource, words: Words) -> list[str]:
    own: dict[str, Callable[[Resource, Words], list[str] | None]] = {
        ROLE: az_roles.definition,
        ASSIGNMENT: az_roles.assignment,
    }
    lines = own.get(resource.type.lower(), az_types.made)(resource, words)
    if lines is not None:
        return lines
    if resource.updates:
        return _updated(resource, words)
    file = here(words.file(resource), words.body(resource.body))
    verb = "put" if resource.name == "default" or str(resource.name).endswith("/default") else "ensure"
    return [*file, *command(verb, words.id(resource), resource.api_version, words.file(resource))]


def _updated(resource: Resource, words: Words) -> list[str]:
    """Change what stands there property by property; the CLI reads it before and writes the whole."""
    file = here(words.file(resource), words.body(resource.body))
    given: list[Word] = [
        "--ids",
        words.id(resource),
        "--api-version",
        resource.api_version,
    ]
    sets: list[Word] = []
    for path, value in _leaves(words.body(resource.body), ""):
        if not any(path == kept or path.startswith(f"{kept}.") for kept in resource.keeps):
            sets.append(joined(f"{path}=", value))
    if not sets:
        return []
    return [
        *command("if az resource show", *given, *az_types.QUIET, tail=" 2>/dev/null; then"),
        *command("az resource update", *given, "--set", *sets, *az_types.QUIET, indent="  "),
        "else",
        *file,
        *command("put", words.id(resource), resource.api_version, words.file(resource), indent="  "),
        "fi",
    ]


def _leaves(body: object, head: str) -> Iterator[tuple[str, Word]]:
    """What ``--set`` sets: paths with JSON, for it takes a bare ``30`` for a number."""
    if isinstance(body, dict) and body and all(_PATH.fullmatch(key) for key in body):
        for key, value in body.items():
            yield from _leaves(value, f"{head}.{key}" if head else key)
    elif isinstance(body, (Var, tuple)):
        yield head, body
    else:
        yield head, json.dumps(body, ensure_ascii=True)


def _key_pair(pair: KeyPair, words: Words) -> list[str]:
    """The private half is in a file that only its owner reads, made once and never replaced."""
    path = joined(Var("HOME"), pair.path[1:]) if pair.path.startswith("~/") else pair.path
    said = word(path)
    public = words.variable(Ref(pair.key, "public_key"))
    lines = [f"if [[ ! -e {said} ]]; then", f'  mkdir -p -m 700 "$(dirname {said})"']
    if pair.made_by == "azure":
        resource = words.thing(pair.resource)
        if not isinstance(resource, Resource):
            raise Unknown(f"{pair.resource}.id")
        url = joined(words.id(resource), f"/generateKeyPair?api-version={resource.api_version}")
        kind = joined('{"encryptionType":"', pair.algorithm, '"}')
        rest = ("--url", url, "--body", kind, "--query", "privateKey", *az_directory.TSV)
        lines += command("(umask 077 && az rest --method post", *rest, indent="  ", tail=f" > {said})")
        return [*lines, "fi"]
    size = (
        ("-t", "ed25519") if pair.algorithm.lower() == "ed25519" else ("-t", "rsa", "-b", "4096", "-m", "PEM")
    )
    lines += command("ssh-keygen -q", *size, "-N", "", "-C", _bare(pair.label), "-f", path, indent="  ")
    return [*lines, "fi", f'{public.name}="$(ssh-keygen -y -f {said})"']


def _bare(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum() or sign in "._-@") or "key"


def _read(thing: Thing, plan: Plan, words: Words) -> list[str]:
    """Fill the variables of a resource that others refer to."""
    if not isinstance(thing, Resource):
        return []
    others: tuple[Thing, ...] = (*plan.resources, *plan.directory)
    asked = {ref for other in others for ref in refs(other)}
    wanted = [ref for ref in asked if ref.object == thing.key and ref.field in thing.reads]
    return [line for ref in sorted(wanted, key=lambda ref: ref.field) for line in _reading(ref, thing, words)]


def _reading(ref: Ref, resource: Resource, words: Words) -> list[str]:
    head, *rest = az_types.read(resource, resource.reads[ref.field], words)
    return command(f'{words.variable(ref).name}="$({head}', *rest, tail=')"')


def _given(ref: Ref, words: Words) -> list[str]:
    """Fill a variable that the commands need and no command of theirs fills."""
    name = words.variable(ref).name
    thing = words.thing(ref.object)
    try:
        return [f"{name}={word(resolve(ref, words.known))}"]
    except Unknown:
        pass
    if isinstance(thing, DirectoryObject):
        return az_directory.look_up(thing, words)
    if isinstance(thing, KeyPair) and thing.made_by == "here":
        return _key_pair(thing, words)
    if isinstance(thing, Resource) and thing.type.lower() == ROLE:
        return az_roles.look_up(thing, words)
    if isinstance(thing, Resource) and ref.field in thing.reads:
        return _reading(ref, thing, words)
    return [
        f"{name}=''  # fill in: the {ref.field.replace('_', ' ')} of {name.removesuffix('_' + ref.field)}"
    ]


def _end(plan: Plan) -> list[str]:
    told = [f"{manual.step} {manual.title}".strip() for manual in plan.manual]
    if not told:
        return ["echo 'Done.'"]
    return [
        "\n".join(
            ["echo 'Done. By hand stays:'", *(f"echo {word('  ' + ' '.join(one.split()))}" for one in told)]
        )
    ]


__all__ = ["commands", "script"]
