"""The first frame comes before the engine: no Azure SDK, no guide and no profile is loaded to draw it."""

from __future__ import annotations

import json
import subprocess
import sys

_PROGRAM = """
import asyncio, json, sys
from screens.app import AzimuthApp
from screens.home import HomePage
from wizard.azure.clouds import AZURE_PUBLIC

async def main():
    app = AzimuthApp(lambda: AZURE_PUBLIC)
    drawn = {}
    read = HomePage._read

    def first(page):
        drawn["first"] = sorted(sys.modules)
        drawn["screen"] = app.export_screenshot()
        read(page)

    HomePage._read = first
    async with app.run_test(size=(80, 24)) as pilot:
        while "first" not in drawn:
            await pilot.pause()
        drawn["later"] = sorted(sys.modules)
    print(json.dumps(drawn))

asyncio.run(main())
"""
_HEAVY = (
    "azure",
    "msal",
    "aiohttp",
    "requests",
    "cryptography",
    "keyring",
    "click",
    "questionary",
    "pydantic",
)


def test_the_first_frame_loads_no_azure_sdk_and_the_list_neither() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    drawn = json.loads(done.stdout)
    roots = {name.split(".")[0] for name in drawn["later"]}
    assert roots.isdisjoint(_HEAVY)
    assert "Go&#160;on" in drawn["screen"]
    engine = {"wizard.guides", "wizard.setup", "wizard.walkthrough", "profiles.store", "tomlkit"}
    assert engine.isdisjoint(drawn["first"])
    assert {"wizard.guides", "profiles.store"} <= set(drawn["later"])
