"""A phone of a person of the demo: enrolled while signed in, and signed out since. Calls the server by its own key."""

from __future__ import annotations

import json

import httpx

from tests.e2e.parts import Caller
from tests.signing import SigningPhone
from tests.stack import Stack


class Enrolled:
    """`ahead_s`: by how much its clock is wrong, from then on."""

    def __init__(self, stack: Stack, person_id: str, ahead_s: float = 0) -> None:
        self.stack, self.phone = stack, SigningPhone()
        caller = Caller(stack, person_id)
        body = json.dumps({"public_key": self.phone.public_key, "label": "iPhone"}).encode()
        answer = caller.http.put("/api/keys", content=body, headers=self.headers("PUT", "/api/keys", body))
        assert answer.status_code == 200 and answer.json()["id"] == self.phone.id, answer.text
        self.page_cookie = answer.cookies["varde_nod"]
        caller.stop()
        self.phone.ahead_s = ahead_s

    def headers(self, method: str, target: str, body: bytes = b"") -> dict[str, str]:
        return {"Authorization": self.phone.header(method, target, body), "Content-Type": "application/json"}

    def ask(self, method: str, target: str, body: dict | None = None, headers: dict[str, str] | None = None) -> httpx.Response:
        content = b"" if body is None else json.dumps(body).encode()
        return httpx.request(method, self.stack.url + target, content=content, headers=headers or self.headers(method, target, content), timeout=20)
