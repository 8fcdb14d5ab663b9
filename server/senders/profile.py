"""A provider of SMS or calls, described in YAML: how it is asked, how its answer is read, and what it sends to us. Pure: no I/O here.

The made ones are in `providers/`. An office may write its own under `channels` in `deployment.yaml`; docs/channels.md says how.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from server.core.inbound import Came, Rejected, Request
from server.core.orders import Receipt, Result
from server.senders.contract import Outcome
from server.senders.http import Answer, Call, outcome_of, retry_after_s

PLACEHOLDER = re.compile(r"\{([A-Za-z_.]+)(?:\|([a-z]+))?\}")
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Template = Annotated[str, StringConstraints(max_length=4000)]
GIVEN = frozenset({"to", "to_digits", "text", "language", "token", "callback", "id"})
"""What Varde gives for each message; settings and secrets come besides."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Ask(Part):
    """One request. Texts may hold {to}, {to_digits}, {text}, {language}, {token}, {callback}, {id}, {<setting>} and {secret.<name>};
    `|xml` and `|url` behind a name write it as those want it."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]{3,2000}$")]
    headers: dict[str, Template] = {}
    query: dict[str, Template] = {}
    form: dict[str, Template] | None = None
    json_: Any = Field(None, alias="json")
    basic: tuple[Template, Template] | None = Field(None, strict=False)

    @model_validator(mode="after")
    def _one_body(self) -> Ask:
        if self.form is not None and self.json_ is not None:
            raise ValueError("a request has a 'form' or 'json', not both.")
        return self


class Rule(Part):
    """What an answer means. All that is given must fit: the `status` (200, or 2xx), and what stands `at` a JSON pointer: one of `is`, or a text
    that contains `contains`, or anything at all."""

    status: int | Literal["2xx", "4xx", "5xx"] | None = None
    at: Annotated[str, StringConstraints(pattern=r"^(/[^\s]*)?$")] | None = None
    is_: list[str | int | bool] | None = Field(None, alias="is")
    contains: Word | None = None
    means: Literal["accepted", "permanent", "retry"]
    why: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")] = ""

    @model_validator(mode="after")
    def _looks_somewhere(self) -> Rule:
        if self.at is None and (self.is_ is not None or self.contains is not None):
            raise ValueError("'is' and 'contains' need 'at': a JSON pointer to what is to be looked at, such as /status.")
        return self


class Receipts(Part):
    """Delivery reports: the field with our token (or none, where it comes in the address that we gave), the field with the word, its meaning."""

    token: Word | None = None
    field: Word
    delivered: list[str] = []
    not_delivered: list[str] = []


class Answers(Part):
    """What people write or press: fields of the provider's call to us."""

    number: Word | None = None
    text: Word
    id: Word | None = None
    written_at: Word | None = None


class ReplyWith(Part):
    content_type: Word = "text/plain; charset=utf-8"
    body: Template
    """With {text}; write {text|xml} in XML."""
    empty: Template = ""
    """Where there is nothing to say."""


class Incoming(Part):
    signature: Literal["twilio"] | None = None
    receipts: Receipts | None = None
    answers: Answers | None = None
    reply: ReplyWith | None = None


class Profile(Part):
    schema_: Literal["varde.provider/1"] = Field("varde.provider/1", alias="schema")
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    name: Word
    channel: Literal["sms", "voice"]
    settings: list[Name] = []
    secrets: list[Name] = []
    languages: dict[Literal["nb", "nn", "en"], Word] = {}
    send: Ask
    means: list[Rule] = []
    check: Ask | None = None
    incoming: Incoming | None = None

    @model_validator(mode="after")
    def _known_names(self) -> Profile:
        for name in {*_names(self.send), *(_names(self.check) if self.check else ())}:
            given = name in GIVEN or name in self.settings or name.removeprefix("secret.") in self.secrets and name.startswith("secret.")
            if not given:
                raise ValueError(f"{{{name}}} is not known: list it under 'settings' or 'secrets', or correct it.")
        return self

    @model_validator(mode="after")
    def _says_what_to_whom(self) -> Profile:
        told = set(_names(self.send))
        if not told & {"to", "to_digits"}:
            raise ValueError("'send' says nowhere to whom: put {to} or {to_digits} into it.")
        if not told & ({"text"} if self.channel == "sms" else {"text", "callback"}):
            raise ValueError("'send' says nowhere what: put {text} into it.")
        return self

    @model_validator(mode="after")
    def _hears_answers(self) -> Profile:
        answers = self.incoming.answers if self.incoming else None
        if self.channel == "voice" and answers is None:
            raise ValueError("a call is answered with a key: say under 'incoming' how 'answers' come in.")
        if answers is not None and self.channel == "sms" and answers.id is None and answers.written_at is None:
            raise ValueError("'answers' needs 'id' or 'written_at': without them the same answer again cannot be told from a message that comes twice.")
        if self.incoming and self.incoming.signature == "twilio" and "token" not in self.secrets:
            raise ValueError("the signature 'twilio' is made with the secret 'token': list it under 'secrets'.")
        return self


# ---------------------------------------------------------------- asking


def request(ask: Ask, values: Mapping[str, str]) -> Call:
    """The request with this message's values in it. In the address they are written as an address wants them."""
    filled = lambda text: _fill(text, values)  # noqa: E731
    return Call(
        ask.method,
        PLACEHOLDER.sub(lambda found: quote(values.get(found[1], ""), safe=""), ask.url),
        {name: _one_line(filled(text)) for name, text in ask.headers.items()},
        {name: filled(text) for name, text in ask.query.items()},
        {name: filled(text) for name, text in ask.form.items()} if ask.form is not None else None,
        _in_json(ask.json_, filled) if ask.json_ is not None else None,
        basic=(filled(ask.basic[0]), filled(ask.basic[1])) if ask.basic else None,
    )


FILTERS: dict[str | None, Callable[[str], str]] = {
    None: lambda value: value,
    "xml": lambda value: escape(value, {'"': "&quot;", "'": "&apos;"}),
    "url": lambda value: quote(value, safe=""),
}


def _fill(text: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: FILTERS.get(found[2], FILTERS[None])(values.get(found[1], "")), text)


def _one_line(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def _in_json(part: Any, filled: Callable[[str], str]) -> Any:
    if isinstance(part, str):
        return filled(part)
    if isinstance(part, dict):
        return {key: _in_json(value, filled) for key, value in part.items()}
    if isinstance(part, list):
        return [_in_json(value, filled) for value in part]
    return part


def _names(ask: Ask) -> Iterator[str]:
    yield from (found[1] for found in PLACEHOLDER.finditer(json.dumps(ask.model_dump(mode="json"), ensure_ascii=False)))


# ---------------------------------------------------------------- reading its answer


def outcome(profile: Profile, answer: Answer) -> Outcome:
    """The first rule that fits. Without one the status decides; but a 2xx that the provider's rules do not know is no yes."""
    parsed = answer.parsed()
    for rule in profile.means:
        if _fits(rule, answer.status, parsed):
            retry_s = retry_after_s(answer) if rule.means == "retry" else 0.0
            return Outcome(Result(rule.means), retry_s, rule.why if rule.why or rule.means == "accepted" else f"http_{answer.status}")
    by_status = outcome_of(answer)
    if by_status.result is Result.ACCEPTED and any(rule.means == "accepted" for rule in profile.means):
        return Outcome(Result.RETRY, why="unexpected_answer")
    return by_status


def _fits(rule: Rule, status: int, parsed: Any) -> bool:
    wanted = rule.status
    if isinstance(wanted, int) and status != wanted or isinstance(wanted, str) and status // 100 != int(wanted[0]):
        return False
    if rule.at is None:
        return True
    found = at(parsed, rule.at)
    if found is MISSING:
        return False
    if rule.is_ is not None:
        return any(found == value and type(found) is type(value) for value in rule.is_)
    return rule.contains is None or rule.contains.casefold() in str(found).casefold()


MISSING = object()


def at(parsed: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901), or MISSING."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(parsed, dict) and part in parsed:
            parsed = parsed[part]
        elif isinstance(parsed, list) and part.isascii() and part.isdigit() and len(part) < 6 and int(part) < len(parsed):
            parsed = parsed[int(part)]
        else:
            return MISSING
    return parsed


# ---------------------------------------------------------------- what it sends to us


def read(incoming: Incoming, got: Request, secret: str) -> list[Came]:
    """What a call to us says. `secret` is the one for the signature. Raises Rejected where it is not signed as it must be, or says nothing
    that can be understood."""
    form = _form(got)
    if incoming.signature == "twilio" and not twilio_signed(got, form, secret):
        raise Rejected("bad_signature")
    fields: dict[str, str] = {**got.query, **form, **_flat(got)}
    token = got.query.get("t") or None
    came = []
    report = incoming.receipts
    if report is not None and report.field in fields:
        word = fields[report.field].casefold()
        named = fields.get(report.token, "") if report.token else token
        if word in (one.casefold() for one in report.delivered):
            came.append(Came(token=named or None, receipt=Receipt.DELIVERED))
        elif word in (one.casefold() for one in report.not_delivered):
            came.append(Came(token=named or None, receipt=Receipt.NOT_DELIVERED))
        elif incoming.answers is None or incoming.answers.text not in fields:
            return []  # under way: nothing to be known yet
    answers = incoming.answers
    if answers is not None and answers.text in fields:
        number = fields.get(answers.number) if answers.number else None
        id_ = fields.get(answers.id) if answers.id else None
        written = _instant(fields.get(answers.written_at, "")) if answers.written_at else None
        came.append(Came(token, number, fields[answers.text], id_ or None, written))
    if not came:
        raise Rejected("not_understood")
    return came


def _form(got: Request) -> dict[str, str]:
    if "application/x-www-form-urlencoded" not in got.headers.get("content-type", ""):
        return {}
    try:
        return dict(parse_qsl(got.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200))
    except ValueError:
        raise Rejected("not_understood") from None


def _flat(got: Request) -> dict[str, str]:
    """JSON as names with slashes: `{"a": {"b": 1}}` is `a/b`. Only as deep and as much as a provider sends."""
    if "json" not in got.headers.get("content-type", ""):
        return {}
    try:
        parsed = json.loads(got.body)
    except (ValueError, RecursionError):
        raise Rejected("not_understood") from None
    flat: dict[str, str] = {}

    def walk(value: Any, path: str, depth: int) -> None:
        if len(flat) > 200 or depth > 6:
            return
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{path}/{key}" if path else str(key), depth + 1)
        elif isinstance(value, list):
            for number, inner in enumerate(value[:20]):
                walk(inner, f"{path}/{number}" if path else str(number), depth + 1)
        elif isinstance(value, bool):
            flat[path] = "true" if value else "false"
        elif value is not None:
            flat[path] = str(value)

    walk(parsed, "", 0)
    return flat


def _instant(text: str) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970. Without a zone it is no instant, and None."""
    try:
        if text.isascii() and text.isdigit():
            number = int(text)
            return datetime.fromtimestamp(number / 1000 if number > 10**11 else number, UTC)
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def twilio_signed(got: Request, form: Mapping[str, str], token: str) -> bool:
    """Twilio signs the address with the form's fields behind it in order, by HMAC-SHA1 with the account's token (its documentation of
    webhook security)."""
    said = got.url + "".join(f"{name}{form[name]}" for name in sorted(form))
    right = base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()
    return hmac.compare_digest(right.encode(), got.headers.get("x-twilio-signature", "").encode())


def reply_body(incoming: Incoming | None, text: str) -> tuple[str, str]:
    """Content type and body of what the provider is answered."""
    how = incoming.reply if incoming else None
    if how is None:
        return "text/plain; charset=utf-8", ""
    return how.content_type, _fill(how.body, {"text": text}) if text else how.empty
