"""First document, step 4: all pages of Hopsworks' cluster form, each question with its rule and its live check."""

from __future__ import annotations

from collections.abc import Callable

from wizard.answers import Answers, Value
from wizard.checks import machines, machines_picture
from wizard.guide import Choice, Kind, Question, Step
from wizard.guides.hopsworks import cluster_checks as fits
from wizard.guides.hopsworks import cluster_shapes as shapes
from wizard.guides.hopsworks.cluster_manual import manual
from wizard.guides.hopsworks.cluster_rondb import RONDB
from wizard.guides.hopsworks.form import SHEBANG, allowed, autoscales, truth
from wizard.guides.hopsworks.sheet import rows
from wizard.guides.hopsworks.where import classic_or_managed, group_id, is_managed
from wizard.plan import Share
from wizard.shapes import between, length, printable

SIZE_COLUMNS = ("vCPUs", "Memory", "GPUs", "vCPUs left")


def size_question(key: str, prompt: str, told_as: str, *, wanted: Callable[[Answers], bool]) -> Question:
    """Return the question for a size: picked from what the region offers and the quota leaves."""
    return Question(
        key,
        prompt,
        Kind.PICK,
        rule="A size that the region offers, with enough quota left.",
        default=lambda answers: str(answers.get(told_as, "")) or fits.default_size(key),
        offers=machines.offer_sizes(),
        checks=(machines.quota_for(key, fits.wanted_machines),),
        wanted=wanted,
        columns=SIZE_COLUMNS,
    )


def _always(_answers: Answers) -> bool:
    return True


def _static(answers: Answers) -> bool:
    return not autoscales(answers)


def _default_name(answers: Answers) -> Value:
    return answers.text("resource_group") or "hopsworks"


def _default_public(answers: Answers) -> bool:
    return allowed(answers, "public_ip")


def _default_static(answers: Answers) -> bool:
    return truth(answers, "restrict_outbound") and bool(answers.text("static_ips"))


GENERAL = Step(
    "4.1",
    "Cluster",
    "Hopsworks' own form can't be filled by Azure. Azimuth asks what the form asks, checks it against Azure, and "
    "gives you a sheet to copy from and a Terraform file. Group and region are those of step 0.4.",
    (
        Question(
            "cluster_name",
            "Name of the cluster",
            rule="Unique in your Hopsworks account; letters, digits, blanks, - and _ are safe.",
            default=_default_name,
            shape=(length(1, 100), printable),
            checks=(fits.name_is_plain, machines.propose("cluster_name", fits.PREFERENCES)),
        ),
    ),
)

HEAD = Step(
    "4.2",
    "Head node",
    "The machine that runs the services and the user interface.",
    (
        size_question("head_type", "Size", "head_default", wanted=_always),
        Question(
            "head_disk",
            "Local disk in GB",
            Kind.INTEGER,
            rule="512 is what Hopsworks proposes; 256 at the least.",
            default=512,
            shape=(shapes.head_disk,),
        ),
        Question(
            "des_id",
            "Disk encryption set",
            Kind.PICK,
            rule="Only for disks with a key of your own; the 2021 form does not ask for it.",
            offers=machines.offer_disk_sets,
            shape=(shapes.disk_set,),
            checks=(machines.disk_set,),
            wanted=is_managed,
            required=False,
            columns=("Resource group", "Region"),
            takes_own=True,
        ),
    ),
)

LOGS = Step(
    "4.3",
    "Storage and logs",
    "Storage account, container and registry are those of chapter 2; the container has to be empty.",
    (
        Question(
            "no_log_collection",
            "Keep logs from Hopsworks",
            Kind.SWITCH,
            rule="Yes opts out of log collection: you will not get full support.",
            default=False,
        ),
    ),
    wanted=is_managed,
)

WORKERS = Step(
    "4.4",
    "Workers",
    "The machines that jobs run on. Their number may be changed later.",
    (
        Question(
            "autoscale",
            "Start and stop by load",
            Kind.SWITCH,
            rule="Instead of a fixed number.",
            default=False,
        ),
        size_question("worker_type", "Size", "worker_default", wanted=_always),
        Question(
            "worker_count",
            "How many",
            Kind.INTEGER,
            rule="0 or more.",
            default=1,
            shape=(shapes.at_least(0, "Workers"),),
            checks=(machines.quota_for("worker_type", fits.wanted_machines, "worker_count"),),
            wanted=_static,
        ),
        Question(
            "autoscale_min",
            "At least",
            Kind.INTEGER,
            rule="0 or more.",
            default=0,
            shape=(shapes.at_least(0, "Workers"),),
            wanted=autoscales,
        ),
        Question(
            "autoscale_max",
            "At most",
            Kind.INTEGER,
            rule="No fewer than at least.",
            default=10,
            shape=(shapes.at_least(0, "Workers"),),
            checks=(
                fits.workers_fit,
                machines.quota_for("worker_type", fits.wanted_machines, "autoscale_max"),
            ),
            wanted=autoscales,
        ),
        Question(
            "autoscale_standby",
            "Standby workers",
            rule="A number of 0 or more: 0.5 keeps half a worker ready for each that works.",
            default="0.5",
            shape=(shapes.standby,),
            wanted=autoscales,
        ),
        Question(
            "autoscale_wait",
            "Seconds before an idle worker stops",
            Kind.INTEGER,
            rule="0 or more.",
            default=300,
            shape=(shapes.at_least(0, "Seconds"),),
            wanted=autoscales,
        ),
        Question(
            "worker_disk",
            "Local disk in GB",
            Kind.INTEGER,
            rule="0 or more; 512 is what Hopsworks proposes.",
            default=512,
            shape=(shapes.disk,),
        ),
        Question(
            "spot", "Spot machines", Kind.SWITCH, rule="Cheaper, and Azure may take them back.", default=False
        ),
        Question(
            "spot_max_price",
            "Highest price in percent",
            Kind.INTEGER,
            rule="1 to 200 percent of the ordinary price.",
            default=100,
            shape=(between(1, 200),),
            wanted=lambda answers: truth(answers, "spot"),
        ),
        Question(
            "spot_fall_back",
            "Else ordinary ones",
            Kind.SWITCH,
            rule="Whether ordinary machines are taken when there are no spot ones.",
            default=True,
            wanted=lambda answers: truth(answers, "spot"),
        ),
    ),
)

BACKUP = Step(
    "4.5",
    "Key, identity and backups",
    "SSH key and managed identity are those of chapters 3 and 2; the form wants their names. How long backups are "
    "kept can't be changed later.",
    (
        Question(
            "backup_retention",
            "Days that backups are kept",
            Kind.INTEGER,
            rule="It can't be changed after the cluster is made.",
            default=0,
            shape=(shapes.retention,),
            checks=(fits.backups_fit,),
        ),
    ),
)

ADDRESS = Step(
    "4.6",
    "Network of the cluster",
    "Virtual network, subnet and security group are those of steps L1 and L2; the form lists them by name.",
    (
        Question(
            "attach_public_ip",
            "Attach Public IP",
            Kind.SWITCH,
            rule="No leaves the head node to the network's own machines.",
            default=_default_public,
            checks=(fits.address_fits,),
        ),
        Question(
            "use_static_ips",
            "Use static IPs",
            Kind.SWITCH,
            rule="Yes makes Hopsworks call from two fixed addresses, which the form shows.",
            default=_default_static,
        ),
    ),
)

USERS = Step(
    "4.7",
    "Users",
    "Who keeps the users of the cluster.",
    (
        Question(
            "user_mgmt",
            "User management",
            Kind.CHOICE,
            rule="Managed, LDAP, OAuth2 (3.x) or disabled.",
            default=fits.default_users,
            choices=(
                Choice("managed", "managed by Hopsworks", "People sign in with their Hopsworks account."),
                Choice("ldap", "LDAP", "Your directory; set up in Hopsworks."),
                Choice(
                    "oauth2", "OAuth2", "Your identity provider, such as Microsoft Entra ID; newer versions."
                ),
                Choice("disabled", "disabled", "Users are made by hand in the cluster."),
            ),
            checks=(fits.users_fit,),
        ),
    ),
)

MORE = Step(
    "4.9",
    "Tags and init script",
    "Tags go on every resource that Hopsworks makes; the script runs on every machine when it starts.",
    (
        Question(
            "tags",
            "Tags",
            Kind.LINES,
            rule="NAME=VALUE on each line; at most 50, names of 512 and values of 256 characters.",
            shape=(shapes.tags,),
            required=False,
            placeholder="Purpose=research",
        ),
        Question(
            "init_script",
            "Init script",
            Kind.LINES,
            rule="A script for bash; it runs on every machine when it starts.",
            shape=(shapes.init_script,),
            required=False,
            placeholder=SHEBANG,
        ),
    ),
    wanted=is_managed,
)

REVIEW = Step(
    "4.10",
    "Review",
    "The sheet holds every field in the form's order, ready to be copied; the same as a Terraform file and as the body "
    "of an API call are among the exports. An API key is never written: Terraform reads it from HOPSWORKSAI_API_KEY.",
    checks=(fits.machines_summed,),
    drawing=machines_picture.machines_picture(fits.wanted_machines),
    manual="create the cluster in Hopsworks' form, or with the Terraform file",
    more="After Create the cluster boots for some minutes, up to 45; then address, user and password are shown once. If it "
    "fails: the role may need up to 30 minutes to reach everywhere; the container may hold data; the subnet may have no way "
    "out; port 80 may be shut; the identity may lack its role on the storage account.",
)

STEPS: tuple[Step, ...] = (GENERAL, HEAD, LOGS, WORKERS, BACKUP, ADDRESS, USERS, RONDB, MORE, REVIEW)
NEXT: tuple[Step, ...] = (
    Step(
        "6",
        "Next steps",
        "Quick start, guides for users and examples are at https://docs.hopsworks.ai; the pages that the document links to "
        "are old. Address, user and first password of the cluster are shown once, in Hopsworks.",
        wanted=classic_or_managed,
    ),
)
"""Step 6 is information alone; it stands in a chapter of its own."""


def share(answers: Answers) -> Share:
    """Return what step 4 adds to the plan: nothing of Azure, but the sheet and what stays for a person to do."""
    if not classic_or_managed(answers) or not group_id(answers):
        return Share()
    return Share(sheet=rows(answers), manual=manual(answers))


__all__ = ["NEXT", "STEPS", "share"]
