"""Reading a role that somebody pastes: any of Azure's JSON forms, a list, or bare lines; every fault is told with its line.

Forms: the CLI's file (``Actions`` at the top), the portal's (``properties.permissions[]``), an ARM resource,
what ``az role definition list`` prints, a bare list of actions, and one action a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from wizard.roles import lenient
from wizard.roles.lenient import Member, Node, Unreadable
from wizard.roles.role import PARTS, Role

_ACTION = re.compile(r"\*|[A-Za-z0-9*][A-Za-z0-9.*-]*(/[A-Za-z0-9_.*$:{}-]+)+")
_COMMENT = re.compile(r"(?:^|(?<=\s))(?://|#)")
_BULLET = re.compile(r"[-•+*]\s+")
_AROUND = " \t\"'`,;“”"
_MOST_WILDCARDS = 6
_LONGEST = 512
# After blanks and comments: a bracket, or a key without its outer braces.
_JSON = re.compile(
    r"""(?:[\s\ufeff]|//[^\n]*\n|\#[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*(?:[\[{]|["“][A-Za-z]+["”]\s*:)"""
)
_MEANT = {
    "action": "actions",
    "notaction": "notActions",
    "dataaction": "dataActions",
    "notdataaction": "notDataActions",
}
_LISTS = {part.casefold(): part for part in PARTS}
_TEXTS = {"name": "name", "rolename": "name", "description": "description"}
_WRAPS = frozenset({"properties", "permissions"})
_SILENT = frozenset(
    {
        "id", "type", "roletype", "iscustom", "apiversion", "createdon", "updatedon", "createdby", "updatedby", "condition",
        "conditionversion", "$schema", "contentversion", "scope", "dependson",
    }
)  # fmt: skip
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell about a line: what is wrong there, or what was put right."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a pasted text says. With `faults` the role is not to be used; `mended` was put right and is told."""

    role: Role
    faults: tuple[Remark, ...] = ()
    mended: tuple[Remark, ...] = ()


@lru_cache(maxsize=16)
def read_role(text: str) -> Reading:
    """Read a role in any of its forms. Nothing is raised: all that is wrong is in the faults."""
    collector = _Collector()
    try:
        if _JSON.match(text):
            collector.take(lenient.read(text))
        elif len(text) > lenient.MOST_CHARACTERS:
            lenient.read(text)  # says how long it may be
        else:
            collector.take_lines(text)
    except Unreadable as fault:
        return Reading(Role(), (Remark(fault.line, str(fault)),))
    return collector.reading()


class _Collector:
    """Gathers a role from wherever its parts stand."""

    def __init__(self) -> None:
        self._lists: dict[str, list[str]] = {part: [] for part in PARTS}
        self._texts: dict[str, str] = {}
        self._scopes: list[str] = []
        self._faults: list[Remark] = []
        self._mended: list[Remark] = []
        self._seen: set[tuple[str, str]] = set()

    def reading(self) -> Reading:
        if not any(self._lists.values()) and not self._faults:
            self._fault(1, "There are no actions in it.")
        if len(self._faults) > _MOST_FAULTS:
            more = len(self._faults) - _MOST_FAULTS
            last = self._faults[_MOST_FAULTS].line
            self._faults[_MOST_FAULTS:] = [Remark(last, f"From here on there are {more} more faults.")]
        role = Role(
            name=self._texts.get("name", ""),
            description=self._texts.get("description", ""),
            actions=tuple(self._lists["actions"]),
            not_actions=tuple(self._lists["notActions"]),
            data_actions=tuple(self._lists["dataActions"]),
            not_data_actions=tuple(self._lists["notDataActions"]),
            scopes=tuple(self._scopes),
        )
        return Reading(role, tuple(self._faults), tuple(self._mended))

    def take(self, node: Node) -> None:
        """Take whatever stands at the top: an object, a list of actions, or a list that holds one role."""
        if node.is_object:
            self._members(node)
        elif any(item.is_object for item in node.items):
            self._one_of(node)
        elif node.is_list:
            self._actions("actions", node)
        else:
            self._fault(node.line, "This is no role: an object or a list is wanted.")

    def take_lines(self, text: str) -> None:
        for number, line in enumerate(text.splitlines(), 1):
            comment = _COMMENT.search(line)
            bare = (line[: comment.start()] if comment else line).strip(_AROUND)
            action = _BULLET.sub("", bare, count=1) if _BULLET.match(bare) else bare
            if action.strip(_AROUND):
                self._action("actions", action.strip(_AROUND), number)

    def _one_of(self, node: Node) -> None:
        objects = [item for item in node.items if item.is_object]
        if len(node.items) > 1:
            self._fault(node.items[1].line, f"There are {len(node.items)} entries; one role is wanted.")
            return
        self._members(objects[0])

    def _members(self, node: Node) -> None:
        for member in node.members:
            key = member.key.casefold()
            if key in _LISTS:
                self._actions(_LISTS[key], member.node)
            elif key in _MEANT:
                self._mended.append(Remark(member.line, f"“{member.key}” is read as “{_MEANT[key]}”."))
                self._actions(_MEANT[key], member.node)
            elif key in _WRAPS or key == "resources":
                self._inside(member)
            else:
                self._plain(key, member)

    def _inside(self, member: Member) -> None:
        if member.node.is_object:
            self._members(member.node)
        elif member.node.is_list and member.node.items:
            self._one_of(member.node)
        else:
            self._fault(member.line, f"“{member.key}” holds nothing.")

    def _plain(self, key: str, member: Member) -> None:
        if key == "assignablescopes":
            self._scopes += [str(item.value) for item in member.node.items]
        elif key in _TEXTS and isinstance(member.node.value, str):
            value = member.node.value
            if not (key == "name" and (_GUID.fullmatch(value) or value.startswith("["))):
                self._texts.setdefault(_TEXTS[key], value)
        elif key not in _SILENT and key not in _TEXTS:
            self._mended.append(Remark(member.line, f"“{member.key[:60]}” is no part of a role; left out."))

    def _actions(self, part: str, node: Node) -> None:
        if node.value is None:
            return
        if isinstance(node.value, str):
            self._mended.append(Remark(node.line, f"One action is read as a list of {part}."))
            self._action(part, node.value, node.line)
            return
        if not node.is_list:
            self._fault(node.line, f"“{part}” has to be a list.")
            return
        for item in node.items:
            if isinstance(item.value, str):
                self._action(part, item.value, item.line)
            else:
                self._fault(
                    item.line,
                    f"An action is a text, such as Microsoft.Compute/virtualMachines/read, in {part}.",
                )

    def _action(self, part: str, text: str, line: int) -> None:
        action = text.strip()
        if not _ACTION.fullmatch(action):
            self._fault(
                line, f"“{action[:80]}” is not an action such as Microsoft.Compute/virtualMachines/read."
            )
            return
        if len(action) > _LONGEST or action.count("*") > _MOST_WILDCARDS:
            what = f"at most {_LONGEST} characters and {_MOST_WILDCARDS} wildcards are read"
            self._fault(line, f"“{action[:40]}…” is too long, or has too many wildcards: {what}.")
            return
        if (part, action.casefold()) in self._seen:
            self._mended.append(Remark(line, f"{action} is there twice; kept once."))
            return
        self._seen.add((part, action.casefold()))
        self._lists[part].append(action)

    def _fault(self, line: int, what: str) -> None:
        self._faults.append(Remark(line, what))
