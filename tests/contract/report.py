"""What came of playing recordings: a table of labels, the reasons of what differs, and examples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["matched", "differing", "unsupported", "given", "circumstance"]
VERDICTS: tuple[Verdict, ...] = ("matched", "differing", "unsupported", "given", "circumstance")


@dataclass(frozen=True, slots=True)
class Played:
    """One row and what came of it."""

    cassette: str
    n: int
    label: str
    call: str
    uri: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    recorded: Any = None
    ours: Any = None


def report(played: Sequence[Played], show: int) -> None:
    """Print the table of labels, the reasons, and examples."""
    by_label: dict[str, Counter[str]] = defaultdict(Counter)
    for one in played:
        by_label[one.label][one.verdict] += 1
    print(f"{'label':44}" + "".join(f"{name:>13}" for name in VERDICTS) + f"{'share':>9}")
    for label, counts in sorted(by_label.items()):
        print(f"{label:44}" + "".join(f"{counts[name]:>13}" for name in VERDICTS) + f"{_share(counts):>9}")
    total = sum(by_label.values(), Counter())
    print(f"{'all':44}" + "".join(f"{total[name]:>13}" for name in VERDICTS) + f"{_share(total):>9}")
    for verdict in ("differing", "unsupported", "circumstance"):
        _reasons([one for one in played if one.verdict == verdict], verdict, show)


def _share(counts: Mapping[str, int]) -> str:
    """Matched of what is served: matched and differing."""
    served = counts["matched"] + counts["differing"]
    return f"{100 * counts['matched'] / served:.1f} %" if served else "-"


def _reasons(played: Sequence[Played], verdict: str, show: int) -> None:
    if not played:
        return
    rows: Counter[tuple[str, str]] = Counter()
    alone: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], list[Played]] = defaultdict(list)
    for one in played:
        for reason in one.reasons:
            rows[one.call, reason] += 1
            alone[one.call, reason] += len(one.reasons) == 1
            examples[one.call, reason].append(one)
    print(f"\n{verdict}: reasons (rows, of these with no other reason)")
    most = 60 if show else 40
    for key, count in sorted(rows.items(), key=lambda item: (-alone[item[0]], -item[1]))[:most]:
        print(f"{count:>6} {alone[key]:>6}  {key[0]}: {key[1]}")
        for one in examples[key][:show]:
            print(f"{'':15}{one.cassette.rsplit('/', 1)[-1]} n={one.n} {one.uri[:160]}")


def shares(played: Sequence[Played]) -> dict[str, float]:
    """By label: matched of what is served."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in played:
        counts[one.label][one.verdict] += 1
    return {
        label: one["matched"] / served
        for label, one in counts.items()
        if (served := one["matched"] + one["differing"])
    }
