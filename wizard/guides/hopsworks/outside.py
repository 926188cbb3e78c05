"""First document, step 5: which services are reached from outside, and the rules that open their ports."""

from __future__ import annotations

from wizard.answers import Answers
from wizard.checks import proving_cluster, security_groups
from wizard.checks.security_groups import placed
from wizard.guide import Asking, Finding, Findings, Kind, Question, Severity, Step
from wizard.guides.hopsworks.form import EXISTING, NEW, own_nsg, ports_by_hopsworks, public_head, truth
from wizard.guides.hopsworks.network_plan import makes_group, rule_resource
from wizard.guides.hopsworks.network_rules import (
    BY_HOPSWORKS,
    RISKY,
    SERVICES,
    opened_here,
    service_rules,
    service_setting,
    sources,
    wrong_sources,
)
from wizard.guides.hopsworks.where import classic_or_managed
from wizard.network.addresses import readable
from wizard.plan import Manual, Output, Proof, Resource, Share
from wizard.shapes import matches

_FACT = "service_rules"
_WIDE = 16  # a range of more than 65,536 addresses is as good as the Internet
_PROMPTS = {
    "open_ssh": ("SSH", "Port 22: a shell on the head node."),
    "open_feature_store": ("Feature store", "Ports 8020, 30010, 9083 and 9085: HDFS and Hive."),
    "open_online_feature_store": ("Online feature store", "Port 3306: MySQL."),
    "open_kafka": ("Kafka", "Port 9092."),
    "open_arrowflight": ("ArrowFlight", "Port 5005; Hopsworks' Services tab does not know it."),
    "open_opensearch": ("OpenSearch", "Port 9200; Hopsworks' Services tab does not know it."),
}


def opened(answers: Answers) -> tuple[str, ...]:
    """Return the keys of the services that are wanted."""
    return tuple(key for key, *_ in SERVICES if truth(answers, key))


def _by_us(answers: Answers) -> bool:
    return bool(opened_here(answers))


async def _wide_open(asking: Asking) -> Findings:
    """Warn of doors that the whole Internet tries: 22, 3306, 9092."""
    answers, key = asking.answers, "client_cidr"
    risky = sorted({port for rule in service_rules(answers) for port in rule.ports if port in RISKY}, key=int)
    ranges = sources(answers.text(key))
    wide = [text for text in ranges if text.lower() == "internet" or _is_wide(text)]
    if not risky or not wide:
        return ()
    ports = ", ".join(risky)
    what = f"Port{'s' if len(risky) > 1 else ''} {ports} would be open to {wide[0]}."
    mend = "Write the range that your people come from, such as 203.0.113.0/24."
    return (
        Finding(Severity.WARNING, key, what, "Machines that guess passwords try these ports all day.", mend),
    )


def _is_wide(text: str) -> bool:
    found = readable([text])
    return bool(found) and found[0].prefixlen < _WIDE


async def _who_opens(asking: Asking) -> Findings:
    """Say who opens the ports: Hopsworks by its Services tab, a rule of ours, or nobody."""
    answers, found = asking.answers, []
    wanted = opened(answers)
    theirs = [key for key in wanted if ports_by_hopsworks(answers) and key in BY_HOPSWORKS]
    if theirs:
        names = ", ".join(_PROMPTS[key][0] for key in theirs)
        what = f"Hopsworks opens {names} itself, to everyone: Services tab, tick, Update."
        found.append(Finding(Severity.INFO, "5", what))
        if {"open_ssh", "open_online_feature_store", "open_kafka"} & set(theirs):
            what = "Ports 22, 3306 and 9092 are then open to the Internet."
            mend = "Narrow their rules in the security group afterwards, or switch “ports from the UI” off in step L0."
            found.append(Finding(Severity.WARNING, "5", what, "", mend))
    rest = [key for key in wanted if key not in theirs]
    if rest and not own_nsg(answers):
        names = ", ".join(_PROMPTS[key][0] for key in rest)
        what = f"Nobody opens {names}: Hopsworks makes the security group, and may not or can't open them."
        found.append(Finding(Severity.ERROR, "5", what, "", "Take a security group of your own in step L2."))
    if wanted and not public_head(answers):
        what = "The head node has no public address: these ports answer within the network and its VPN alone."
        found.append(Finding(Severity.INFO, "5", what))
    return tuple(found)


def _switch(key: str) -> Question:
    prompt, rule = _PROMPTS[key]
    return Question(key, prompt, Kind.SWITCH, rule=rule, default=False)


STEPS: tuple[Step, ...] = (
    Step(
        "5",
        "Outside access",
        "The user interface and the REST API are reached at 443. Other services stay shut unless you open them: by "
        "Hopsworks' Services tab, or by rules in your own security group.",
        (
            *(_switch(key) for key, *_ in SERVICES),
            Question(
                "client_cidr",
                "Who may connect",
                rule="IPv4 ranges with commas between; Internet means everyone.",
                shape=(wrong_sources,),
                checks=(_wide_open, security_groups.priorities_of(service_setting, "client_cidr", _FACT)),
                wanted=_by_us,
                placeholder="203.0.113.0/24",
            ),
            Question(
                "head_host",
                "Host of the running cluster",
                rule="Only when it runs already: its ports are then tried from this machine.",
                shape=(
                    matches(
                        r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?",
                        "Write a host name or address, without https:// and path.",
                    ),
                ),
                required=False,
                placeholder="1234.cloud.hopsworks.ai",
            ),
        ),
        checks=(_who_opens,),
        makes="a rule for each service, where Hopsworks does not open it",
        wanted=classic_or_managed,
    ),
)


def share(answers: Answers) -> Share:
    """Return what step 5 adds to the plan; rules of a new security group stand in its own body."""
    if not classic_or_managed(answers):
        return Share()
    resources: tuple[Resource, ...] = ()
    if answers.text("nsg_mode") == EXISTING and answers.text("nsg_name"):
        at = placed(service_rules(answers), str(answers.get(_FACT, "")))
        resources = tuple(rule_resource(answers, rule, "5") for rule in at)
    elif answers.text("nsg_mode") == NEW and not makes_group(answers):
        resources = tuple(rule_resource(answers, rule, "5") for rule in service_rules(answers))
    host = answers.text("head_host")
    outputs = (Output("HOPSWORKS_HOST", host),) if host else ()
    return Share(resources=resources, manual=_manual(answers), outputs=outputs, proofs=_proofs(answers))


def _manual(answers: Answers) -> tuple[Manual, ...]:
    theirs = [key for key in opened(answers) if ports_by_hopsworks(answers) and key in BY_HOPSWORKS]
    if not theirs:
        return ()
    names = ", ".join(_PROMPTS[key][0] for key in theirs)
    text = f"When the cluster runs: Services tab, tick {names}, press Update. The Terraform file does the same (open_ports)."
    return (Manual("services", "Open services in Hopsworks", text, step="5"),)


def _proofs(answers: Answers) -> tuple[Proof, ...]:
    host = answers.text("head_host")
    if not host:
        return ()
    ports = ["443", *(port for key, _, ports, _ in SERVICES if truth(answers, key) for port in ports)]
    facts = {"host": host, "ports": " ".join(ports)}
    return (Proof("ports", f"{host} answers", proving_cluster.ports_answer, facts),)
