"""Sizes and quotas against practice Azure, and the defaults of every page."""

from __future__ import annotations

from tests.guides.hopsworks.cluster_support import (
    RESEARCH,
    SUBSCRIPTION,
    errors,
    said,
    walk,
)
from wizard.azure.compute import quotas, sizes
from wizard.azure.session import Azure
from wizard.guide import Severity


async def test_sizes_come_with_vcpus_memory_and_quota(azure: Azure) -> None:
    walkthrough = walk(azure)
    offered = {choice.value: choice for choice in await walkthrough.choices("head_type")}
    assert offered["Standard_D8_v3"].columns[:2] == ("8", "32 GB")
    assert int(offered["Standard_D8_v3"].columns[3]) > 8
    found = await walkthrough.check("head_type")
    assert "Quota: needs 8 of family standardDv3Family" in said(found, Severity.OK)


async def test_a_size_that_is_not_there_names_some_that_are(azure: Azure) -> None:
    walkthrough = walk(azure, head_type="Standard_Nothing")
    assert "“Standard_Nothing” is not there." in said(await walkthrough.check("head_type"), Severity.ERROR)


async def test_the_list_of_sizes_is_read_once_for_all_questions(azure: Azure) -> None:
    first = await sizes(azure.arm, RESEARCH, "westeurope")
    assert len(first) > 100
    assert {size.name for size in first} == {
        size.name for size in await sizes(azure.arm, RESEARCH, "westeurope")
    }
    assert (await quotas(azure.arm, RESEARCH, "westeurope"))["cores"].left > 0
    assert SUBSCRIPTION in next(iter(azure.arm._lists))[0]
    assert len(azure.arm._lists) == 1


async def test_too_many_workers_are_told_at_the_number(azure: Azure) -> None:
    walkthrough = walk(azure, worker_count=60)
    told = errors(await walkthrough.check("worker_count"))[0].sentence
    assert told.startswith("The cluster needs 488 of family standardDv3Family, 350 left.")
    assert "0 of 350 are in use" in told


async def test_the_defaults_of_every_page_let_a_person_go_on(azure: Azure) -> None:
    walkthrough = walk(azure)
    for number in ("4.1", "4.2", "4.4", "4.5", "4.6", "4.7", "4.8", "4.10", "5", "6"):
        walkthrough.go_to(number)
        found = await walkthrough.check_step()
        assert not errors(found), (number, said(found, Severity.ERROR))


async def test_the_machines_of_a_rondb_cluster_are_counted(azure: Azure) -> None:
    walkthrough = walk(azure, rondb="cluster", rondb_data_count=3)
    told = said(await walkthrough.check("rondb_data_count"), Severity.ERROR)
    assert "must be multiples of RonDB replication factor (2), not 3" in told
    walkthrough.record("rondb_data_count", 4)
    assert not errors(await walkthrough.check("rondb_data_count"))


async def test_disk_encryption_sets_are_offered_where_there_are_some(azure: Azure) -> None:
    assert await walk(azure, road="managed").choices("des_id") == ()


async def test_spot_workers_have_a_quota_of_their_own(azure: Azure) -> None:
    walkthrough = walk(azure, spot=True, worker_count=13)
    told = errors(await walkthrough.check("worker_count"))[0].what
    assert told == "The cluster needs 104 of all vCPUs of spot machines, 100 left."
    walkthrough.record("worker_count", 12)
    assert "needs 96" in said(await walkthrough.check("worker_count"), Severity.OK)


async def test_what_lacks_is_told_once_where_it_begins_to_lack(azure: Azure) -> None:
    walkthrough = walk(azure, worker_count=60)
    for key in ("head_type", "worker_type", "rondb_type"):
        assert not errors(await walkthrough.check(key)), key
    assert len(errors(await walkthrough.check("worker_count"))) == 1
