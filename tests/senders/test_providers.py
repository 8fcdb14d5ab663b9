"""Each made provider as its own documentation describes it: what it is asked, and what its answers mean. Against a real server in its place."""

from __future__ import annotations

import json

import pytest

from server.config.deployment import made_profile, made_profiles
from server.core.model import Alarm, Drill
from server.core.orders import Result, Say, about_visit
from server.core.numbers_proven import TEXTS
from server.core.tokens import order_of, token_for
from server.core.values import replace
from server.senders.contract import Needs, Outcome
from server.senders.profile import Ask, Profile
from server.senders.provider import Provider, ProviderSender
from server.wiring_channels import reported_by
from tests.core.visits import out
from tests.senders.conftest import GUARD, KEY, alarm_of, demo_directory, order_to
from tests.senders.vendor import Vendor

SETTINGS = {
    "sveve": {"from": "26444"},
    "linkmobility": {"host": "no.example.test", "platform": "COOL", "partner": "12", "gate": "g1", "from": "Varde", "from_type": "ALPHANUMERIC"},
    "twilio-sms": {"from": "+4755550190"},
    "twilio-voice": {"from": "+4755550190"},
}
SECRETS = {"user": "varde", "password": "pass word", "account": "AC1", "token": "twilio-token"}
CALLBACK = "https://varde.example.test/api/inbound/x/secret"

YES: dict[str, tuple[int, object]] = {
    "sveve": (200, {"response": {"msgOkCount": 1, "stdSMSCount": 1, "ids": [42824112]}}),
    "linkmobility": (200, {"messageId": "Dcshuhod0PMAAAFQ", "resultCode": 1005, "description": "Queued"}),
    "twilio-sms": (201, {"sid": "SM1", "status": "queued"}),
    "twilio-voice": (201, {"sid": "CA1", "status": "queued"}),
}
NO: dict[str, list[tuple[int, object, Outcome]]] = {
    "sveve": [
        (200, {"response": {"fatalError": "Feil brukernavn/passord"}}, Outcome(Result.PERMANENT, why="refused_account")),
        (200, {"response": {"msgOkCount": 0, "errors": [{"number": "1", "message": "Ugyldig nummer"}]}}, Outcome(Result.PERMANENT, why="refused_number")),
        (200, {"response": {}}, Outcome(Result.RETRY, why="unexpected_answer")),
    ],
    "linkmobility": [
        (401, {"resultCode": 106100, "description": "Invalid authentication"}, Outcome(Result.PERMANENT, why="refused_account")),
        (400, {"resultCode": 106000}, Outcome(Result.PERMANENT, why="http_400")),
        (200, {"resultCode": 3}, Outcome(Result.RETRY, why="unexpected_answer")),
    ],
    "twilio-sms": [
        (400, {"code": 21211, "message": "Invalid 'To' Phone Number"}, Outcome(Result.PERMANENT, why="http_400")),
        (401, {"code": 20003}, Outcome(Result.PERMANENT, why="refused_account")),
        (429, {"code": 20429}, Outcome(Result.RETRY, why="http_429")),
    ],
    "twilio-voice": [(401, {"code": 20003}, Outcome(Result.PERMANENT, why="refused_account"))],
}
NOTHING_SAID = [(201, "", Result.RETRY), (200, "<html>maintenance</html>", Result.RETRY), (302, "", Result.PERMANENT), (500, "", Result.RETRY)]
"""What is no yes from anybody."""


def sender(name: str, vendor: Vendor, needs: Needs, answers: bool = True) -> ProviderSender:
    profile = made_profile(name)
    assert profile is not None
    ask = lambda one: one.model_copy(update={"url": vendor.url + "/" + one.url.split("/", 3)[3]}) if one else None  # noqa: E731
    moved = profile.model_copy(update={"send": ask(profile.send), "check": ask(profile.check)})
    secrets = {name: SECRETS[name] for name in profile.secrets}
    return ProviderSender(Provider(moved, SETTINGS[name], secrets, CALLBACK, answers), needs)


def test_every_made_profile_is_tested_here() -> None:
    assert set(made_profiles()) == set(SETTINGS) == set(YES) == set(NO)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_yes_is_a_yes(name: str, vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    vendor.answer(*YES[name])
    assert sender(name, vendor, needs).send(order_to("ola.brekke", alarm), alarm) == Outcome(Result.ACCEPTED)
    assert len(vendor.asked) == 1, "and nothing else was sent"


@pytest.mark.parametrize(("name", "status", "body", "outcome"), [(name, *one) for name, several in NO.items() for one in several])
def test_a_no_is_a_no_of_its_kind(name: str, status: int, body: object, outcome: Outcome, vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    vendor.answer(status, body)
    assert sender(name, vendor, needs).send(order_to("ola.brekke", alarm), alarm) == outcome


@pytest.mark.parametrize("name", sorted(SETTINGS))
@pytest.mark.parametrize(("status", "body", "result"), NOTHING_SAID)
def test_what_no_provider_says_is_never_a_yes(name: str, status: int, body: str, result: Result, vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    vendor.answer(status, body)
    assert sender(name, vendor, needs).send(order_to("ola.brekke", alarm), alarm).result is result


def test_sveve_is_asked_as_it_wants_to_be(vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    order = order_to("ola.brekke", alarm)
    sender("sveve", vendor, needs).send(order, alarm)
    [asked] = vendor.asked
    assert (asked.method, asked.path) == ("POST", "/SMS/SendMessage")
    said = asked.json
    assert (said["user"], said["passwd"], said["to"], said["from"], said["f"]) == ("varde", "pass word", "4755550102", "26444", "json")
    assert said["msg"] == "ALARM Mottak, Nav Fjordvik, kl. 11:00. Ikke ring den som trykket. Svar 1: jeg kommer. 2: jeg kan ikke."
    assert len(said["ref"]) <= 36, "Sveve gives back no more than that"
    assert order_of(KEY, said["ref"], "sms", [*demo_directory().people]) == order.id


def test_an_sms_about_a_visit_has_a_reference_that_sveve_takes_and_one_with_a_longer_id_goes_without(vendor: Vendor, needs: Needs) -> None:
    one = sender("sveve", vendor, needs)
    for visit_id, known in (("v-019adc54-6f3e-7a10-b2c4-0123456789ab", True), (f"v-{'x' * 40}", False)):
        vendor.answer(*YES["sveve"])
        order = about_visit(visit_id, 12, "nav-fjordvik", "ola.brekke", Say.VISIT_CALL, ("sms",), needs.now(), True, 10)
        assert one.send(order, out()).result is Result.ACCEPTED
        ref = vendor.asked[-1].json["ref"]
        assert len(ref) <= 36 and (order_of(KEY, ref, "sms", ["ola.brekke"]) == order.id if known else ref == "")


def test_link_is_asked_as_it_wants_to_be(vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    sender("linkmobility", vendor, needs, answers=False).send(order_to("ola.brekke", alarm), alarm)
    [asked] = vendor.asked
    assert asked.path == "/sms/send" and asked.headers["authorization"].startswith("Basic ")
    said = asked.json
    assert (said["source"], said["destination"], said["platformId"], said["platformPartnerId"]) == ("Varde", "+4755550102", "COOL", "12")
    assert (said["useDeliveryReport"], said["deliveryReportGates"], said["relativeValidityTime"]) == (True, ["g1"], 900_000)
    assert said["userData"].endswith("Åpne Varde og svar."), "an answer to a name would go nowhere"


def test_twilio_rings_says_it_twice_and_takes_a_key(vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    sender("twilio-voice", vendor, needs).send(order_to(GUARD, alarm), alarm)
    [asked] = vendor.asked
    assert asked.path == "/2010-04-01/Accounts/AC1/Calls.json"
    form = asked.form
    assert (form["To"], form["From"]) == ("+4755550191", "+4755550190")
    assert form["StatusCallback"].startswith(CALLBACK + "?t=")
    twiml = form["Twiml"]
    assert '<Gather numDigits="1"' in twiml and 'language="nb-NO"' in twiml
    assert twiml.count("ALARM Mottak, Nav Fjordvik") == 2 and "Trykk 1 hvis du kommer" in twiml
    assert "Havnegata 4" in twiml, "somebody from outside must find the way"
    import xml.etree.ElementTree as ElementTree

    ElementTree.fromstring(twiml)


def test_a_name_that_looks_like_code_stays_a_name(vendor: Vendor, needs: Needs) -> None:
    odd = alarm_of()
    place = replace(odd.place, zone='Rom <1> & "2" {secret.token}')
    sender("twilio-voice", vendor, needs).send(order_to("ola.brekke", odd), replace(odd, place=place))
    twiml = vendor.asked[0].form["Twiml"]
    assert "&lt;1&gt; &amp; &quot;2&quot;" in twiml and "twilio-token" not in twiml


@pytest.mark.parametrize(
    ("alarm", "mark"), [(alarm_of(drill=Drill("d-1", "Høstøvelsen")), "ØVELSE ØVELSE: "), (alarm_of(ended_drills=("a-0",)), "EKTE ALARM, ikke øvelse. ")],
    ids=["a drill", "what has ended one"],
)  # fmt: skip
@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_drill_and_what_has_ended_one_say_so_first(name: str, vendor: Vendor, needs: Needs, alarm: Alarm, mark: str) -> None:
    sender(name, vendor, needs).send(order_to("ola.brekke", alarm), alarm)
    sent = vendor.asked[0]
    said = sent.json if "json" in sent.headers["content-type"] else sent.form
    text = next(said[key] for key in ("msg", "userData", "Body", "Twiml") if key in said)
    assert mark in text.split("ALARM Mottak")[0] and text.count(mark) == (2 if "Twiml" in said else 1), "a call says it before each of its halves"


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_no_name_of_anybody_leaves_the_house(name: str, vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    one = sender(name, vendor, needs)
    for recipient in ("ola.brekke", GUARD):
        for say in (Say.ALARM, Say.CHANGED, Say.MAY_BE_OVER, Say.ALL_CLEAR, Say.CANCELLED):
            one.send(order_to(recipient, alarm, say), alarm)
    names = {part for person in demo_directory().people.values() for part in (person.name, person.id)}
    for asked in vendor.asked:
        said = asked.body.decode() + json.dumps(asked.query) + asked.path
        assert not [name for name in names if name in said]


def test_whoever_has_no_number_has_no_address(vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    one = sender("sveve", vendor, needs)
    assert one.send(order_to("tavle.fjordvik", alarm), alarm) == Outcome(Result.NO_ADDRESS)
    assert one.addressed(["tavle.fjordvik", "ola.brekke", GUARD, "@x/y", "nobody"]) == {"ola.brekke", GUARD}
    assert not vendor.asked


def test_somebody_who_hides_is_never_rung_whatever_order_there_is(vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    quiet = replace(order_to("ola.brekke", alarm), quiet=True)
    assert sender("twilio-voice", vendor, needs).send(quiet, alarm) == Outcome(Result.PERMANENT, why="quiet")
    assert not vendor.asked


@pytest.mark.parametrize("name", [name for name in sorted(SETTINGS) if name != "linkmobility"])
def test_a_provider_that_can_be_asked_says_whether_it_is_well(name: str, vendor: Vendor, needs: Needs) -> None:
    one = sender(name, vendor, needs)
    vendor.answer(200, {"response": {"sms_count": 100}, "status": "active"})
    assert one.probe() == Outcome(Result.ACCEPTED)
    vendor.answer(401, {"code": 20003})
    said = one.probe()
    assert said is not None and said.result is Result.PERMANENT
    vendor.close()
    said = sender(name, vendor, needs).probe()
    assert said is not None and said.result is Result.RETRY


def test_a_provider_that_cannot_be_asked_says_nothing(vendor: Vendor, needs: Needs) -> None:
    assert sender("linkmobility", vendor, needs).probe() is None


def test_a_test_message_is_an_sms_like_others_with_its_own_token_and_says_that_it_is_no_alarm(vendor: Vendor, needs: Needs) -> None:
    vendor.answer(*YES["sveve"])
    token = token_for(KEY, "test/0/ask/ola.brekke", "sms")
    one = sender("sveve", vendor, needs)
    assert one.try_number("test/0/ask/ola.brekke", "+47 55 55 01 02", TEXTS["nn"], "nn", token) == "accepted"
    said = vendor.asked[0].json
    assert (said["to"], said["ref"]) == ("4755550102", token) and "ingen alarm" in said["msg"] and len(said["ref"]) <= 36
    assert one.try_number("test/0/ask/ola.brekke", "", TEXTS["nn"], "nn", token) == "no_address"
    vendor.answer(500)
    assert one.try_number("test/0/ask/ola.brekke", "+47 55 55 01 02", TEXTS["nn"], "nn", token) == "retry"
    assert len(vendor.asked) == 2, "and nothing else was sent"
    assert all(len(text) <= 160 and "ALARM" not in text for text in TEXTS.values())


def test_a_provider_reports_only_where_its_profile_says_how_and_it_has_an_address_to_report_to(vendor: Vendor, needs: Needs) -> None:
    assert {name: sender(name, vendor, needs).reports for name in SETTINGS} == {name: made_profile(name).incoming.receipts is not None for name in SETTINGS}  # type: ignore[union-attr]
    reporting = sender("sveve", vendor, needs)
    assert reporting.reports and reported_by({"sms": reporting, "push": object()}) == ["sms"]  # type: ignore[dict-item]
    nowhere = ProviderSender(Provider(reporting._provider.profile, SETTINGS["sveve"], {}, "", True), needs)
    assert not nowhere.reports and reported_by({"sms": nowhere}) == []


# ---------------------------------------------------------------- profiles of one's own


OWN = {"id": "own", "name": "Own", "channel": "sms", "settings": ["from"], "secrets": ["key"]}


def test_an_office_writes_its_own_profile(vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    profile = Profile.model_validate(
        {
            **OWN,
            "send": {
                "method": "PUT", "url": f"{vendor.url}/v1/{{to_digits}}/x", "headers": {"Authorization": "Bearer {secret.key}", "X-Ref": "{id}"},
                "query": {"from": "{from}"}, "json": {"messages": [{"text": "{text}", "flash": False}]},
            },
            "means": [{"status": 202, "at": "/messages/0/state", "is": ["ok"], "means": "accepted"}],
        }
    )  # fmt: skip
    one = ProviderSender(Provider(profile, {"from": "Æ"}, {"key": "k y"}), needs)
    vendor.answer(202, {"messages": [{"state": "ok"}]})
    assert one.send(order_to("ola.brekke", alarm), alarm) == Outcome(Result.ACCEPTED)
    one.send(order_to("ola.brekke", alarm), alarm)
    first, again = vendor.asked
    assert (first.method, first.path, first.query, first.headers["authorization"]) == ("PUT", "/v1/4755550102/x", {"from": "Æ"}, "Bearer k y")
    assert first.json["messages"][0]["flash"] is False
    assert first.headers["x-ref"] == again.headers["x-ref"], "the same order is the same message, so that a retry is safe"


@pytest.mark.parametrize(
    "wrong",
    [
        {"send": {"url": "https://x.test/{unknown}"}},
        {"send": {"url": "https://x.test/{secret.other}"}},
        {"send": {"url": "https://x.test", "form": {}, "json": {}}},
        {"send": {"url": "gopher://x.test"}},
        {"means": [{"status": 200, "means": "perhaps"}]},
        {"means": [{"status": 200, "is": ["queued"], "means": "accepted"}]},
        {"means": [{"status": 200, "contains": "ok", "means": "accepted"}]},
        {"colour": "red"},
        {"channel": "pigeon"},
        {"channel": "voice"},
        {"send": {"url": "https://x.test/{To}/{text}"}},
        {"send": {"url": "https://x.test/{text}"}},
        {"send": {"url": "https://x.test/{to}"}},
        {"incoming": {"answers": {"number": "from", "text": "message"}}},
        {"incoming": {"signature": "twilio"}},
    ],
)
def test_a_profile_that_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    right = {**OWN, "send": {"url": "https://x.test/{to}", "form": {"text": "{text}"}}}
    Profile.model_validate(right)
    with pytest.raises(ValueError):
        Profile.model_validate({**right, **wrong})


def test_a_request_cannot_be_split_by_what_is_put_into_its_headers(vendor: Vendor, needs: Needs, alarm: Alarm) -> None:
    send = {"url": vendor.url, "headers": {"X-From": "{from}"}, "query": {"n": "{to}", "t": "{text}"}}
    profile = Profile.model_validate({**OWN, "secrets": [], "send": send})
    ProviderSender(Provider(profile, {"from": "a\r\nX-Evil: 1"}, {}), needs).send(order_to("ola.brekke", alarm), alarm)
    assert "x-evil" not in vendor.asked[0].headers
    assert isinstance(profile.send, Ask)
