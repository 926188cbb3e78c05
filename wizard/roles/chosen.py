"""Which rights Hopsworks shall have by the answers: the known lists, or the pasted one once it is confirmed."""

from __future__ import annotations

from dataclasses import replace

from wizard.answers import Answers
from wizard.roles.algebra import LIMITED, Switches, cross_of, without
from wizard.roles.parsing import read_role
from wizard.roles.role import Role


def pasted_role(answers: Answers) -> Role | None:
    """Return the pasted role, if there is one that can be read without a fault."""
    text = answers.text("role_json")
    reading = read_role(text) if text.strip() else None
    return None if reading is None or reading.faults else reading.role


def uses_pasted(answers: Answers) -> bool:
    """Whether the pasted list counts: there is one, and the person confirmed it."""
    return answers.get("use_pasted_role") is True and pasted_role(answers) is not None


def known_role(answers: Answers) -> Role:
    """Return the role by the lists that Hopsworks publishes, as these answers limit it."""
    return Role(actions=cross_of(answers))


def chosen_role(answers: Answers, scope: str) -> Role:
    """Return the whole cross-account role that these answers ask for, assignable at one scope.

    A confirmed pasted list stands in place of Hopsworks' full list; the switches take away from it alike.
    """
    role = known_role(answers)
    pasted = pasted_role(answers) if uses_pasted(answers) else None
    if pasted is not None:
        limited = answers.text("permission_profile") == LIMITED
        taken = Switches.of(answers).removed() if limited else frozenset[str]()
        role = replace(pasted, actions=without(pasted.actions, taken))
    name, description = answers.text("cross_role_name"), answers.text("cross_role_description")
    return replace(role, name=name, description=description, scopes=(scope,) if scope else ())


def onto(there: Role | None, wanted: Role) -> Role:
    """Return the wanted role as it is written over one that exists: what the person did not speak of stays.

    Assignable scopes, notActions and data actions are kept (read, modify, write).
    """
    if there is None:
        return wanted
    return replace(
        wanted,
        not_actions=wanted.not_actions or there.not_actions,
        data_actions=wanted.data_actions or there.data_actions,
        not_data_actions=wanted.not_data_actions or there.not_data_actions,
        scopes=there.scopes or wanted.scopes,
    )


def role_in_azure(answers: Answers) -> Role | None:
    """Return the role of the chosen name as the last check read it; None when there is none."""
    written = str(answers.get("cross_role_in_azure", ""))
    return read_role(written).role if answers.get("cross_role_guid") and written else None
