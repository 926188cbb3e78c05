"""What a person is told about a wrong value and about answers that contradict each other."""

from __future__ import annotations

import pytest

from tests.guides.hopsworks.cluster_support import (
    answers_of,
    said,
    wrong,
)
from wizard.answers import Value
from wizard.azure.session import Azure
from wizard.guide import Asking, Check, Findings, Severity
from wizard.guides.hopsworks import cluster_checks, network, outside
from wizard.machine import Machine

LONG = "x" * 600
TAGS = "\n".join(f"t{number}=1" for number in range(51))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("vnet_name", "a", "2 to 64 characters"),
        ("vnet_name", "a-", "2 to 64 characters"),
        ("vnet_cidr", "10.0.0.1/16", "Host bits set: did you mean 10.0.0.0/16?"),
        ("vnet_cidr", "10.0.0.0/30", "A virtual network is between /8 and /29, not /30."),
        ("vnet_cidr", "8.0.0.0/16", "is not private"),
        ("subnet_name", "GatewaySubnet", "GatewaySubnet is reserved for a service of Azure"),
        ("subnet_name", "x" * 81, "1 to 80 characters"),
        ("subnet_cidr", "10.0.0.0/30", "A subnet is between /8 and /29, not /30."),
        ("nsg_name", "nsg.", "1 to 80 characters"),
        ("inbound_source", "*", "“*” would let in the network's own tags too: write Internet."),
        ("inbound_source", "10.0.0.1/8", "Host bits set: did you mean 10.0.0.0/8?"),
        ("inbound_source", "office", "“office” is neither an address, a range"),
        ("static_ips", "10.0.0.4", "10.0.0.4 is not a public address"),
        ("static_ips", "one two", "“one” is not an IPv4 address."),
        ("cluster_name", LONG, "Too long (600 of at most 100 characters)."),
        ("head_disk", 255, "Head disk: at least 256 GB."),
        ("head_disk", 40_000, "40000 GB is no size of a disk"),
        ("worker_disk", -1, "-1 GB is no size of a disk"),
        ("worker_count", -1, "Workers: at least 0."),
        ("worker_count", "two", "“two” is not a whole number."),
        ("autoscale_standby", "-0.5", "“-0.5” is not a number of 0 or more"),
        ("autoscale_standby", "nan", "“nan” is not a number of 0 or more"),
        ("spot_max_price", 0, "0 is not between 1 and 200."),
        ("spot_max_price", 201, "201 is not between 1 and 200."),
        ("backup_retention", 3, "must be either 0 (disabled) or at least 7 days"),
        ("backup_retention", -7, "must be either 0 (disabled) or at least 7 days"),
        ("des_id", "my-set", "is not the id of a disk encryption set"),
        ("user_mgmt", "kerberos", "“kerberos” is not a choice."),
        ("rondb_data_count", 0, "Nodes: at least 1."),
        ("tags", TAGS, "51 tags; Azure takes 50 at most."),
        ("tags", "Purpose", "Line 1: write NAME=VALUE."),
        ("tags", f"{LONG}=1", "Line 1: the name has 600 characters, 512 at most."),
        ("tags", f"a=1\nb={'y' * 257}", "Line 2: the value has 257 characters, 256 at most."),
        ("tags", "a/b=1", "“/” can't be in a tag's name."),
        ("tags", "Team=1\nteam=2", "“team” is there twice"),
        ("init_script", "#!/bin/bash\necho", "must start with #!/usr/bin/env bash"),
        ("init_script", "#!/usr/bin/env bash \necho", "must start with #!/usr/bin/env bash"),
        ("init_script", "#!/usr/bin/env bash\r\necho", "It has Windows line ends (CR LF)"),
        ("client_cidr", "203.0.113.7/24", "Host bits set: did you mean 203.0.113.0/24?"),
        ("head_host", "https://cluster", "Write a host name or address, without https:// and path."),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(key: str, value: Value, message: str) -> None:
    assert message in wrong(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("backup_retention", 0),
        ("backup_retention", 7),
        ("head_disk", 256),
        ("worker_disk", 0),
        ("autoscale_standby", "0.5"),
        ("tags", "a=1\n\nb = two=2"),
        ("init_script", "#!/usr/bin/env bash\necho ${HOME}"),
        ("inbound_source", "Internet"),
        ("inbound_source", "203.0.113.0/24, 198.51.100.7"),
        ("static_ips", "20.31.0.1, 20.31.0.2"),
    ],
)
def test_a_right_value_passes(key: str, value: Value) -> None:
    assert wrong(key, value) == ""


async def found(check: Check, **answers: Value) -> Findings:
    """What a check says that asks nobody."""
    nobody: Azure = None  # type: ignore[assignment]  # these checks look at the answers alone
    return await check(Asking(answers_of(None, **answers), nobody, Machine()))


LIMITED: dict[str, Value] = {"permission_profile": "limited"}


@pytest.mark.parametrize(
    ("check", "answers", "severity", "message"),
    [
        (
            network._mode_fits,
            {**LIMITED, "vnet_mode": "automatic"},
            Severity.ERROR,
            "has no right to make a network",
        ),
        (network._mode_fits, {**LIMITED, "own_network": False, "vnet_mode": "automatic"}, None, ""),
        (network._mode_fits, {"vnet_mode": "automatic"}, None, ""),
        (
            network._group_mode_fits,
            {**LIMITED, "nsg_mode": "automatic"},
            Severity.ERROR,
            "has no right to make a security group",
        ),
        (
            network._group_mode_fits,
            {**LIMITED, "own_network": False, "ports_from_ui": False, "nsg_mode": "automatic"},
            Severity.WARNING,
            "whose ports it may not open",
        ),
        (
            network._restriction_fits,
            {"vnet_mode": "new", "restrict_outbound": True},
            Severity.ERROR,
            "An NSG cannot allow `api.hopsworks.ai`: choose static IPs or a firewall.",
        ),
        (
            network._restriction_fits,
            {"vnet_mode": "new", "restrict_outbound": True, "static_ips": "20.31.0.1 20.31.0.2"},
            Severity.ERROR,
            "Cognito has no fixed address",
        ),
        (
            network._restriction_fits,
            {"vnet_mode": "new", "restrict_outbound": True, "outbound": "firewall"},
            Severity.OK,
            "The firewall filters by names",
        ),
        (
            network._two_addresses,
            {"static_ips": "20.31.0.1"},
            Severity.WARNING,
            "1 address; Hopsworks' form shows two.",
        ),
        (
            network._certificate_fits,
            {"attach_public_ip": False, "lets_encrypt": True},
            Severity.WARNING,
            "Port 80 from the Internet cannot reach",
        ),
        (
            cluster_checks.name_is_plain,
            {"cluster_name": "größe"},
            Severity.WARNING,
            "Hopsworks may refuse this name.",
        ),
        (cluster_checks.name_is_plain, {"cluster_name": "my cluster_1"}, None, ""),
        (
            cluster_checks.workers_fit,
            {"autoscale": True, "autoscale_min": 5, "autoscale_max": 4},
            Severity.ERROR,
            "At most 4 workers is fewer than at least 5.",
        ),
        (
            cluster_checks.backups_fit,
            {"backups": False, "backup_retention": 7},
            Severity.ERROR,
            "the retention has to be 0",
        ),
        (
            cluster_checks.backups_fit,
            {"backup_retention": 0},
            Severity.INFO,
            "No backups are kept by themselves",
        ),
        (
            cluster_checks.address_fits,
            {**LIMITED, "public_ip": False, "attach_public_ip": True},
            Severity.ERROR,
            "untick Attach Public IP",
        ),
        (
            cluster_checks.address_fits,
            {"attach_public_ip": False, "lets_encrypt": True},
            Severity.WARNING,
            "Let's Encrypt can't reach a head node without a public address",
        ),
        (
            cluster_checks.users_fit,
            {**LIMITED, "managed_users": False, "user_mgmt": "managed"},
            Severity.ERROR,
            "Managed users are switched off",
        ),
        (
            cluster_checks.users_fit,
            {"vnet_mode": "new", "open_ui": False, "user_mgmt": "managed"},
            Severity.ERROR,
            "Managed users need port 443",
        ),
        (cluster_checks.users_fit, {"user_mgmt": "ldap"}, Severity.INFO, "set up in Hopsworks itself"),
        (
            outside._wide_open,
            {
                **LIMITED,
                "ports_from_ui": False,
                "open_ssh": True,
                "open_kafka": True,
                "client_cidr": "Internet",
            },
            Severity.WARNING,
            "Ports 22, 9092 would be open to Internet.",
        ),
        (
            outside._wide_open,
            {
                **LIMITED,
                "ports_from_ui": False,
                "open_online_feature_store": True,
                "client_cidr": "203.0.0.0/8",
            },
            Severity.WARNING,
            "Port 3306 would be open to 203.0.0.0/8.",
        ),
        (
            outside._wide_open,
            {**LIMITED, "ports_from_ui": False, "open_ssh": True, "client_cidr": "203.0.113.0/24"},
            None,
            "",
        ),
        (outside._who_opens, {"open_kafka": True}, Severity.WARNING, "22, 3306 and 9092 are then open"),
        (outside._who_opens, {"open_arrowflight": True}, Severity.ERROR, "Nobody opens ArrowFlight"),
        (
            outside._who_opens,
            {"open_ssh": True, "attach_public_ip": False},
            Severity.INFO,
            "within the network and its VPN alone",
        ),
    ],
)
async def test_contradictions_are_told(
    check: Check, answers: dict[str, Value], severity: Severity | None, message: str
) -> None:
    told = await found(check, **answers)
    if severity is None:
        assert not [one for one in told if one.severity in {Severity.ERROR, Severity.WARNING}]
    else:
        assert message in said(told, severity)
