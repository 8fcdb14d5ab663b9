"""What a gateway is told of its devices is written by hand, and is what the description of the door says."""

from __future__ import annotations

from server.core.directory import Bought, Device, DeviceKind
from server.core.values import replace
from server.web.gateway import GatewayDeviceOut, GatewayDevicesOut
from tests.flow.people import ELSEWHERE, OFFICE
from tests.web.test_press_door import SHORT, Site, site as site  # noqa: F401  (a fixture)


def test_the_list_has_the_gateways_own_devices_and_says_of_bought_ones_how_they_speak(site: Site) -> None:  # noqa: F811
    directory = site.house.directory
    bought = Bought("shelly-gen2", "shelly-plug", "hub", "S3", {"single": "panic"}, "switch:0", True)
    plug = Device("plugg", OFFICE, "Plugg", DeviceKind.LAMP, "mottak", bought=bought)
    site.house.directory = replace(directory, devices={**directory.devices, plug.id: plug})
    answer = site.http.get("/api/gateway/devices", headers=SHORT)
    listed = GatewayDevicesOut.model_validate_json(answer.content, strict=True)
    own = {one.id for one in site.house.directory.devices.values() if one.office_id == OFFICE}
    assert answer.headers["content-type"] == "application/json" and {one.id for one in listed.devices} == own and OFFICE != ELSEWHERE
    assert listed.model_dump(exclude_defaults=True) == answer.json(), "nothing that is not described, and no default"
    assert next(one for one in listed.devices if one.id == "plugg") == GatewayDeviceOut(
        id="plugg", office_id=OFFICE, kind="lamp", key_hex="", heartbeat_s=plug.heartbeat_s, dialect="shelly-gen2", address="shelly-plug", hub="hub",
        model="S3", gestures={"single": "panic"}, output="switch:0", shared=True,
    )  # fmt: skip


def test_whoever_is_no_gateway_is_told_nothing(site: Site) -> None:  # noqa: F811
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert site.http.get("/api/gateway/devices", headers=headers).status_code == 401
