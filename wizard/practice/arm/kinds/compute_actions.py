"""What can be done with a virtual machine: started, stopped, restarted, captured, told to run a command."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from wizard.practice.arm import polling
from wizard.practice.arm.call import Call
from wizard.practice.arm.kinds.compute_machines import disks_of
from wizard.practice.arm.kinds.compute_rules import not_allowed, power
from wizard.practice.arm.types import Acting, Action
from wizard.practice.kernel import Failure, Response

_SINCE_OBJECT = "2018"


def begun(
    call: Call, location: str, seconds: float, *, output: object = None, nested: bool = True
) -> Response:
    """202 with both addresses of an operation of Compute; `output` is what the Location ends with."""
    path = f"/subscriptions/{call.subscription}/providers/Microsoft.Compute/locations/{location}/operations"
    told: dict[str, Any] = {"status": "Succeeded"}
    if output is not None and nested:
        told["properties"] = {"output": output}
        if call.version < _SINCE_OBJECT and isinstance(output, dict) and "value" in output:
            told["properties"] = {"output": output["value"]}
    done = polling.Ending(body=told, polls="timed")
    headers = {
        "Azure-AsyncOperation": polling.begin(call, path, seconds, done, kind="async"),
        "Location": polling.begin(call, path, seconds, polling.Ending(body=output)),
    }
    return Response(202, None, headers | polling.wait_header(call, call.clock.takes(seconds).timestamp()))


def _lasting(
    acting: Acting, seconds: float, power_after: str | None = None, output: object = None
) -> Response:
    call, found = acting.call, acting.found
    if power_after:
        found["_power"] = power_after
    found |= {"_due": call.clock.takes(seconds).timestamp(), "_while": "Updating"}
    call.state.put("resource", acting.id.text, found)
    return begun(call, str(found["location"]), seconds, output=output)


def _powered(seconds: float, after: str | None = None) -> Action:
    def act(acting: Acting) -> Response:
        if acting.found.get("_generalized") and after == "running":
            raise not_allowed(
                f"Operation 'start' is not allowed on VM '{acting.found['name']}' since the VM is generalized."
            )
        return _lasting(acting, seconds, after)

    return act


def _running(acting: Acting, verb: str) -> None:
    if power(acting.call.practice, acting.id.text) == "deallocated":
        raise not_allowed(
            f"Operation '{verb}' is not allowed on VM '{acting.found['name']}' since the VM is deallocated."
        )


def _generalize(acting: Acting) -> Response:
    # Seen in Azure: a machine that runs is not generalized.
    if power(acting.call.practice, acting.id.text) == "running":
        raise not_allowed(
            f"Operation 'generalize' is not allowed on VM '{acting.found['name']}' since the VM is not stopped or deallocated."
        )
    acting.call.state.put("resource", acting.id.text, acting.found | {"_generalized": True})
    return Response(200)


def _capture(acting: Acting) -> Response:
    name = acting.found["name"]
    if not acting.found.get("_generalized"):
        raise not_allowed(
            f"Operation 'capture' is not allowed on VM '{name}' since the VM is not generalized."
        )
    for wanted in ("vhdPrefix", "destinationContainerName"):
        if not acting.body.get(wanted):
            raise Failure(
                400, "InvalidParameter", f"Required parameter '{wanted}' is missing (null).", target=wanted
            )
    disk = acting.found["properties"]["storageProfile"]["osDisk"]
    image = f"{acting.body['vhdPrefix']}-osDisk.{uuid.uuid4()}.vhd"
    resource = {
        "name": "[parameters('vmName')]",
        "type": "Microsoft.Compute/virtualMachines",
        "apiVersion": acting.call.version,
        "location": acting.found["location"],
        "properties": {
            "hardwareProfile": {"vmSize": "[parameters('vmSize')]"},
            "storageProfile": {
                "osDisk": {"osType": disk.get("osType"), "name": image, "createOption": "FromImage"}
            },
        },
    }
    template = {
        "$schema": "http://schema.management.azure.com/schemas/2014-04-01-preview/VM_IP.json",
        "contentVersion": "1.0.0.0",
        "parameters": {
            one: {"type": "string"} for one in ("vmName", "vmSize", "adminUserName", "networkInterfaceId")
        },
        "resources": [resource],
    }
    return begun(acting.call, str(acting.found["location"]), 60, output=template)


def _run(acting: Acting) -> Response:
    if power(acting.call.practice, acting.id.text) != "running":
        raise not_allowed("Cannot modify extensions in the VM when the VM is not running.")
    if not acting.body.get("commandId"):
        raise Failure(
            400, "InvalidParameter", "Required parameter 'commandId' is missing (null).", target="commandId"
        )
    linux = "Shell" in str(acting.body["commandId"]) and "Power" not in str(acting.body["commandId"])
    said = {"level": "Info", "displayStatus": "Provisioning succeeded"}
    if linux:
        output = [
            {
                "code": "ProvisioningState/succeeded",
                **said,
                "message": "Enable succeeded: \n[stdout]\n\n[stderr]\n",
            }
        ]
    else:
        output = [
            {"code": f"ComponentStatus/{one}/succeeded", **said, "message": ""}
            for one in ("StdOut", "StdErr")
        ]
    return _lasting(acting, 30, output={"value": output})


def _convert(acting: Acting) -> Response:
    if disks_of(acting.found):
        raise not_allowed(f"VM '{acting.found['name']}' is already using managed disks.")
    return _lasting(acting, 60, "running")


def _evict(acting: Acting) -> Response:
    if acting.found["properties"].get("priority") != "Spot":
        raise not_allowed("Operation 'simulateEviction' is allowed only for Spot Virtual Machines")
    return Response(204)


def _maintain(acting: Acting) -> Response:
    raise not_allowed(
        f"Operation 'performMaintenance' is not allowed on VM '{acting.found['name']}' since the Subscription of this VM"
        " is not eligible."
    )


def _reimage(acting: Acting) -> Response:
    disk = acting.found["properties"].get("storageProfile", {}).get("osDisk", {})
    if (disk.get("diffDiskSettings") or {}).get("option") != "Local":
        raise not_allowed(
            "The Reimage and OSUpgrade Virtual Machine actions require that the virtual machine has Automatic OS Upgrades"
            " enabled."
        )
    return _lasting(acting, 120, "running")


def _boot(acting: Acting) -> Response:
    until = acting.call.clock.now() + timedelta(
        minutes=int(acting.call.request.query.get("sasuriexpirationtimeinminutes", "120"))
    )
    query = f"sv=2018-03-28&sr=b&sig={secrets.token_urlsafe(32)}&se={until:%Y-%m-%dT%H%%3a%M%%3a%SZ}&sp=r"
    base = f"https://md-{acting.found['properties']['vmId'][:12].replace('-', '')}.blob.core.windows.net:443/{acting.found['name']}"
    return Response(
        200,
        {
            "consoleScreenshotBlobUri": f"{base}.screenshot.bmp?{query}",
            "serialConsoleLogBlobUri": f"{base}.serialconsole.log?{query}",
        },
    )


def _assess(acting: Acting) -> Response:
    _running(acting, "assessPatches")
    moment = acting.call.clock.now().strftime("%Y-%m-%dT%H:%M:%S+00:00")
    output = {
        "status": "Succeeded",
        "assessmentActivityId": str(uuid.uuid4()),
        "rebootPending": False,
        "criticalAndSecurityPatchCount": 0,
        "otherPatchCount": 0,
        "startDateTime": moment,
        "availablePatches": [],
        "error": {"code": "Success", "message": "0 error/s reported.", "details": []},
    }
    return _lasting(acting, 60, output=output)


def _install(acting: Acting) -> Response:
    _running(acting, "installPatches")
    counts = ("excluded", "notSelected", "pending", "installed", "failed")
    output = {
        "status": "Succeeded",
        "installationActivityId": str(uuid.uuid4()),
        "rebootStatus": "NotNeeded",
        "maintenanceWindowExceeded": False,
        **{f"{one}PatchCount": 0 for one in counts},
        "patches": [],
        "startDateTime": acting.call.clock.now().strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "error": {"code": "Success", "message": "0 error/s reported.", "details": []},
    }
    return _lasting(acting, 120, output=output)


def _restart(acting: Acting) -> Response:
    _running(acting, "restart")
    return _lasting(acting, 30, "running")


ACTIONS: Mapping[str, Action] = {
    "start": _powered(20, "running"),
    "poweroff": _powered(20, "stopped"),
    "deallocate": _powered(40, "deallocated"),
    "restart": _restart,
    "redeploy": _powered(120),
    "reapply": _powered(20),
    "generalize": _generalize,
    "capture": _capture,
    "runcommand": _run,
    "converttomanageddisks": _convert,
    "simulateeviction": _evict,
    "performmaintenance": _maintain,
    "reimage": _reimage,
    "retrievebootdiagnosticsdata": _boot,
    "assesspatches": _assess,
    "installpatches": _install,
}
