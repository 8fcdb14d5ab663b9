"""The door that lets colleagues in. Liv leads the office where Kari and Ola work, Odd leads another; Nils leads the neighbour."""

from __future__ import annotations


import pytest

from server.core.access import Viewer
from server.core.values import replace
from server.flow.invitations import AGAIN_S, Invitation, colleagues, invite_colleague, use_invitation
from tests.flow.house import House
from tests.flow.people import OFFICE
from tests.flow.test_keys import enrol
from tests.signing import SigningPhone

LIV = Viewer("liv")


def access(house: House, person_id: str, *rights: str) -> None:
    person = house.directory.people[person_id]
    house.directory = replace(house.directory, people={**house.directory.people, person_id: replace(person, access=frozenset(rights))})


def test_who_leads_lets_a_colleague_in_once_within_a_day(house: House) -> None:
    made = invite_colleague(house.context, LIV, "kari")
    assert isinstance(made, Invitation)
    assert made.link("https://varde.example") == f"https://varde.example/kom-i-gang#{made.code}"
    assert use_invitation(house.context, made.code.lower(), "phone") == "kari"
    assert use_invitation(house.context, made.code, "another") is None and use_invitation(house.context, made.code, "") is None
    late = invite_colleague(house.context, LIV, "kari")
    assert isinstance(late, Invitation)
    house.clock.push((late.expires_at - house.clock.now).total_seconds())
    assert use_invitation(house.context, late.code, "phone") is None


def test_a_phone_whose_answer_was_lost_is_let_in_when_it_asks_again_and_nobody_else_is(house: House) -> None:
    made = invite_colleague(house.context, LIV, "kari")
    assert isinstance(made, Invitation)
    assert [use_invitation(house.context, made.code, "phone") for _ in range(3)] == ["kari"] * 3
    house.clock.push(AGAIN_S)
    assert use_invitation(house.context, made.code, "phone") is None
    nameless = invite_colleague(house.context, LIV, "ola")
    assert isinstance(nameless, Invitation)
    assert [use_invitation(house.context, nameless.code, "") for _ in range(2)] == ["ola", None], "an app of before sends no attempt, and is let in once"


@pytest.mark.parametrize(
    ("viewer", "person_id"),
    [(Viewer("odd"), "kari"), (Viewer("kari"), "ola"), (Viewer("nils"), "kari"), (Viewer("liv", by_key=True), "kari"), (LIV, "liv"), (LIV, "nobody"),
     (Viewer("liv", "wallboard"), "kari"), (LIV, "sara")],
)  # fmt: skip
def test_nobody_else_does_and_nobody_invites_themselves(house: House, viewer: Viewer, person_id: str) -> None:
    assert invite_colleague(house.context, viewer, person_id) == "unknown_person"


def test_nobody_gains_rights_by_inviting_somebody_who_has_more(house: House) -> None:
    access(house, "ola", "responder", "administrator")
    assert invite_colleague(house.context, LIV, "ola") == "unknown_person"
    access(house, "liv", "administrator")
    assert isinstance(invite_colleague(house.context, LIV, "ola"), Invitation)
    assert invite_colleague(house.context, Viewer("kari"), "ola") == "unknown_person"


def test_somebody_who_also_serves_an_office_that_one_does_not_lead_is_not_invited(house: House) -> None:
    ola = house.directory.people["ola"]
    house.directory = replace(house.directory, people={**house.directory.people, "ola": replace(ola, offices=(*ola.offices, "lillevik"))})
    assert invite_colleague(house.context, LIV, "ola") == "unknown_person"


def test_beside_a_phone_that_is_there_nobody_else_comes_in_as_its_owner(house: House) -> None:
    enrol(house, SigningPhone(lambda: house.clock.now.timestamp()), "ola")
    assert invite_colleague(house.context, LIV, "ola") == "has_phone"
    rows = {row["id"]: row["has_phone"] for row in colleagues(house.context, LIV, OFFICE)}
    assert rows["ola"] is True and rows["kari"] is False and "liv" not in rows and "odd" not in rows
    assert colleagues(house.context, Viewer("kari"), OFFICE) == colleagues(house.context, Viewer("odd"), OFFICE) == []
