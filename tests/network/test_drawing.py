"""The pictures: what they show, within 72 columns, whatever is drawn."""

from __future__ import annotations

import random
from ipaddress import IPv4Network

import pytest

from wizard.drawing import WIDTH, Drawing, Tone
from wizard.network.addresses import Holding
from wizard.network.deciding import Place, decide, shadowed
from wizard.network.drawing import AddressPlan, draw_plan, draw_rules
from wizard.network.rules import Need, Rule, with_defaults

HUB = IPv4Network("10.150.0.0/16")


def plan(**more: object) -> AddressPlan:
    given: dict[str, object] = {
        "name": "hub",
        "spaces": (HUB,),
        "subnet": "cluster",
        "wanted": IPv4Network("10.150.1.0/24"),
        "needs": 4,
        "held": (Holding("training", (IPv4Network("10.150.0.0/24"),), 61),),
        **more,
    }
    return AddressPlan(**given)  # type: ignore[arg-type]  # the fields are given by name


def tones(drawing: Drawing) -> set[Tone]:
    return {part.tone for line in drawing.lines for part in line}


def test_the_plan_shows_taken_wanted_and_free_in_order() -> None:
    text = draw_plan(plan()).text
    rows = text.splitlines()
    assert rows[0].startswith("10.150.0.0/16  hub")
    assert "65,536 addresses, 99.2 % free" in rows[0]
    assert "training" in rows[1]
    assert "61 used of 251" in rows[1]
    assert "cluster" in rows[2]
    assert "✓ needs 4, has 251" in rows[2]
    assert "10.150.2.0 – 10.150.255.255" in rows[3]
    assert "free" in rows[3]


def test_too_small_overlapping_and_outside_are_told_in_words() -> None:
    small = draw_plan(plan(wanted=IPv4Network("10.150.1.0/29"), needs=4))
    assert "✗ needs 4, has 3" in small.text
    clash = draw_plan(plan(wanted=IPv4Network("10.150.0.128/25")))
    assert "✗ overlaps training" in clash.text
    outside = draw_plan(plan(wanted=IPv4Network("10.151.0.0/24")))
    assert "✗ cluster 10.151.0.0/24 is outside of hub" in outside.text
    assert all(Tone.BAD in tones(one) for one in (small, clash, outside))


def test_a_peered_network_that_overlaps_is_told() -> None:
    drawn = draw_plan(plan(peers=(Holding("office", (IPv4Network("10.150.128.0/20"),)),)))
    assert "✗ peered network office (10.150.128.0/20) overlaps 10.150.0.0/16" in drawn.text
    assert "10.0.0.0/16 is free of them" in drawn.text


def test_an_existing_subnet_is_drawn_once_with_what_is_left() -> None:
    held = (Holding("cluster", (IPv4Network("10.150.1.0/24"),), 240),)
    drawn = draw_plan(plan(held=held, used=240, exists=True, needs=10))
    assert drawn.text.count("cluster") == 1
    assert "! needs 10, has 11" in drawn.text


def test_rules_are_drawn_with_verdicts_and_shadows() -> None:
    place = Place((HUB,), (HUB,))
    rules = with_defaults(
        [
            Rule("AllowHttpLetsEncrypt", "Inbound", 100, "Allow", "Tcp", ("Internet",), ports=("80",)),
            Rule("DenyWeb", "Inbound", 200, "Deny", "*", ports=("443",)),
            Rule("AllowHttpsUi", "Inbound", 210, "Allow", "Tcp", ports=("443",)),
        ]
    )
    verdicts = [decide(rules, Need(port, "Internet"), place) for port in (80, 443)]
    text = draw_rules("Rules of hub", verdicts, rules, shadowed(rules, place)).text
    assert "80/tcp from Internet          allowed   100 AllowHttpLetsEncrypt" in text
    assert "443/tcp from Internet         DENIED    200 DenyWeb" in text
    assert "AllowHttpsUi  ! shadowed" in text
    assert text.index("100 Allow 80/tcp") < text.index("200 Deny  443") < text.index("65500 Deny")


@pytest.mark.parametrize("seed", range(40))
def test_no_line_is_wider_than_a_drawing_may_be(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a sweep that repeats, no secret
    held = tuple(
        Holding("s" * chance.randint(1, 80), (block,), chance.randint(0, 300))
        for block in chance.sample(list(HUB.subnets(new_prefix=22)), chance.randint(0, 30))
    )
    peers = (Holding("p" * chance.randint(1, 90), (IPv4Network("10.0.0.0/8"),)),)
    drawn = draw_plan(
        plan(name="n" * chance.randint(1, 64), subnet="x" * chance.randint(1, 80), held=held, peers=peers)
    )
    names = ["r" * chance.randint(1, 80) for _ in range(30)]
    rules = with_defaults(
        [
            Rule(
                n,
                chance.choice(("Inbound", "Outbound")),
                100 + i,
                "Allow",
                "Tcp",
                ("Internet", "10.0.0.0/8"),
                ports=("1-65000",),
            )
            for i, n in enumerate(names)
        ]
    )
    verdicts = [decide(rules, Need(443, "198.51.100.128/25"), Place((HUB,), (HUB,)))]
    painted = draw_rules("r", verdicts, rules, shadowed(rules, Place((HUB,), (HUB,))))
    for one in (drawn, painted):
        assert max(len("".join(part.text for part in line)) for line in one.lines) <= WIDTH


def test_a_name_from_outside_brings_no_control_characters() -> None:
    rules = with_defaults([Rule("\x1b]0;x\x07\nevil", "Inbound", 100, "Allow", "Tcp", ports=("80",))])
    drawn = draw_rules("r", [decide(rules, Need(80, "Internet"), Place())], rules)
    assert "\x1b" not in drawn.text
    assert len(drawn.text.splitlines()) == len(drawn.lines)
