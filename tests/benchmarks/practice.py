"""How fast and how small practice Azure is, each figure beside its aim.

``python -m tests.benchmarks.practice`` prints them. Everything is over loopback TLS with clients in other processes or threads;
``--judge`` ends with 1 when an aim is missed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.start_up import compiled
from tests.practice.serving import ROOT, Client, Served, served

_CLIENTS = 50
_REQUESTS = 20
_SINGLE = 400
_STARTS = 7
_START = """
import ssl, sys, time, http.client
from pathlib import Path
began = time.perf_counter()
from wizard.practice import start
with start(Path(sys.argv[1])) as running:
    trust = ssl.create_default_context(cafile=str(running.ca))
    connection = http.client.HTTPSConnection(running.url.removeprefix("https://"), context=trust)
    connection.request("GET", "/metadata/endpoints?api-version=2022-09-01")
    assert connection.getresponse().status == 200
    print(time.perf_counter() - began)
"""


def start_to_first_answer(folder: Path) -> float:
    """Milliseconds from before the import of practice Azure to the first whole answer; the best of several."""
    with compiled(os.environ) as env:
        times = [
            float(
                subprocess.run(
                    [sys.executable, "-c", _START, str(folder)],
                    cwd=ROOT,
                    env=env,
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                ).stdout
            )
            for _ in range(_STARTS)
        ]
    return min(times) * 1e3


def warm_get(azure: Served) -> float:
    """Milliseconds of a GET of a group on a warm connection, the median."""
    client = Client(azure).sign_in()
    times = []
    for _ in range(_SINGLE):
        began = time.perf_counter()
        _asked(client, "GET", _group(azure))
        times.append(time.perf_counter() - began)
    return statistics.median(times[20:]) * 1e3


def parallel_errors(azure: Served) -> float:
    """How many errors fifty clients meet that read and write at the same time."""
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            client = Client(azure).sign_in()
            for turn in range(_REQUESTS):
                _asked(client, "GET", _group(azure))
                body = {"location": "westeurope", "tags": {"turn": str(turn)}}
                _asked(client, "PUT", f"{azure.home}/resourceGroups/p{number}", body)
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is counted and told
            errors.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for fault in errors[:3]:
        print(f"  {fault!r}", file=sys.stderr)
    return len(errors)


def memory(folder: Path) -> float:
    """Megabytes a serving process takes at most, with ten thousand subscriptions, after a list of those of a tenant."""
    with served(folder, "ten-thousand-subscriptions") as azure:
        client = Client(azure).sign_in()
        _asked(client, "GET", "/subscriptions")
        _asked(client, "GET", _group(azure))
        status = Path(f"/proc/{azure.child.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def hundred_resources(azure: Served) -> float:
    """Milliseconds a deployment of a hundred independent resources takes, from the PUT to `Succeeded`."""
    client = Client(azure).sign_in()
    path = f"{_group(azure)}/providers/Microsoft.Resources/deployments/many"
    body = {"properties": {"mode": "Incremental", "template": _HUNDRED}}
    began = time.perf_counter()
    _asked(client, "PUT", path, body)
    while True:
        state = _asked(client, "GET", path)["properties"]["provisioningState"]
        if state in {"Succeeded", "Failed"}:
            break
    took = time.perf_counter() - began
    if state != "Succeeded":
        raise RuntimeError(f"The deployment {state}.")
    return took * 1e3


_HUNDRED = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [
        {
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
            "apiVersion": "2023-01-31",
            "name": "[concat('many', copyIndex())]",
            "location": "westeurope",
            "copy": {"name": "all", "count": 100},
        }
    ],
}


def _group(azure: Served) -> str:
    return f"{azure.home}/resourceGroups/rg-vision"


def _asked(client: Client, method: str, path: str, body: object = None) -> Any:
    status, answer = client.ask(method, path, body)
    if status not in range(200, 300):
        raise RuntimeError(f"{method} {path}: {status} {answer}")
    return answer


def main() -> int:
    """Print every figure with its aim."""
    missed = 0

    def told(what: str, found: float, aim: float, unit: str) -> None:
        nonlocal missed
        missed += found > aim
        print(f"{what}: {found:.1f} {unit} (aim: {aim:g}) = {found / aim if aim else found:.2f} of it")

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        told("start to first answer", start_to_first_answer(folder / "start"), 150, "ms")
        figures: list[tuple[str, Callable[[Served], float], float, str]] = [
            ("warm GET of a group, median", warm_get, 2, "ms"),
            ("50 parallel clients", parallel_errors, 0, "errors"),
            ("deployment of 100 resources", hundred_resources, 1000, "ms"),
        ]
        with served(folder / "figures") as azure:
            for what, measured, aim, unit in figures:
                told(what, measured(azure), aim, unit)
        told("memory with ten thousand subscriptions", memory(folder / "many"), 80, "MB")
    return int(bool(missed) and "--judge" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
