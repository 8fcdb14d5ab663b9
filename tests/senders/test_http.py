"""One call to a vendor: whatever it answers is a typed outcome, and it is never waited for longer than agreed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import ProxyManager

from server.core.orders import Result
from server.senders.contract import Outcome
from server.senders.http import ANSWER_MOST, RETRY_AFTER_MOST_S, Answer, Call, Caller, outcome_of, retry_after_s, way_out
from tests.senders.vendor import Proxy, Vendor


def call(vendor: Vendor, **more: object) -> Outcome:
    answer = Caller().call(Call("POST", vendor.url + "/send", **more))  # type: ignore[arg-type]
    return answer if isinstance(answer, Outcome) else outcome_of(answer)


@pytest.mark.parametrize(
    ("status", "result", "why"),
    [
        (200, Result.ACCEPTED, ""),
        (201, Result.ACCEPTED, ""),
        (204, Result.ACCEPTED, ""),
        (400, Result.PERMANENT, "http_400"),
        (401, Result.PERMANENT, "http_401"),
        (404, Result.PERMANENT, "http_404"),
        (408, Result.RETRY, "http_408"),
        (410, Result.PERMANENT, "http_410"),
        (429, Result.RETRY, "http_429"),
        (500, Result.RETRY, "http_500"),
        (502, Result.RETRY, "http_502"),
        (503, Result.RETRY, "http_503"),
    ],
)
def test_each_status_is_an_outcome(vendor: Vendor, status: int, result: Result, why: str) -> None:
    vendor.answer(status)
    assert call(vendor) == Outcome(result, why=why)


def test_a_redirect_is_not_followed_for_what_we_send_holds_secrets(vendor: Vendor) -> None:
    elsewhere = Vendor()
    for status in (301, 302, 303, 307, 308):
        vendor.answer(status, location=elsewhere.url + "/steal")
        assert call(vendor, form={"password": "secret"}) == Outcome(Result.PERMANENT, why="redirect")
    elsewhere.close()
    assert not elsewhere.asked, "and nothing else was asked"


def test_a_vendor_that_asks_for_patience_is_given_it(vendor: Vendor) -> None:
    vendor.answer(429, retry_after="7")
    assert call(vendor) == Outcome(Result.RETRY, 7, "http_429")
    vendor.answer(503, retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    assert 50 < call(vendor).retry_after_s <= 60


@given(st.text(max_size=60))
def test_any_retry_after_is_some_seconds(text: str) -> None:
    assert 0 <= retry_after_s(Answer(429, {"retry-after": text}, "")) <= RETRY_AFTER_MOST_S


@pytest.mark.parametrize(
    ("given", "query", "headers", "body"),
    [
        ({"json": {"tekst": "Hjelp på vei"}}, {}, {"content-type": "application/json"}, '{"tekst": "Hjelp p\\u00e5 vei"}'),
        ({"form": {"tekst": "på vei & snart", "til": "+4790000000"}}, {}, {"content-type": "application/x-www-form-urlencoded"},
         "tekst=p%C3%A5+vei+%26+snart&til=%2B4790000000"),
        ({"json": {}, "headers": {"content-TYPE": "application/vnd.sms+json"}}, {}, {"content-type": "application/vnd.sms+json"}, "{}"),
        ({"content": b"signed", "headers": {"X-Signature": "s"}}, {}, {"x-signature": "s"}, "signed"),
        ({"basic": ("user", "pass:word"), "query": {"to": "+47 1"}}, {"to": "+47 1"}, {"authorization": "Basic dXNlcjpwYXNzOndvcmQ=", "content-length": "0"},
         ""),
    ],
)  # fmt: skip
def test_a_call_says_what_it_was_given(vendor: Vendor, given: dict, query: dict, headers: dict, body: str) -> None:  # type: ignore[type-arg]
    call(vendor, **given)
    [asked] = vendor.asked
    assert (asked.query, asked.body.decode()) == (query, body)
    assert headers.items() <= asked.headers.items() and asked.headers["user-agent"] == "Varde"


def test_a_connection_is_kept_and_one_that_the_vendor_has_closed_is_made_anew(vendor: Vendor) -> None:
    caller = Caller()
    for _ in range(3):
        assert isinstance(caller.call(Call("POST", vendor.url, json={})), Answer)
    assert len(vendor.lines) == 1
    vendor.hang_up()
    answer = caller.call(Call("POST", vendor.url, json={}))
    assert isinstance(answer, Answer) and len(vendor.lines) == 2


@pytest.mark.usefixtures("impatient")
def test_a_vendor_that_never_answers_is_not_waited_for(vendor: Vendor) -> None:
    vendor.hanging = True
    assert call(vendor) == Outcome(Result.RETRY, why="timeout"), "had it been waited for, its connection would have ended"


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_drips_for_ever_counts_by_its_status_and_is_not_waited_for(vendor: Vendor) -> None:
    vendor.dripping = True
    assert call(vendor) == Outcome(Result.ACCEPTED)
    assert not vendor.go.is_set(), "and it drips on"


def test_an_endless_answer_is_not_read(vendor: Vendor) -> None:
    vendor.answer(200, "x" * (ANSWER_MOST * 20))
    answer = Caller().call(Call("POST", vendor.url))
    assert isinstance(answer, Answer) and len(answer.text) <= ANSWER_MOST


def test_a_vendor_that_is_not_there_may_come_back(vendor: Vendor) -> None:
    vendor.close()
    assert call(vendor) == Outcome(Result.RETRY, why="no_connection")


def test_an_address_that_is_none_never_works() -> None:
    for url in ("nonsense", "http://", "ftp://x/y", "https://[::1"):
        assert Caller().call(Call("POST", url)) == Outcome(Result.PERMANENT, why="bad_address")


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import ssl
    import subprocess
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    key, cert = tmp_path / "key", tmp_path / "cert"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "1", "-subj", "/CN=127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.handle_request, daemon=True).start()
    answer = Caller().call(Call("POST", f"https://127.0.0.1:{server.server_port}/"))
    server.server_close()
    assert answer == Outcome(Result.PERMANENT, why="certificate")


@pytest.mark.parametrize("but_not", ["", "127.0.0.1"])
def test_a_call_goes_by_the_proxy_that_the_environment_names(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, but_not: str) -> None:
    proxy = Proxy()
    proxy.named(monkeypatch, but_not)
    vendor.answer(200)
    assert call(vendor, form={"to": "90000000"}) == Outcome(Result.ACCEPTED)
    proxy.close()
    assert (proxy.asked, len(vendor.asked)) == (([], 1) if but_not else ([f"POST {vendor.url}/send HTTP/1.1"], 0))


def test_a_proxy_may_be_named_without_a_scheme_and_with_a_password(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Proxy()
    monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))
    assert call(vendor, json={}) == Outcome(Result.ACCEPTED)
    proxy.close()
    assert proxy.asked == [f"POST {vendor.url}/send HTTP/1.1"]
    monkeypatch.setenv("https_proxy", "http://kari:p%40ss@proxy.example:3128")
    way = way_out("https://sms.example/send")
    assert isinstance(way, ProxyManager) and way.proxy_headers == {"proxy-authorization": "Basic a2FyaTpwQHNz"}


def test_the_office_s_own_certificates_hold_also_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/bundle.pem")
    assert way_out("https://127.0.0.1:1/send").connection_pool_kw["ca_certs"] == "/nowhere/bundle.pem"
