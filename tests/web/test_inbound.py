"""What providers of SMS and calls send to us, over real HTTP: answers, reports, and what only looks like them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.config.deployment import made_profile
from server.core.model import Alarm, Stage
from server.core.orders import Receipt, Say, Status
from server.core.values import replace, replace as copy
from server.flow import answers
from server.flow.readiness import Readiness
from server.flow.receipts import Receipts
from server.senders.incoming import ProviderInbound, WebhookInbound
from server.senders.provider import Provider
from server.store.memory import MemoryStore
from server.web.access import House as Web
from server.web.app import BODY_MAX, make_app
from server.web.intake_queue import IntakeQueue
from tests.core.world import messages
from tests.flow.house import House, nothing_more
from tests.flow.people import OFFICE
from tests.flow.test_answers import NUMBERS, rung
from tests.stack import free_port

SECRET = "a-secret-of-thirty-two-letters-x"
PUBLIC = "https://varde.example.test"
ACCOUNT = "twilio-token"
CENTRE = f"@{OFFICE}/sentral"


class Site:
    """A server whose provider of SMS is Sveve, of calls Twilio; and an alarm centre that is called by webhook."""

    def __init__(self) -> None:
        self.house = House(MemoryStore())
        directory = self.house.directory
        people = {**directory.people, **{who: replace(directory.people[who], phone=NUMBERS[who]) for who in ("ola", "nina", "liv")}}
        self.house.edit(people=people, content=copy(directory.content, messages=messages()))
        context = self.house.context
        web = Web(context, IntakeQueue(context), Readiness(context, {}, lambda: 0.0), public_url=PUBLIC)
        web.inbound = {
            "sms": ProviderInbound(Provider(made_profile("sveve"), {}, {}), SECRET),  # type: ignore[arg-type]
            "voice": ProviderInbound(Provider(made_profile("twilio-voice"), {}, {"token": ACCOUNT}), SECRET),  # type: ignore[arg-type]
            "webhook": WebhookInbound(SECRET),
        }
        port = free_port()
        self._server = uvicorn.Server(uvicorn.Config(make_app(web, Receipts(context), None), host="127.0.0.1", port=port, log_config=None))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)

    def close(self) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join(timeout=10)

    # ---- what happens

    def pressed(self) -> Alarm:
        """An alarm; nobody's screen says anything, so that SMS and calls have gone out."""
        alarm = self.house.press()
        rung(self.house)
        return alarm

    def stage(self, alarm: Alarm, who: str = "ola") -> Stage | None:
        held = self.house.again(alarm).assignment(who)
        return held.stage if held else None

    def token(self, who: str, channel: str) -> str:
        order = next(order for used, order in reversed(self.house.sent) if (used, order.recipient) == (channel, who))
        return answers.token(self.house.context, order, channel)

    # ---- what providers do

    def sms(self, text: str, who: str = "ola", id: object = 1, secret: str = SECRET) -> httpx.Response:
        return self.http.post(f"/api/inbound/sms/{secret}", json={"number": NUMBERS[who], "msg": text, "id": id})

    def key(self, pressed: str, token: str, signed_with: str = ACCOUNT) -> httpx.Response:
        path, form = f"/api/inbound/voice/{SECRET}?t={token}", {"CallSid": "CA1", "Digits": pressed}
        said = f"{PUBLIC}{path}" + "".join(f"{name}{form[name]}" for name in sorted(form))
        signature = base64.b64encode(hmac.new(signed_with.encode(), said.encode(), hashlib.sha1).digest()).decode()
        return self.http.post(path, data=form, headers={"X-Twilio-Signature": signature})


@pytest.fixture
def site() -> Iterator[Site]:
    one = Site()
    yield one
    one.close()


def reason(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


# ---------------------------------------------------------------- answers


def test_somebody_writes_one_and_is_coming_and_is_told_so(site: Site) -> None:
    alarm = site.pressed()
    answer = site.sms("1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text == "Takk. Du står som på vei til Mottak, Nav Fjordvik."
    assert site.stage(alarm) is Stage.COMING
    nothing_more(site.house)


def test_a_provider_may_call_with_get_as_well(site: Site) -> None:
    alarm = site.pressed()
    answer = site.http.get(f"/api/inbound/sms/{SECRET}", params={"number": NUMBERS["ola"], "msg": "2", "id": "7"})
    assert answer.status_code == 200 and site.stage(alarm) is Stage.CANNOT


def test_a_key_that_is_pressed_in_a_signed_call_is_an_answer(site: Site) -> None:
    alarm = site.pressed()
    answer = site.key("1", site.token("ola", "voice"))
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/xml")
    assert "<Say>Takk." in answer.text and site.stage(alarm) is Stage.COMING


def test_an_alarm_centre_answers_at_the_address_that_it_was_given(site: Site) -> None:
    alarm = site.pressed()
    site.house.tick(30)
    site.house.tick(30)
    site.house.senders["webhook"] = site.house.senders["sms"]
    site.house.deliver()
    [order, *_] = site.house.orders(alarm, Say.ALARM, CENTRE)
    token = answers.token(site.house.context, order, "webhook")
    answer = site.http.post(f"/api/inbound/webhook/{SECRET}", params={"t": token}, json={"answer": "coming"})
    assert answer.status_code == 200 and answer.json()["text"].startswith("Takk")
    assert site.stage(alarm, CENTRE) is Stage.COMING


def test_a_report_stops_the_ladder_and_is_answered_with_nothing(site: Site) -> None:
    alarm = site.house.press()
    rung(site.house, 11)
    answer = site.http.get(f"/api/inbound/sms/{SECRET}", params={"ref": site.token("ola", "sms"), "status": "true", "id": "9"})
    assert (answer.status_code, answer.text) == (200, "")
    [order] = site.house.orders(alarm, Say.ALARM, "ola")
    assert (order.status, order.channel) == (Status.REACHED, "sms")


# ---------------------------------------------------------------- again, late, at once


def test_delivered_twice_it_is_one_answer_and_answered_alike(site: Site) -> None:
    alarm = site.pressed()
    first = site.sms("1", id=4711)
    log = site.house.words(alarm)
    again = site.sms("1", id=4711)
    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert site.house.words(alarm) == log, "and nothing else has happened"


def test_delivered_eight_times_at_once_it_is_one_answer(site: Site) -> None:
    alarm = site.pressed()
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: site.sms("1", id=4712), range(8)))
    assert {one.status_code for one in got} == {200}
    assert site.house.words(alarm).count("acknowledged") == 1


def test_an_hour_late_it_is_a_question_and_nobody_is_taken_to_be_coming(site: Site) -> None:
    alarm = site.pressed()
    site.house.clock.push(3600)
    assert site.sms("1").status_code == 200
    assert site.stage(alarm) is not Stage.COMING
    assert "late_acknowledgement" in site.house.words(alarm)
    assert [one for one in site.house.deliver() if one[2] == "ask"] == [("sms", "ola", "ask")], "the question is a message of its own"


def test_after_the_end_somebody_is_told_that_it_has_ended(site: Site) -> None:
    alarm = site.pressed()
    site.house.act("nina", alarm, "acknowledge")
    site.house.end(alarm, "liv")
    answer = site.sms("1")
    assert answer.status_code == 200 and "avsluttet" in answer.text.lower()


# ---------------------------------------------------------------- stolen, wrong, made up


def test_without_the_secret_of_the_address_nobody_is_let_in(site: Site) -> None:
    alarm = site.pressed()
    for secret in ("x", SECRET[:-1], SECRET + "x", "%00", "..", "é"):
        assert reason(site.sms("1", secret=secret)) in ((404, "wrong_address"), (404, "unknown_path")), secret
    assert reason(site.http.post(f"/api/inbound/pigeon/{SECRET}", json={})) == (404, "wrong_address")
    assert site.stage(alarm) is None


def test_a_call_that_another_account_has_signed_or_nobody_is_refused(site: Site) -> None:
    alarm, token = site.pressed(), site.token("ola", "voice")
    assert reason(site.key("1", token, signed_with="another")) == (403, "bad_signature")
    assert reason(site.http.post(f"/api/inbound/voice/{SECRET}?t={token}", data={"Digits": "1"})) == (403, "bad_signature")
    assert site.stage(alarm) is None


def test_a_signature_is_for_the_token_that_it_came_with(site: Site) -> None:
    """Whoever has seen Nina's call cannot answer for Ola with it."""
    alarm, ola, nina = site.pressed(), site.token("ola", "voice"), site.token("nina", "voice")
    form = {"Digits": "1"}
    said = f"{PUBLIC}/api/inbound/voice/{SECRET}?t={nina}Digits1"
    signature = base64.b64encode(hmac.new(ACCOUNT.encode(), said.encode(), hashlib.sha1).digest()).decode()
    answer = site.http.post(f"/api/inbound/voice/{SECRET}?t={ola}", data=form, headers={"X-Twilio-Signature": signature})
    assert reason(answer) == (403, "bad_signature") and site.stage(alarm) is None


def test_a_stolen_token_of_another_channel_or_another_message_answers_nothing(site: Site) -> None:
    alarm = site.pressed()
    sms, voice = site.token("ola", "sms"), site.token("ola", "voice")
    alarm_id, _, rest = voice.partition(".")
    for wrong in (sms, f"{alarm_id}x.{rest}", f"{alarm_id}.9{rest[1:]}", voice[:-1] + ("a" if voice[-1] != "a" else "b"), "x" * 400, "a.1a" + "x" * 20):
        assert reason(site.key("1", wrong)) == (403, "unknown_token"), wrong
    for wrong in (voice, sms[:-1]):
        report = site.http.get(f"/api/inbound/sms/{SECRET}", params={"ref": wrong, "status": "true"})
        assert reason(report) == (403, "unknown_token"), wrong
    assert site.stage(alarm) is None
    assert not [one for order in site.house.orders(alarm) for one in order.tries if one.word == Receipt.DELIVERED.value]


def test_a_number_that_is_nobodys_is_told_so_and_changes_nothing(site: Site) -> None:
    alarm = site.pressed()
    log = site.house.words(alarm)
    answer = site.http.post(f"/api/inbound/sms/{SECRET}", json={"number": "+4799999999", "msg": "1", "id": 5})
    assert answer.status_code == 200 and "kjenner ikke dette nummeret" in answer.text
    assert site.house.words(alarm) == log


# ---------------------------------------------------------------- garbage


ODD: list[dict[str, Any]] = [
    {"content": b""},
    {"content": b"\x00\xff\xfe" * 50, "headers": {"content-type": "application/json"}},
    {"content": b"[" * 60_000, "headers": {"content-type": "application/json"}},
    {"content": b'{"msg":' * 8_000, "headers": {"content-type": "application/json"}},
    {"content": b"a=1&" * 10_000, "headers": {"content-type": "application/x-www-form-urlencoded"}},
    {"content": b"%ff%00=%f0", "headers": {"content-type": "application/x-www-form-urlencoded"}},
    {"json": {"msg": {"deep": [1, None, True]}}},
    {"json": {"status": "true", "ref": None}},
    {"json": [1, 2, 3]},
    {"json": None},
    {"files": {"msg": b"1"}},
    {"params": {"t": "x" * 2_000}},
]


@pytest.mark.parametrize("channel", ["sms", "webhook"])
@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_garbage_is_refused_in_words_and_never_a_fault(odd: dict[str, Any], channel: str, site: Site) -> None:
    answer = site.http.post(f"/api/inbound/{channel}/{SECRET}", **odd)
    assert answer.status_code in (403, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json" and answer.json()["detail"]


def test_whatever_is_said_by_sms_the_answer_is_no_fault_and_other_alarms_stay(site: Site) -> None:
    alarm = site.pressed()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=300), st.one_of(st.text(max_size=30), st.integers(), st.none()))
    def whatever(text: str, number: object) -> None:
        content = json.dumps({"number": number, "msg": text, "id": text}).encode()
        answer = site.http.post(f"/api/inbound/sms/{SECRET}", content=content, headers={"content-type": "application/json"})
        assert answer.status_code in (200, 422), answer.text

    whatever()
    assert site.stage(alarm) is None and site.house.again(alarm).open


def test_too_large_a_body_is_not_read(site: Site) -> None:
    alarm = site.pressed()
    body = json.dumps({"number": NUMBERS["ola"], "msg": "1", "more": "x" * BODY_MAX}).encode()
    as_json = {"content-type": "application/json"}
    path = f"/api/inbound/sms/{SECRET}"
    assert reason(site.http.post(path, content=body, headers=as_json)) == (413, "too_large")
    assert reason(site.http.post(path, content=iter([body[:1000], body[1000:]]), headers=as_json)) == (413, "too_large")
    assert site.stage(alarm) is None
    assert site.sms("1").status_code == 200 and site.stage(alarm) is Stage.COMING, "and the door is still open"


# ---------------------------------------------------------------- what is kept of it


def test_neither_secret_nor_number_nor_token_nor_text_is_in_the_program_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.pressed()
    token = site.token("ola", "voice")
    with caplog.at_level(logging.DEBUG, "varde"):
        site.sms("1")
        site.sms("Han har kniv", id=2)
        site.sms("1", secret="guessed")
        site.key("1", token)
        site.key("1", token + "x")
        site.http.post(f"/api/inbound/sms/{SECRET}", json={"number": "+4799999999", "msg": "1"})
        site.http.post(f"/api/inbound/sms/{SECRET}", content=b"?")
    assert caplog.records
    said = " ".join(str(record.__dict__) for record in caplog.records if record.name.startswith("varde"))
    for private in (SECRET, "guessed", token, NUMBERS["ola"], "+4755550102", "99999999", "kniv", "Ola"):
        assert private not in said, private
