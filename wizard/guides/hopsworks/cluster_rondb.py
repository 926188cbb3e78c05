"""The form's page about RonDB: one machine for all of it, or a cluster of its own."""

from __future__ import annotations

from collections.abc import Callable

from wizard.answers import Answers
from wizard.checks import machines
from wizard.guide import Check, Choice, Kind, Question, Step
from wizard.guides.hopsworks import cluster_checks as fits
from wizard.guides.hopsworks import cluster_shapes as shapes
from wizard.shapes import between

_COLUMNS = ("vCPUs", "Memory", "GPUs", "vCPUs left")


def _single(answers: Answers) -> bool:
    return answers.text("rondb") != "cluster"


def _cluster(answers: Answers) -> bool:
    return not _single(answers)


def _api(answers: Answers) -> bool:
    return _cluster(answers) and answers.number("rondb_api_count") > 0


def _size(key: str, prompt: str, wanted: Callable[[Answers], bool]) -> Question:
    fact = next(wish.fact for wish in fits.PREFERENCES if wish.key == key)
    return Question(
        key,
        prompt,
        Kind.PICK,
        rule="A size that the region offers, with enough quota left.",
        default=lambda answers: str(answers.get(fact, "")) or fits.default_size(key),
        offers=machines.offer_sizes(),
        checks=(machines.quota_for(key, fits.wanted_machines),),
        wanted=wanted,
        columns=_COLUMNS,
    )


def _disk(key: str, prompt: str, default: int, wanted: Callable[[Answers], bool]) -> Question:
    return Question(
        key,
        prompt,
        Kind.INTEGER,
        rule="GB; 0 or more.",
        default=default,
        shape=(shapes.disk,),
        wanted=wanted,
    )


def _count(
    key: str,
    prompt: str,
    default: int,
    least: int,
    *checks: Check,
) -> Question:
    size = key.replace("_count", "_type")
    return Question(
        key,
        prompt,
        Kind.INTEGER,
        rule=f"{least} or more.",
        default=default,
        shape=(shapes.at_least(least, "Nodes"),),
        checks=(*checks, machines.quota_for(size, fits.wanted_machines, key)),
        wanted=_cluster,
    )


RONDB = Step(
    "4.8",
    "RonDB",
    "The database of the feature store. One machine is enough to begin with; a cluster of its own keeps copies. The form of "
    "2021 does not ask for it, the newer form and the Terraform provider do.",
    (
        Question(
            "rondb",
            "RonDB",
            Kind.CHOICE,
            rule="Single or cluster; it can't be changed later.",
            default="single",
            choices=(
                Choice("single", "on one machine"),
                Choice("cluster", "a cluster of its own", "Management, data, MySQL and API nodes."),
            ),
        ),
        _size("rondb_type", "Size", _single),
        _disk("rondb_disk", "Disk in GB", 512, _single),
        _size("rondb_management_type", "Size of the management node", _cluster),
        _disk("rondb_management_disk", "Its disk in GB", 30, _cluster),
        _size("rondb_data_type", "Size of the data nodes", _cluster),
        _disk("rondb_data_disk", "Their disks in GB", 512, _cluster),
        Question(
            "rondb_replication",
            "Copies of the data",
            Kind.INTEGER,
            rule="1 to 4; the number of data nodes is a multiple of it.",
            default=2,
            shape=(between(1, 4),),
            wanted=_cluster,
        ),
        _count("rondb_data_count", "How many data nodes", 2, 1, fits.data_nodes_fit),
        _size("rondb_mysql_type", "Size of the MySQL nodes", _cluster),
        _disk("rondb_mysql_disk", "Their disks in GB", 128, _cluster),
        _count("rondb_mysql_count", "How many MySQL nodes", 1, 1),
        _count("rondb_api_count", "How many API nodes", 0, 0),
        _size("rondb_api_type", "Size of the API nodes", _api),
        _disk("rondb_api_disk", "Their disks in GB", 30, _api),
    ),
)
