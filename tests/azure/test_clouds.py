"""Clouds: three by name, never by URL, and what their hosts are."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.azure.choose import check_known, open_cloud, usual_store
from wizard.azure.clouds import CLOUDS, authority, cloud_named
from wizard.azure.errors import UnknownCloud


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AzureCloud", "AzureCloud"),
        ("PUBLIC", "AzureCloud"),
        ("usgov", "AzureUSGovernment"),
        ("china", "AzureChinaCloud"),
    ],
)
def test_a_cloud_is_found_by_az_name_and_alias(name: str, expected: str) -> None:
    assert cloud_named(name).name == expected


@pytest.mark.parametrize("name", ["", "https://evil.example", "AzureGermanCloud", "adfs"])
def test_an_unknown_cloud_is_refused_and_the_known_ones_are_listed(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownCloud) as refusal, open_cloud(name, practice_folder=tmp_path):
        pytest.fail("opened")
    assert "AzureUSGovernment" in str(refusal.value)
    assert "practice" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_no_host_belongs_to_two_clouds() -> None:
    hosts = [host for cloud in CLOUDS.values() for host in cloud.hosts()]
    assert len(hosts) == len(set(hosts)) == 10


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://management.azure.com/x", "management.azure.com"),
        ("https://MANAGEMENT.azure.com:443/", "management.azure.com"),
        ("https://management.azure.com:8443/", "management.azure.com:8443"),
        ("https://management.azure.com@evil.example/", "evil.example"),
        ("https://management.azure.com\\@evil.example/", "evil.example"),
        ("https://evil.example#@management.azure.com/", "evil.example"),
        ("https://[::1]:8000/", "[::1]:8000"),
        ("http://management.azure.com/", ""),
        ("https://management.azure.com:99999/", ""),
        ("//management.azure.com/", ""),
    ],
)
def test_the_host_of_a_url_is_the_one_it_leads_to(url: str, host: str) -> None:
    assert authority(url) == host


def test_practice_is_a_cloud_like_any_other(tmp_path: Path) -> None:
    with open_cloud("practice", practice_folder=tmp_path) as cloud:
        assert cloud.hosts() == {cloud.arm.removeprefix("https://")}
        assert cloud.on_this_machine
        assert cloud.ca is not None
        assert cloud.ca.is_file()
        assert cloud.banner == "PRACTICE"
        assert "environment" not in cloud.sign_in_ways


def test_what_is_told_of_a_cloud_without_opening_it_is_what_it_has(tmp_path: Path) -> None:
    for name in ("practice", "Practice", "AzureCloud", "china"):
        check_known(name)
        with open_cloud(name, practice_folder=tmp_path) as cloud:
            assert usual_store(name) == cloud.secret_store
    for ask in (check_known, usual_store):
        with pytest.raises(UnknownCloud):
            ask("https://evil.example")
