"""Readers of JSON: Python's, node's, terraform itself, and the rule by which a development container expands its file."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.readers.matrix import Reader, ReaderError, Task
from tests.readers.programs import needs, ran

_NODE = "console.log(JSON.stringify(JSON.parse(require('fs').readFileSync('variables', 'utf8'))))"
_TO_EXPAND = re.compile(r"\$\{(.*?)\}", re.DOTALL)


def _bytes(values: Mapping[str, str]) -> dict[str, bytes]:
    return {name: value.encode("utf-8", "surrogatepass") for name, value in values.items()}


def _python(task: Task) -> dict[str, bytes]:
    return _bytes(json.loads(task.text))


def _node(task: Task) -> dict[str, bytes]:
    assert task.file.exists()
    return _bytes(json.loads(ran(task, ["node", "-e", _NODE])))


def _terraform(task: Task) -> dict[str, bytes]:
    """What `terraform console` holds after it has read the file, told in base64 so that it quotes nothing."""
    (task.folder / "variables.auto.tfvars.json").write_bytes(task.text)
    declared = "".join(f'variable "{name}" {{\n  type = string\n}}\n' for name in task.names)
    (task.folder / "main.tf").write_text(declared)
    wanted = ", ".join(f"base64encode(var.{name})" for name in task.names)
    more = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": "/dev/null"}
    told = ran(task, ["terraform", "console"], f'join(",", [{wanted}])\n'.encode(), more)
    quoted = told.decode().strip().splitlines()[-1]
    parts = quoted.strip('"').split(",")
    if len(parts) != len(task.names):
        raise ReaderError(f"terraform told {len(parts)} values of {len(task.names)}")
    return {name: base64.b64decode(part) for name, part in zip(task.names, parts, strict=True)}


def _container(task: Task) -> dict[str, bytes]:
    """containerEnv as it is but for ${…}; a secret is in remoteEnv by reference, and comes from the opener's environment."""
    shape: dict[str, Any] = json.loads(task.text)
    found: dict[str, bytes] = {}
    for name, value in shape["containerEnv"].items():
        if _TO_EXPAND.search(value):
            raise ReaderError(f"{name} would be expanded")
        found[name] = value.encode()
    return found


def _container_secrets(values: Callable[[], Mapping[str, str]]) -> Callable[[Task], dict[str, bytes]]:
    def read(task: Task) -> dict[str, bytes]:
        shape: dict[str, Any] = json.loads(task.text)
        given = {f"V{number}": value for number, value in enumerate(values().values())}
        found = {
            name: given[_TO_EXPAND.fullmatch(value)[1].removeprefix("localEnv:")].encode()  # type: ignore[index] # no match is a failure
            for name, value in shape["remoteEnv"].items()
        }
        inside = [value for value in given.values() if len(value) > 8 and value in task.text.decode()]
        if inside or shape["containerEnv"]:
            raise ReaderError(f"the file holds secrets: {inside}")
        return found

    return read


def readers(values: Callable[[], Mapping[str, str]]) -> Iterator[Reader]:
    """All of them; `values` are what the environment of a container's opener holds."""
    yield Reader("python", "json", _python)
    yield Reader("node", "json", _node, needs("node"))
    yield Reader("python", "tfvars-json", _python)
    yield Reader("terraform console", "tfvars-json", _terraform, needs("terraform"))
    rule = "devcontainers/cli, variableSubstitution.ts"
    yield Reader("containerEnv", "devcontainer", _container, port=rule)
    yield Reader("remoteEnv", "devcontainer", _container_secrets(values), secret=True, port=rule)
