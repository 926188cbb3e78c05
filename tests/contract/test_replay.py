"""A fixed sample of the recordings is played at every build; the share of a label may not fall."""

from __future__ import annotations

import gzip
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.contract import replay
from tests.contract.recordings import cassettes
from tests.contract.replay import play, play_sample
from tests.contract.report import shares

HERE = Path(__file__).parent
RECORDINGS = HERE.parents[1] / "../shared/azure/recordings/dev.jsonl.gz"
SHARES = tomllib.loads((HERE / "shares.toml").read_text(encoding="utf-8"))
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.exists(), reason="the recordings are not beside the project"
)


def recorded(**more: Any) -> dict[str, Any]:
    """One line of a file of recordings."""
    return {
        "source": "azure-cli", "source_file": "one.yaml", "label": "Resources/resourceGroups", "rtype": "resourceGroups",
        "action": None, "host_kind": "arm", "path_template": "", "req_headers": {}, "req_body": None,
        "resp_headers": {}, "resp_body": None, "lro_of": None, "lro_match": None, "err": None, "truncated": None,
    } | more  # fmt: skip


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "recordings.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row | {"n": n}) + "\n" for n, row in enumerate(rows))
    return path


GROUP = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g"
URI = f"https://management.azure.com{GROUP}?api-version=2021-04-01"
SHOWN = {
    "id": GROUP, "name": "g", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope",
    "properties": {"provisioningState": "Succeeded"},
}  # fmt: skip
MAKES = recorded(method="PUT", uri=URI, req_body={"location": "westeurope"}, status=201, resp_body=SHOWN)
READS = recorded(method="GET", uri=URI, status=200, resp_body=SHOWN)
GOING = "https://management.azure.com/subscriptions/11111111-2222-3333-4444-555555555555/operationresults/abc"
DELETES = recorded(method="DELETE", uri=URI, status=202, resp_headers={"location": GOING})


def verdicts(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.verdict, one.reasons) for cassette in cassettes(path) for one in play(cassette)]


def test_what_was_made_is_read_and_goes_in_its_own_time(tmp_path: Path) -> None:
    polls = [
        recorded(method="GET", uri=GOING, status=202, lro_of=2, resp_headers={"location": GOING}),
        recorded(method="GET", uri=GOING, status=200, lro_of=2),
    ]
    missing = {"error": {"code": "ResourceGroupNotFound", "message": "no"}}
    gone = recorded(
        method="GET", uri=URI, status=404, resp_body=missing, err={"code": "ResourceGroupNotFound"}
    )
    path = written(tmp_path, MAKES, READS, DELETES, *polls, gone)
    assert verdicts(path) == [("matched", ())] * 6


def test_what_nobody_made_was_there_before(tmp_path: Path) -> None:
    assert verdicts(written(tmp_path, READS)) == [("given", ())]


def test_a_recorded_property_that_is_not_ours_differs(tmp_path: Path) -> None:
    odd = MAKES | {"resp_body": SHOWN | {"colour": "blue"}}
    assert verdicts(written(tmp_path, odd)) == [("differing", ("missing colour",))]


def test_what_practice_azure_has_not_is_unsupported(tmp_path: Path) -> None:
    place = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/b"
    uri = f"https://management.azure.com{place}?api-version=2021-04-01"
    stranger = recorded(
        method="PUT", uri=uri, req_body={"location": "westeurope"}, status=200, resp_body={"id": place}
    )
    (_, (verdict, _)) = verdicts(written(tmp_path, MAKES, stranger))
    assert verdict == "unsupported"


def test_a_failure_inside_of_azure_is_a_circumstance(tmp_path: Path) -> None:
    broken = READS | {"status": 503, "resp_body": None}
    assert verdicts(written(tmp_path, MAKES, broken)) == [
        ("matched", ()),
        ("circumstance", ("an error inside of Azure",)),
    ]


def test_the_command_prints_a_table_of_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, MAKES, READS | {"resp_body": SHOWN | {"colour": "blue"}})
    out = tmp_path / "rows.jsonl"
    assert replay.main([str(path), "--show", "1", "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "Resources/resourceGroups" in printed
    assert "50.0 %" in printed
    assert "missing colour" in printed
    (row,) = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert row["verdict"] == "differing"
    assert row["ours"]["status"] == 200


@pytest.fixture(scope="module")
def sample() -> dict[str, float]:
    """The share of each label in a fixed sample: so many cassettes of each."""
    return shares(list(play_sample(RECORDINGS, SHARES["seed"], SHARES["each"])))


@needs_recordings
@pytest.mark.timeout(300)
@pytest.mark.parametrize("label", sorted(SHARES["labels"]))
def test_the_share_of_a_label_has_not_fallen(label: str, sample: dict[str, float]) -> None:
    assert sample.get(label, 0.0) >= SHARES["labels"][label], (
        f"{label}: play it with --label {label} --show 2"
    )
