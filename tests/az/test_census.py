"""How much of the Azure CLI is asked: a hundred and fifty different commands, in the groups that the guides use."""

from __future__ import annotations

import re
from pathlib import Path

_COMMAND = re.compile(r'(?:az|cli|\.process|refused|asked = )\(?f?"((?:[a-z][a-z0-9-]* ?)+)')
_GROUPS = (
    "account", "acr", "ad", "aks", "cloud", "deployment", "group", "identity", "keyvault", "lock", "login", "network",
    "policy", "provider", "resource", "rest", "role", "sshkey", "stack", "storage", "tag", "vm",
)  # fmt: skip


def commands() -> set[str]:
    """The commands that the files of this folder call, without their arguments."""
    texts = [path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    return {found.strip() for text in texts for found in _COMMAND.findall(text)}


def test_a_hundred_and_fifty_commands_are_asked() -> None:
    assert len(commands()) >= 150, sorted(commands())


def test_every_group_that_the_guides_use_is_asked() -> None:
    asked = {command.split()[0] for command in commands()}
    assert [group for group in _GROUPS if group not in asked] == []
