"""A guide for tests: switches, a text of several lines, a drawing, a sheet, and as many steps as the longest guide has."""

from __future__ import annotations

from wizard.answers import Answers
from wizard.context import CHAPTER
from wizard.drawing import Drawing, Part, Tone, line
from wizard.guide import Asking, Chapter, Finding, Findings, Guide, Kind, Question, Severity, Step
from wizard.plan import Kept, KeyPair, Plan, Ref, Removal, Resource, Share, SheetRow

MANY = 30
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"


async def _draw(asking: Asking) -> Drawing:
    """Draw what the switches mean; Azure is really asked, and refuses a subscription that is none."""
    answers = asking.answers
    asked = answers.text("draw_of") or answers.text("subscription")
    groups = await asking.azure.arm.read_all(f"/subscriptions/{asked}/resourceGroups", "2022-09-01")
    backups = answers.get("backups") is True
    told = Part("allowed", Tone.GOOD) if backups else Part("DENIED", Tone.BAD)
    return Drawing(
        "What Hopsworks may do",
        (
            line("Snapshots                Verdict    Decided by", Tone.HEAD),
            (Part("┌ write and delete       "), told, Part("    the switch “Backups”", Tone.MUTED)),
            (Part("└ ████████░░░░░░░░       "), Part(f"{len(groups)} groups", Tone.WARNING)),
        ),
    )


async def _look(asking: Asking) -> Findings:
    name = asking.answers.text("cluster")
    if name != "taken":
        return (Finding(Severity.OK, "cluster", f"“{name}” is free.", facts={"cluster_exists": ""}),)
    return (
        Finding(Severity.ERROR, "cluster", "“taken” is taken.", "A name is given once.", "Take another."),
    )


SWITCHES = Step(
    "1.1",
    "Switches",
    "What Hopsworks may do for you. Each switch takes rights away or adds them.",
    (
        Question("backups", "Backups", Kind.SWITCH, rule="Hopsworks makes and restores them.", default=True),
        Question("public_ip", "Public addresses", Kind.SWITCH, rule="Head nodes get one.", default=False),
        Question("asked", "No default", Kind.SWITCH, required=False),
        Question("draw_of", "Draw of", required=False),
    ),
    makes="2 custom roles",
    drawing=_draw,
)
LINES = Step(
    "1.2",
    "Role",
    "Paste the role as Hopsworks shows it.",
    (
        Question("role_json", "Role", Kind.LINES, rule="JSON or bare lines.", required=False),
        Question("cluster", "Cluster", default="demo", checks=(_look,), rule="A name."),
    ),
)
MORE = tuple(
    Step(
        f"2.{number}",
        f"Page {number} of the form",
        "A page of the form, as the document shows it.",
        (
            Question(f"field_{number}", "Field", default=f"value {number}"),
            Question(f"size_{number}", "Size", Kind.INTEGER, default=number),
            Question(f"keep_{number}", "Keep", Kind.SWITCH, default=True),
        ),
    )
    for number in range(1, MANY + 1)
)
LAST = Step("3", "Key", "The key.", (Question("key_file", "File", default="~/.ssh/demo_rsa"),))


def share(answers: Answers) -> Share:
    """Return what the answers come to: an identity, a key pair, and a sheet of two pages."""
    subscription = answers.text("subscription")
    if not subscription:
        return Share()
    group = f"/subscriptions/{subscription}/resourceGroups/rg-vision"
    identity = Resource(
        "identity",
        IDENTITY,
        "2023-01-31",
        answers.text("cluster") or "demo",
        group,
        answers.text("cluster"),
        {"location": "westeurope"},
        step="1.2",
        reads={"principal_id": "properties.principalId"},
    )
    return Share(
        resources=(identity,),
        kept=(Kept("rg-vision", group, "the group"),),
        keys=(KeyPair("ssh_pair", "demo key", answers.text("key_file")),),
        sheet=(
            SheetRow("General", "Cluster name", answers.text("cluster"), "3 to 20 characters"),
            SheetRow("General", "Region", "westeurope"),
            SheetRow("Cloud account", "Managed identity", Ref("identity", "id")),
            SheetRow("Cloud account", "Principal", Ref("identity", "principal_id")),
        ),
    )


def plan(answers: Answers) -> Plan:
    """Return the plan."""
    return Plan.of("small", answers.text("tenant"), answers.text("subscription"), share(answers))


def changing(_answers: Answers) -> Plan:
    """Return a plan with a change and a removal."""
    role = Resource(
        "role", "Microsoft.Authorization/roleDefinitions", "2022-04-01", "x", "/s", "old role", updates=True
    )
    gone = Removal("gone", "Microsoft.Authorization/roleAssignments", "2022-04-01", "/s/a", "Owner on /s")
    return Plan("small", "t", "s", resources=(role,), removals=(gone,))


GUIDE = Guide(
    "small",
    "Small",
    "A guide for tests.",
    "https://example.com",
    (
        CHAPTER,
        Chapter("1", "Rights", (SWITCHES, LINES)),
        Chapter("2", "Form", MORE),
        Chapter("3", "Key", (LAST,)),
    ),
    plan,
)
