"""An SSH key pair: the private half in one new file that only its owner reads, and nowhere else whatever goes wrong."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.apply import bench
from tests.rehearsal import practice
from wizard.apply.events import Result
from wizard.apply.key_pair import ensure_key, find_key
from wizard.apply.outcome import Change, End
from wizard.apply.undo import preview_undo, undo
from wizard.apply.verify import verify
from wizard.apply.work import Undoable
from wizard.azure.errors import AzureProblem, Forbidden
from wizard.plan import KeyPair, Plan, Ref, Resource, Share

COMPUTE = "2024-11-01"
COMPUTES = ("Microsoft.Compute",)
PATH = "~/.ssh/hopsworksKey.pem"


def _key(public: Ref | None) -> Resource:
    body: dict[str, object] = {"location": "westeurope"}
    if public is not None:
        body["properties"] = {"publicKey": public}
    return Resource(
        "ssh_key",
        "Microsoft.Compute/sshPublicKeys",
        COMPUTE,
        "hopsworksKey",
        bench.SHARED,
        "hopsworksKey",
        body,
    )


def _here(algorithm: str = "RSA", path: str = PATH) -> Plan:
    pair = KeyPair("ssh_pair", "hopsworksKey", path, algorithm)
    return bench.plan_of(
        Share(keys=(pair,), providers=COMPUTES, resources=(_key(Ref("ssh_pair", "public_key")),))
    )


def _azure(algorithm: str = "RSA") -> Plan:
    pair = KeyPair("ssh_pair", "hopsworksKey", PATH, algorithm, made_by="azure", resource="ssh_key")
    return bench.plan_of(Share(keys=(pair,), providers=COMPUTES, resources=(_key(None),)))


def _file() -> Path:
    return Path(PATH).expanduser()


def _fingerprint(file: Path) -> str:
    """What the real ssh-keygen says of a private key."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen on this machine")
    public = subprocess.run(
        ["ssh-keygen", "-y", "-P", "", "-f", str(file)], capture_output=True, text=True, check=True
    )
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", "-"], input=public.stdout, capture_output=True, text=True, check=True
    )
    return shown.stdout.split()[1]


def _keygen(kind: str) -> None:
    """Let the real ssh-keygen make another key of the same file name."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen on this machine")
    _file().parent.mkdir(mode=0o700, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(_file())], check=True)


def _without_trace_of(file: Path, *folders: Path) -> bool:
    """Whether no other file holds a line of the private key."""
    secret = max(file.read_bytes().splitlines(), key=len)
    others = (path for folder in folders for path in folder.rglob("*") if path.is_file() and path != file)
    return all(secret not in path.read_bytes() for path in others)


@pytest.mark.parametrize("algorithm", ["RSA", "Ed25519"])
@pytest.mark.parametrize("by", ["here", "azure"])
async def test_it_is_made_once_kept_and_never_removed(
    tmp_path: Path, azimuth_home: Path, algorithm: str, by: str
) -> None:
    plan = _here(algorithm) if by == "here" else _azure(algorithm)
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            assert setup.azure is not None
            work = bench.work_on(setup)
            assert await find_key(work, plan.keys[0]) is None
            done = await bench.carry_out(work, plan)
            assert done["ssh_pair"][0] is Result.MADE
            assert stat.S_IMODE(_file().stat().st_mode) == 0o600
            assert stat.S_IMODE(_file().parent.stat().st_mode) == 0o700
            known = work.known["ssh_pair"]
            assert (
                _fingerprint(_file())
                == known["fingerprint"]
                == setup.journal.known()["ssh_pair"]["fingerprint"]
            )
            body = await setup.azure.arm.read(work.known["ssh_key"]["id"], COMPUTE)
            assert body is not None
            assert body["properties"]["publicKey"].split()[:2] == known["public_key"].split()[:2]
            assert _without_trace_of(_file(), tmp_path, azimuth_home)
            content = _file().read_bytes()
            again = await bench.carry_out(bench.work_on(setup), plan)
            assert {result for result, _ in again.values()} == {Result.KEPT}
            assert Change.KEEP in {
                line.change for line in await preview_undo(setup) if line.label == str(_file())
            }
            outcome = await undo(setup)
            assert outcome.end is End.DONE
            assert "the private key file stays" in " ".join(outcome.kept)
            assert _file().read_bytes() == content
            if by == "here":
                once_more = await bench.carry_out(bench.work_on(setup), plan)
                assert once_more["ssh_pair"][0] is Result.KEPT


async def test_somebody_elses_file_is_never_overwritten(tmp_path: Path) -> None:
    plan = _here()
    _keygen("ed25519")
    before = _file().read_bytes()
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            with pytest.raises(Undoable, match="never overwritten") as told:
                await bench.carry_out(bench.work_on(setup), plan)
            assert "Choose another file" in told.value.mend
    assert _file().read_bytes() == before


@pytest.mark.parametrize("content", ["", "no key at all", "dangling"])
async def test_whatever_has_the_name_is_in_the_way(tmp_path: Path, content: str) -> None:
    plan = _here()
    _file().parent.mkdir(mode=0o700)
    if content == "dangling":
        _file().symlink_to(tmp_path / "elsewhere")
    else:
        _file().write_text(content)
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            with pytest.raises(Undoable, match="never overwritten"):
                await ensure_key(bench.work_on(setup), plan.keys[0])
    assert not (tmp_path / "elsewhere").exists()


async def test_a_folder_outside_of_ssh_has_to_be_there(tmp_path: Path) -> None:
    plan = _here(path=str(tmp_path / "keys" / "mine.pem"))
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            with pytest.raises(Undoable, match="There is no folder"):
                await ensure_key(bench.work_on(setup), plan.keys[0])
            (tmp_path / "keys").mkdir()
            assert (await ensure_key(bench.work_on(setup), plan.keys[0]))[0] is Result.MADE


async def test_a_run_cut_off_before_the_key_was_written_begins_anew(tmp_path: Path) -> None:
    plan = _here()
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            _file().parent.mkdir(mode=0o700)
            setup.journal.begin("ssh_pair", "SSH key pair", path=str(_file()), fingerprint="SHA256:lost")
            _file().write_bytes(b"")
            assert (await ensure_key(bench.work_on(setup), plan.keys[0]))[0] is Result.MADE
            assert _fingerprint(_file()) == setup.journal.known()["ssh_pair"]["fingerprint"]


async def test_a_run_cut_off_after_the_key_was_written_uses_it(tmp_path: Path) -> None:
    plan = _here()
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            await ensure_key(bench.work_on(setup), plan.keys[0])
            content = _file().read_bytes()
            lines = setup.journal.path.read_text("utf-8").splitlines(keepends=True)
            setup.journal.path.write_text("".join(line for line in lines if '"begin"' in line), "utf-8")
            assert (await ensure_key(bench.work_on(setup), plan.keys[0]))[0] is Result.KEPT
            assert _file().read_bytes() == content


async def test_verify_tells_a_lost_and_a_replaced_private_key(tmp_path: Path) -> None:
    plan = _here()
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            await bench.carry_out(bench.work_on(setup), plan)
            setup.keep(stage="applied")
            assert (await verify(setup)).ok
            _file().unlink()
            (gone,) = (await verify(setup)).proofs
            _keygen("rsa")
            (other,) = (await verify(setup)).proofs
    assert "is gone" in gone.what
    assert "replaced" in other.what


# Made by Azure


@pytest.mark.parametrize("fault", [{"close": "after"}, {"truncated": True}, {"close": "before"}])
async def test_an_answer_that_never_came_is_not_asked_for_again(
    tmp_path: Path, azimuth_home: Path, fault: dict[str, object]
) -> None:
    """Lost after the work: nobody has the key, and the next run replaces it. Lost before: nothing happened, and it goes on."""
    plan = _azure()
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            bench.faults(tmp_path, cloud, {"method": "POST", "path": "generateKeyPair", **fault})
            with pytest.raises((Undoable, AzureProblem)) as told:
                await bench.carry_out(bench.work_on(setup), plan)
            assert not _file().exists()
            assert "PRIVATE" not in repr(told.value) + str(told.value.__cause__) + str(told.value.__context__)
            if fault.get("close") == "before":
                again = await bench.carry_out(bench.work_on(setup), plan)
                assert again["ssh_pair"][0] is Result.MADE
                return
            assert isinstance(told.value, Undoable)
            assert "Run this again" in told.value.mend
            before = setup.journal.made()
            mended = await bench.carry_out(bench.work_on(setup), plan)
            assert mended["ssh_pair"][0] is Result.MADE
            assert setup.journal.made() == before, "the resource is ours as it was"
            assert _without_trace_of(_file(), tmp_path, azimuth_home)


async def test_a_refusal_leaves_no_file(tmp_path: Path) -> None:
    plan = _azure()
    pair = plan.keys[0]
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            work = bench.work_on(setup)
            elsewhere = "/subscriptions/3b041641-1788-44f2-a60d-f25453fe2e85/resourceGroups/none"
            work.known["ssh_key"] = {
                "id": f"{elsewhere}/providers/Microsoft.Compute/sshPublicKeys/hopsworksKey"
            }
            with pytest.raises((Forbidden, AzureProblem)):
                await ensure_key(work, pair)
    assert not _file().exists()


async def test_the_file_is_refused_before_azure_is_asked(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = "/proc/1"  # a place where nobody can make a file
    else:
        (tmp_path / "shut").mkdir(mode=0o500)
        folder = str(tmp_path / "shut")
    pair = KeyPair("ssh_pair", "hopsworksKey", f"{folder}/k.pem", made_by="azure", resource="ssh_key")
    plan = bench.plan_of(Share(keys=(pair,), providers=COMPUTES, resources=(_key(None),)))
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            with pytest.raises(Undoable, match="can't be written"):
                await bench.carry_out(bench.work_on(setup), plan)
            assert setup.azure is not None
            body = await setup.azure.arm.read(setup.journal.known()["ssh_key"]["id"], COMPUTE)
            assert body is not None
            assert not (body.get("properties") or {}).get("publicKey")
