"""Makes the configuration of a bench site: some offices, each with its responders and as many buttons as the run needs."""

from __future__ import annotations

from pathlib import Path

import yaml

SITUATION = "desk_alarm"


def write_site(folder: Path, offices: int, people: int, buttons: int) -> Path:
    """Writes a folder as `config/demo` is one. Every press tells all `people` of its office in the first step."""
    folder.mkdir(parents=True, exist_ok=True)
    text = {"schema": "varde.deployment/1", "name": "Bench", "default_language": "nb", "administrators": ["o0-p0"]}
    (folder / "deployment.yaml").write_text(yaml.safe_dump(text))
    for number in range(offices):
        (folder / f"o{number}.yaml").write_text(yaml.dump(_office(number, people, buttons), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True))
    return folder


def _office(number: int, people: int, buttons: int) -> dict[str, object]:
    office = f"o{number}"
    roles = ["responder", "coordinator", "caller_112", "public_guide", "logger", "police_guide", "leader", "support", "contact_person"]
    names = ["office_address", "police_entrance", "leader_on_duty", "neighbour_office", "nearby_help", "assembly_point", "assembly_point_threat"]
    return {
        "schema": "varde.office/1",
        "office": {
            "id": office, "name": f"Kontor {number}", "address": "Benkegata 1, 0001 Oslo", "phone": "+47 55 55 01 01", "size": 60,
            "neighbours": [], "placeholders": {name: "ved benken" for name in names},
        },
        "zones": [{"id": "mottak", "name": "Mottak", "floor": "1. etasje", "public": True, "detail": "Ved inngangen", "joins_presses": False}],
        "people": [
            {"id": f"{office}-p{one}", "name": f"Person {number}-{one}", "language": "nb", "phone": "+47 55 55 01 02",
             "access": ["worker", "responder", *(["office_lead", "administrator"] if one < 2 else [])], "roles": list(roles),
             "duty": "present", "surface": "phone",
             "title": {"nb": "Kollega", "nn": "Kollega", "en": "Colleague"}}
            for one in range(people)
        ],
        "contacts": [],
        "devices": [
            {"id": f"{office}-b{one}", "name": f"{office}-b{one}", "kind": "button", "zone": "mottak", "situation": SITUATION, "heartbeat_s": 3600}
            for one in range(buttons)
        ],
        "plans": [
            {"id": f"{office}-plan", "name": "Standard", "owner": f"{office}-p0",
             "steps": [{"tell": [{"role": "responder"}], "channels": ["screen", "push", "sms", "voice"], "wait_s": 30}]}
        ],
    }  # fmt: skip
