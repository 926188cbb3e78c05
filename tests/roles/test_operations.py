"""Actions are held against the operations that Azure lists: known, covered, of the other list, or probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsal import practice
from wizard.azure.session import Azure
from wizard.azure.sign_in import sign_in_unattended
from wizard.roles.algebra import DOCS_3X_ACTIONS, DOCS_3X_OPTIONAL, FULL, UPGRADE, identity_actions
from wizard.roles.operations import Judged, operations_for

BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"


async def _judged(folder: Path, *actions: str, data: bool = False) -> tuple[Judged, ...]:
    with practice(folder) as cloud:
        async with Azure.open(await sign_in_unattended(cloud)) as azure:
            operations = await operations_for(azure.arm, actions)
            return operations.judge_all(actions, data=data)


async def test_every_action_of_every_known_list_is_an_operation_of_azure(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with Azure.open(await sign_in_unattended(cloud)) as azure:
            actions, data = identity_actions(backups=True, acr=True, aks=True)
            plain = (*FULL, *DOCS_3X_ACTIONS, *DOCS_3X_OPTIONAL, *UPGRADE, *actions)
            operations = await operations_for(azure.arm, (*plain, *data))
            assert [one.sentence for one in operations.judge_all(plain) if not one.holds] == []
            assert [one.sentence for one in operations.judge_all(data, data=True) if not one.holds] == []


async def test_case_does_not_matter(tmp_path: Path) -> None:
    (one,) = await _judged(tmp_path, "microsoft.compute/VIRTUALMACHINES/read")
    assert one.holds


async def test_a_wildcard_is_explained_by_what_it_covers(tmp_path: Path) -> None:
    (one,) = await _judged(tmp_path, "Microsoft.Network/*/read")
    assert one.holds
    assert one.covers > 100
    assert one.sentence.startswith(
        f"Microsoft.Network/*/read covers {one.covers} operations, e.g. Microsoft.Network/"
    )


async def test_a_wildcard_over_all_providers_is_counted_over_all(tmp_path: Path) -> None:
    (one, two) = await _judged(tmp_path, "*/read", "Microsoft.Network/*/read")
    assert one.covers > two.covers > 0


@pytest.mark.parametrize(
    ("action", "data", "sentence"),
    [
        (
            "Microsoft.Compute/virtualMachine/read",
            False,
            (
                "Azure lists no operation Microsoft.Compute/virtualMachine/read. Did you mean "
                "Microsoft.Compute/virtualMachines/read?"
            ),
        ),
        ("Microsoft.Compute/zzz/*", False, "Azure lists no operation Microsoft.Compute/zzz/*."),
        (
            "Microsoft.Comput/virtualMachines/read",
            False,
            "Azure has no resource provider Microsoft.Comput. Did you mean Microsoft.Compute/virtualMachines/read?",
        ),
        ("Contoso.Nothing/at/all", False, "Azure has no resource provider Contoso.Nothing."),
        (BLOB, False, f"{BLOB} stands in the wrong list: it is a data action."),
        (
            "Microsoft.Storage/storageAccounts/read",
            True,
            "Microsoft.Storage/storageAccounts/read stands in the wrong list: it is no data action.",
        ),
    ],
)
async def test_what_azure_does_not_list_is_told_with_what_was_meant(
    tmp_path: Path, action: str, data: bool, sentence: str
) -> None:
    (one,) = await _judged(tmp_path, action, data=data)
    assert not one.holds
    assert one.sentence == sentence
