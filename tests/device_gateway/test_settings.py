"""The gateway's settings: what is wrong is said in a sentence, and no secret is shown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from device_gateway.devices import EMPTY, keep_listing, kept_listing, read_listing
from device_gateway.settings import SettingsError, read_settings
from server.site.certificates import make

FINE = {"VARDE_GATEWAY_SERVER": "https://varde.example", "VARDE_GATEWAY_TOKEN": "secret", "VARDE_GATEWAY_OFFICES": "nav-a, nav-b"}


def test_settings_come_from_the_environment_and_show_no_secret(tmp_path):
    make(tmp_path, ["varde.example"])
    settings = read_settings(
        FINE | {"VARDE_GATEWAY_BROKER_PORT": "8883", "VARDE_GATEWAY_BROKER_CA": str(tmp_path / "ca.pem"), "VARDE_GATEWAY_SPOOL": "/s"}
    )
    assert settings.offices == ("nav-a", "nav-b") and settings.broker_port == 8883
    assert (settings.broker_ca, settings.spool_folder) == (tmp_path / "ca.pem", Path("/s"))
    assert "secret" not in repr(settings)


def test_the_client_id_is_the_same_at_each_start_and_another_for_other_offices():
    one, two = read_settings(FINE), read_settings(FINE | {"VARDE_GATEWAY_OFFICES": "nav-c"})
    assert one.client_id == read_settings(FINE).client_id != two.client_id


def test_a_token_may_be_in_a_file(tmp_path):
    (tmp_path / "token").write_text("secret\n")
    assert read_settings(FINE | {"VARDE_GATEWAY_TOKEN": "", "VARDE_GATEWAY_TOKEN_FILE": str(tmp_path / "token")}).token == "secret"


@pytest.mark.parametrize(
    "name, value",
    [
        ("OFFICES", ""),
        ("OFFICES", "nav/#"),
        ("SERVER", "varde.example"),
        ("TOKEN", ""),
        ("TOKEN_FILE", "/none"),
        ("BROKER_PORT", "70000"),
        ("BROKER_MQTT", "4"),
    ],
)
def test_what_is_wrong_is_named(name, value):
    with pytest.raises(SettingsError, match=f"VARDE_GATEWAY_{name}"):
        read_settings(FINE | {f"VARDE_GATEWAY_{name}": value})


def test_a_wrong_setting_is_said_in_a_sentence():
    result = subprocess.run([sys.executable, "-m", "device_gateway"], env={"PATH": ""}, capture_output=True, text=True, timeout=20)
    assert result.returncode == 2 and "VARDE_GATEWAY_OFFICES" in result.stderr and "Traceback" not in result.stderr


def test_devices_are_kept_for_this_user_only_and_a_bad_row_hides_no_other(tmp_path):
    file = tmp_path / "devices.json"
    rows = [
        7, {"id": "a"}, {"id": "b", "office_id": "nav", "key_hex": "zz"}, {"id": "c", "office_id": "nav", "key_hex": "00ff", "heartbeat_s": 30},
        {"id": "d", "office_id": "nav", "dialect": "zigbee2mqtt", "hub": "h", "address": "0x1", "gestures": {"Double": "assist"}},
        {"id": "e", "office_id": "nav", "gestures": 7},
    ]  # fmt: skip
    body = json.dumps({"devices": rows, "dialects": [{"id": "own", "messages": []}, 7, {"messages": []}]}).encode()
    listing = read_listing(body)
    assert list(listing.devices) == ["c", "d"] and list(listing.profiles) == ["own"]
    assert listing.devices["c"].key == b"\x00\xff" and dict(listing.devices["d"].gestures) == {"double": "assist"}
    keep_listing(file, listing)
    assert kept_listing(file) == listing and file.stat().st_mode & 0o777 == 0o600
    file.write_text("{")
    assert kept_listing(file) == EMPTY == kept_listing(tmp_path / "none")


@pytest.mark.parametrize("address", ["127.0.0.1:8090", "192.168.50.2:8090", "[fd00::2]:8090", "[::1]:1"])
def test_the_local_page_may_be_on_an_address_inside_the_house(address):
    host, _, port = address.rpartition(":")
    assert read_settings(FINE | {"VARDE_GATEWAY_PAGE": address}).page == (host.strip("[]"), int(port))
    assert read_settings(FINE).page is None, "and nowhere unless it is asked for"


@pytest.mark.parametrize(
    "address", ["0.0.0.0:8090", "[::]:8090", "8.8.8.8:8090", "varde.example:80", "8090", "127.0.0.1:0", "127.0.0.1:x", "[::ffff:8.8.8.8]:80"]
)  # fmt: skip
def test_and_on_no_other(address):
    with pytest.raises(SettingsError, match="VARDE_GATEWAY_PAGE must be an address in numbers"):
        read_settings(FINE | {"VARDE_GATEWAY_PAGE": address})


def test_an_authority_that_is_none_is_said_at_the_start(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("BROKER_CA", "SERVER_CA"):
        with pytest.raises(SettingsError, match=f"{name} holds no certificate"):
            read_settings(FINE | {f"VARDE_GATEWAY_{name}": str(tmp_path / "ca.pem")})
        with pytest.raises(SettingsError, match=f"{name} cannot be read: No such file"):
            read_settings(FINE | {f"VARDE_GATEWAY_{name}": str(tmp_path / "none.pem")})
