"""A cloud of one's own is registered by hand, strictly checked, and then works like one that Azimuth brings along."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from profiles.errors import ProfileError
from profiles.locations import config_folder
from profiles.secrets import Secret
from tests.rehearsal import practice
from wizard.azure.clouds import AZURE_PUBLIC, cloud_named
from wizard.azure.custom_clouds import (
    Registration,
    custom_cloud,
    read_registration,
    register,
    registered,
    unregister,
)
from wizard.azure.errors import ForeignHost, UnknownCloud
from wizard.azure.guard import check_host
from wizard.azure.session import Azure
from wizard.azure.sign_in import sign_in_unattended, sign_in_with_secret

STACK = """# our own
name = "ContosoStack"
label = "Contoso's Azure Stack"
arm = "https://management.stack.contoso.com"
login = "https://login.stack.contoso.com/"
graph = "https://graph.stack.contoso.com:8443"
storage_suffix = "stack.contoso.com"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "stack.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_registered_cloud_is_found_by_its_name_and_has_hosts_of_its_own(tmp_path: Path) -> None:
    register(read_registration(written(tmp_path, STACK)))
    cloud = cloud_named("contosostack")
    assert cloud.name == "ContosoStack"
    assert cloud.hosts() == {
        "management.stack.contoso.com",
        "login.stack.contoso.com",
        "graph.stack.contoso.com:8443",
    }
    assert cloud.arm_audience == "https://management.stack.contoso.com/.default"
    assert not cloud.instance_discovery
    check_host("https://management.stack.contoso.com/subscriptions", cloud)
    for url in (
        "https://management.azure.com/x",
        "https://evil.stack.contoso.com/",
        "https://graph.stack.contoso.com/",
    ):
        with pytest.raises(ForeignHost):
            check_host(url, cloud)
    assert (config_folder() / "clouds.toml").stat().st_mode & 0o777 == 0o600


def test_a_cloud_is_registered_once_and_taken_out_again(tmp_path: Path) -> None:
    new = read_registration(written(tmp_path, STACK))
    register(new)
    with pytest.raises(ProfileError, match="azimuth clouds remove CONTOSOSTACK"):
        register(Registration({**new.values, "name": "CONTOSOSTACK"}))
    register(Registration({**new.values, "name": "Second"}))
    assert [one.name for one in registered()] == ["ContosoStack", "Second"]
    assert unregister("contosostack")
    assert not unregister("contosostack")
    assert custom_cloud("ContosoStack") is None
    with pytest.raises(UnknownCloud, match=r"Second, practice.*azimuth clouds register FILE"):
        cloud_named("ContosoStack")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("https://management.", "http://management.", "arm"),
        ("https://management.stack.contoso.com", "management.stack.contoso.com", "arm"),
        ("https://management.stack.contoso.com", "https://me:pw@stack.contoso.com", "arm"),
        ("https://management.stack.contoso.com", "https://management.azure.com@evil.example", "arm"),
        ("https://management.stack.contoso.com", "https://stack.contoso.com/arm", "arm"),
        ("https://management.stack.contoso.com", "https://stack.contoso.com?x=1", "arm"),
        ("https://management.stack.contoso.com", "https://stack.contoso.com#", "arm"),
        ("https://management.stack.contoso.com", "https://stack.contoso.com:0x50", "arm"),
        ("https://management.stack.contoso.com", "https://stack.contoso.com:99999", "arm"),
        ("https://management.stack.contoso.com", "https://STACK.contoso.com", "arm"),
        ("https://management.stack.contoso.com", "https://stäck.contoso.com", "arm"),
        ("https://management.stack.contoso.com", "https://stack", "arm"),
        ("https://management.stack.contoso.com", "https://evil.example\\\\@stack.contoso.com", "arm"),
        ("https://management.stack.contoso.com", "https://stack.contoso.com\\u202e", "arm"),
        ("https://management.stack.contoso.com", " https://stack.contoso.com", "arm"),
        ("https://login.stack.contoso.com/", "https://login.stack.contoso.com/adfs", "login"),
        ("https://login.stack.contoso.com/", "file:///etc/passwd", "login"),
        ("https://graph.stack.contoso.com:8443", "https:///x", "graph"),
        ('"ContosoStack"', '"practice"', "name"),
        ('"ContosoStack"', '"azurecloud"', "name"),
        ('"ContosoStack"', '"Public"', "name"),
        ('"ContosoStack"', '"../x"', "name"),
        ('"ContosoStack"', '"a b"', "name"),
        ('"ContosoStack"', "5", "name"),
        ("Contoso's Azure Stack", "x\\u001b]0;x", "label"),
        ('storage_suffix = "stack', 'storage_suffix = "https://stack', "storage_suffix"),
        ("# our own", 'ca = "relative.pem"', "ca"),
        ("# our own", 'ca = "/nowhere/ca.pem"', "ca"),
        ("# our own", 'hosts = ["evil.example"]', "hosts"),
        ("# our own", 'arm_audience = "https://management.azure.com/.default"', "arm_audience"),
        ("# our own", 'arm_audience = "https://management.core.usgovcloudapi.net/.default"', "arm_audience"),
        ("# our own", 'graph_audience = "https://graph.microsoft.com/.default"', "graph_audience"),
        ("# our own", 'arm_audience = "https://management.core.windows.net//.default"', "arm_audience"),
        ("# our own", 'arm_audience = "https://vault.azure.net.evil.azure.com/.default"', "arm_audience"),
        ("# our own", 'arm_audience = "all of it"', "arm_audience"),
        ("# our own", 'portal = "javascript:alert(1)"', "portal"),
    ],
)
def test_what_is_no_plain_cloud_is_refused_with_its_key_and_line(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert old in STACK
    path = written(tmp_path, STACK.replace(old, new, 1))
    with pytest.raises(ProfileError) as caught:
        read_registration(path)
    (fault,) = caught.value.faults
    assert fault.key == key
    assert path.read_text("utf-8").split("\n")[(fault.line or 0) - 1].startswith(f"{key} =")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("key", ["name", "arm", "login", "graph", "storage_suffix"])
def test_what_lacks_is_told(tmp_path: Path, key: str) -> None:
    lines = [line for line in STACK.split("\n") if not line.startswith(f"{key} ")]
    with pytest.raises(ProfileError, match=f"{key}: is missing"):
        read_registration(written(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize("path", ["/dev/zero", ".", "nowhere", "x\0y"])
def test_what_is_no_file_is_told(path: str) -> None:
    with pytest.raises(ProfileError):
        read_registration(path)


@pytest.mark.parametrize(
    "text",
    ["", "schema = 2\n", "schema = true\n", "{", "schema = 1\nclouds = 1\n", "schema = 1\n[[clouds]]\nname = 'x'\n"],
)  # fmt: skip
def test_a_damaged_list_gives_no_cloud_and_is_not_written_over(tmp_path: Path, text: str) -> None:
    path = config_folder() / "clouds.toml"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    with pytest.raises(ProfileError, match=r"clouds\.toml"):
        cloud_named("ContosoStack")
    with pytest.raises(ProfileError):
        register(read_registration(written(tmp_path, STACK)))
    assert path.read_text("utf-8") == text
    assert cloud_named("AzureCloud") is AZURE_PUBLIC


def test_a_list_that_others_may_write_is_not_believed(tmp_path: Path) -> None:
    register(read_registration(written(tmp_path, STACK)))
    path = config_folder() / "clouds.toml"
    path.chmod(0o666)
    with pytest.raises(ProfileError, match="others could have written it"):
        cloud_named("ContosoStack")
    path.chmod(0o600)
    moved = path.rename(tmp_path / "clouds.toml")
    path.symlink_to(moved)
    with pytest.raises(ProfileError, match="others could have written it"):
        cloud_named("ContosoStack")


async def test_one_signs_in_to_it_and_reads_it_like_any_other(tmp_path: Path) -> None:
    with practice(tmp_path / "practice") as there:
        text = f'name = "Lab"\nstorage_suffix = "core.lab.example"\nca = "{there.ca}"\n'
        text += "".join(f'{key} = "{there.arm}"\n' for key in ("arm", "login", "graph"))
        register(read_registration(written(tmp_path, text)))
        cloud = cloud_named("Lab")
        async with AsyncExitStack() as stack:
            person = await sign_in_unattended(there)
            stack.push_async_callback(person.close)
            azure = await stack.enter_async_context(Azure.open(person))
            (owner,) = await azure.graph.applications("practice-owner")
            secret = (tmp_path / "practice" / "client_secret").read_text("utf-8")
            signed_in = await sign_in_with_secret(cloud, person.identity.tenant, owner.app_id, Secret(secret))
            stack.push_async_callback(signed_in.close)
            lab = await stack.enter_async_context(Azure.open(signed_in))
            assert [one.app_id for one in await lab.graph.applications("practice-owner")] == [owner.app_id]
