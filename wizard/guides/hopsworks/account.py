"""Chapter 1 of the Hopsworks guide: its service principal, its role, the assignment, and the ids that it asks for."""

from __future__ import annotations

from dataclasses import replace

from wizard.answers import Answers
from wizard.checks import hopsworks_principal, roles
from wizard.drawing import Drawing, Line, Part, Tone, line
from wizard.guide import Asking, Choice, Finding, Findings, Kind, Question, Severity, Step
from wizard.guides.hopsworks.account_plan import own_role_guid, place, there_differs, written_role
from wizard.guides.hopsworks.where import HOPSWORKS_APP, role_scope
from wizard.roles.algebra import DOCS_3X, FULL, FULL_PROFILE, LIMITED
from wizard.roles.chosen import chosen_role, known_role, pasted_role, role_in_azure
from wizard.roles.picture import drawn
from wizard.roles.role import Role
from wizard.roles.writing import cli_json
from wizard.shapes import guid, length, printable

_MOST_DESCRIPTION = 2048


def _wanted(answers: Answers) -> Role:
    return chosen_role(answers, role_scope(answers))


def _has_pasted(answers: Answers) -> bool:
    role = pasted_role(answers)
    return role is not None and not role.same_rights(known_role(answers))


def _to_edit(answers: Answers) -> str | None:
    """The role as it would be written, for who wants to change it by hand."""
    if answers.get("edit_role") is not True:
        return None
    name, description = answers.text("cross_role_name"), answers.text("cross_role_description")
    return cli_json(
        replace(known_role(answers), name=name, description=description, scopes=(role_scope(answers),))
    )


async def _draw_role(asking: Asking) -> Drawing:
    answers = asking.answers
    return drawn(written_role(answers), role_in_azure(answers), full=len(FULL))


async def _draw_assignment(asking: Asking) -> Drawing:
    answers = asking.answers
    rows = (
        ("Who", "hopsworks.ai, the service principal of step 1.1"),
        ("", f"application id {answers.text('hopsworks_app_id')}"),
        ("What", f"role {answers.text('cross_role_name')} of step 1.2"),
        ("", f"{len(written_role(answers).actions)} actions"),
        ("Where", place(answers)),
    )
    return Drawing("Role assignment", tuple(_row(name, text) for name, text in rows))


async def _draw_ids(asking: Asking) -> Drawing:
    """The two ids for Hopsworks' form, and those that look right and are not."""
    answers = asking.answers
    own = str(answers.get("subscription_tenant", "")) or answers.text("tenant")
    lines = [_row("Subscription id", answers.text("subscription")), _row("Tenant ID", own)]
    managers = [one for one in str(answers.get("subscription_managed_by", "")).split(", ") if one]
    lines += [line(f"  not {one}: managing tenant, do not use", Tone.BAD) for one in managers]
    return Drawing("For Hopsworks' form", tuple(lines))


def _row(name: str, text: str) -> Line:
    return (Part(f"{name:<17}", Tone.MUTED), Part(text))


async def _assignable(asking: Asking) -> Findings:
    """Tell where else the role of that name may be assigned, and what an assignment cannot prove."""
    answers, step = asking.answers, "1.3"
    there = role_in_azure(answers)
    wider = [s for s in there.scopes if s.casefold() != role_scope(answers).casefold()] if there else []
    found = [Finding(Severity.OK, step, f"The role will be assigned on {place(answers)}.")]
    if answers.get("cross_assignment"):
        found = [Finding(Severity.OK, step, f"The role is assigned on {place(answers)} already.")]
    if wider:
        what = f"The role may also be assigned on {', '.join(s.rsplit('/', 1)[-1] for s in wider[:3])}."
        rule = "Changing it changes the rights of everybody who holds it there."
        found.append(Finding(Severity.INFO, step, what, rule))
    return tuple(found)


async def _right_ids(asking: Asking) -> Findings:
    """Give the subscription's own tenant id, and name those of managing tenants as wrong (step 1.3b)."""
    answers, step = asking.answers, "1.3b"
    own = str(answers.get("subscription_tenant", "")) or answers.text("tenant")
    managers = [one for one in str(answers.get("subscription_managed_by", "")).split(", ") if one]
    found = [Finding(Severity.OK, step, "Both ids are the subscription's own, as Azure tells them.")]
    entered = answers.text("tenant").casefold()
    for one in managers:
        if one.casefold() == entered != own.casefold():
            what = f"{one} is the id of a managing (Lighthouse) tenant. Use {own}."
            found.append(Finding(Severity.WARNING, step, what))
        else:
            what = f"{one} is a managing tenant, do not use it."
            found.append(
                Finding(Severity.INFO, step, what, "It stands below managedByTenants.", f"Use {own}.")
            )
    return tuple(found)


PRINCIPAL = Step(
    "1.1",
    "Service principal for Hopsworks",
    "The application of another company, Hopsworks, becomes a principal of your tenant. It has no rights until "
    "step 1.3, and you can take it away again at any time.",
    (
        Question(
            "hopsworks_app_id",
            "Application id of Hopsworks",
            rule="A GUID of 8-4-4-4-12 hex digits; the one that Hopsworks shows.",
            default=HOPSWORKS_APP,
            shape=(guid,),
            checks=(hopsworks_principal.principal,),
            more="It is the same in every tenant. Should Hopsworks ever show another one, paste its command below.",
        ),
        Question(
            "hopsworks_command",
            "Command that Hopsworks shows",
            Kind.LINES,
            rule="Optional: the command az ad sp create --id …, from which the id is taken.",
            required=False,
            checks=(hopsworks_principal.pasted_command,),
            more="In Hopsworks: Settings, Cloud Accounts, Azure, Configure (or Add subscription key).",
        ),
    ),
    makes="a service principal",
    more="It takes the directory role Application Administrator, Cloud Application Administrator or Global "
    "Administrator. Without it, Azimuth writes the command and a mail for somebody who has one, and goes on.",
)

ROLE = Step(
    "1.2",
    "Custom role",
    "What Hopsworks may do: start and stop machines, disks and network cards, and read what it needs to offer you. "
    "The full list is Hopsworks' own; the limited one follows the second document, in chapter L.",
    (
        Question(
            "permission_profile",
            "Permissions",
            Kind.CHOICE,
            rule="Full asks least of you; limited gives least away.",
            default=FULL_PROFILE,
            choices=(
                Choice(FULL_PROFILE, "full: 42 actions", "As Hopsworks asks for; it also makes the network."),
                Choice(LIMITED, "limited", "By the second document: seven switches in chapter L."),
                Choice(DOCS_3X, "docs 3.x: 30 actions", "The list printed in the documentation of 3.x."),
            ),
            more="The list of docs 3.x lacks powering off, restarting and opening ports. The documentation adds "
            "Microsoft.Authorization/roleAssignments/read for those who want Hopsworks to look at its own role: paste "
            "the list with it below.",
        ),
        Question(
            "cross_role_name",
            "Name of the role",
            Kind.PICK,
            rule="1 to 512 characters, unique in the tenant; upper and lower case are the same.",
            default="hopsworks.ai",
            offers=roles.offer_roles(role_scope),
            shape=(length(1, 512), printable),
            checks=(roles.role_of_that_name(role_scope, _wanted, own_role_guid),),
            takes_own=True,
            columns=("Actions",),
        ),
        Question(
            "cross_role_description",
            "Description",
            rule="At most 2048 characters.",
            default="Allows hopsworks.ai to start and manage clusters",
            shape=(length(1, _MOST_DESCRIPTION), printable),
        ),
        Question(
            "cross_role_when_there",
            "The role that is there",
            Kind.CHOICE,
            rule="A role of this name exists with other actions.",
            default="update",
            choices=(
                Choice("update", "update it to these actions", "The former role is kept; undo puts it back."),
                Choice("use", "use it as it is", "Hopsworks may then do what that role allows."),
            ),
            wanted=there_differs,
            more="For another name, change the name above. Updating takes 15 to 60 minutes to reach everywhere.",
        ),
        Question(
            "edit_role",
            "See and change it as JSON",
            Kind.SWITCH,
            rule="Yes: the role stands below as JSON, to change it line by line.",
            default=False,
        ),
        Question(
            "role_json",
            "The role, or the list from Hopsworks",
            Kind.LINES,
            rule="Optional: a role as JSON, a JSON list, or one action a line.",
            default=_to_edit,
            required=False,
            checks=(roles.pasted(known_role),),
            more="Hopsworks shows the list beside its command. The forms of the portal and of the CLI are understood, "
            "trailing commas and comments too.",
        ),
        Question(
            "use_pasted_role",
            "Use the pasted list",
            Kind.SWITCH,
            rule="Yes: the pasted list counts. No: the known one.",
            default=lambda answers: answers.get("edit_role") is True,
            wanted=_has_pasted,
        ),
    ),
    checks=(roles.operations_exist("1.2", _wanted),),
    makes="a role definition",
    drawing=_draw_role,
)

ASSIGNMENT = Step(
    "1.3",
    "Role assignment",
    "The role is given to the service principal, on the group or subscription of step 0.4. There is nothing to answer.",
    checks=(_assignable,),
    makes="a role assignment",
    drawing=_draw_assignment,
    more="In the portal: Access control (IAM), Add role assignment, User, group, or service principal, hopsworks.ai. "
    "The assignment points to the object id of the service principal, never to its application id. Whether Hopsworks "
    "can really act can't be tried from here: nobody else can sign in as it. If you are Role Based Access Control "
    "Administrator, a condition on your own role may forbid this one.",
)

IDS = Step(
    "1.3b",
    "Ids into Hopsworks",
    "Hopsworks asks for the subscription id and the tenant id. Paste both below Settings, Cloud Accounts, Azure, and "
    "press Finish.",
    (
        Question(
            "connected",
            "Hopsworks says connected",
            Kind.SWITCH,
            rule="Yes once you pasted both ids and pressed Finish. You can answer this later.",
            default=False,
        ),
    ),
    checks=(_right_ids,),
    manual="paste the ids into Hopsworks",
    drawing=_draw_ids,
    more="az account list prints a tenantId below managedByTenants as well: that is the tenant of somebody who manages "
    "the subscription for you, and it does not work here.",
)

STEPS = (PRINCIPAL, ROLE, ASSIGNMENT, IDS)
