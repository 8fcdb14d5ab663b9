"""The shape of each configuration file, and what to say about each way of missing it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from server.config.strict_yaml import ConfigError, Parsed, Problem

# Ids stand in addresses and in MQTT topics, where / + # and spaces mean something else.
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\P{Cc}*\S\P{Cc}*$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ]{2,19}$")]
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,8}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^\s@<>,;]{1,64}@[^\s@<>,;]{1,253}$")]
Language = Literal["nb", "nn", "en"]


class Shape(BaseModel):
    """Strict: no other keys, and no guessing that 1 means "1" or yes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Words = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^\P{Cc}*\S\P{Cc}*$")]


class Translated(Shape):
    """One text in the three languages. All are needed: whoever reads the third one also meets the danger."""

    nb: Words
    nn: Words
    en: Words

    def text(self) -> dict[str, str]:
        return {"nn": self.nn, "nb": self.nb, "en": self.en}


class PositionShape(Shape):
    """Where the house is, in degrees: an alarm's map begins there, and a phone that is back asks whether to check out."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class OfficeShape(Shape):
    id: Id
    name: Line
    address: Line
    phone: Phone
    position: PositionShape | None = None
    size: int = Field(ge=1, le=10_000)
    neighbours: list[Id] = []
    sms_test: bool = True
    placeholders: dict[str, str] = {}


class ZoneShape(Shape):
    id: Id
    name: Line
    floor: Line | None = None
    public: bool
    detail: Line | None = None
    joins_presses: bool


class DrawingShape(Shape):
    """A floor, as its zones name it, and the file beside this one that draws it."""

    floor: Line
    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.svg$")]


class PersonShape(Shape):
    id: Id
    name: Line
    language: Language
    phone: Phone | None = None
    access: list[Literal["worker", "desk", "responder", "drill_coordinator", "safety_representative", "office_lead", "administrator"]] = Field(min_length=1)
    roles: list[str]
    zone: Id | None = None
    duty: Literal["off", "on_duty", "present"]
    also_in: list[Id] = []
    surface: Literal["phone", "desk", "wallboard"]
    title: Translated | None = None
    pin: Pin | None = None
    duress_pin: Pin | None = None
    email: Email | None = None
    wall_names: bool = False


class ContactShape(Shape):
    """At least one way to tell it. `chat` and `webhook` name what the deployment has set up under `channels`."""

    id: Id
    name: Line
    phone: Phone | None = None
    kind: Literal["guard", "on_call", "alarm_centre", "chat_room"]
    drills: bool
    language: Language | None = None
    email: Email | None = None
    chat: Id | None = None
    webhook: Id | None = None

    @model_validator(mode="after")
    def _some_way(self) -> ContactShape:
        if not (self.phone or self.email or self.chat or self.webhook):
            raise ValueError("nobody can be told here: add phone, email, chat or webhook.")
        return self


class DeviceShape(Shape):
    """`heartbeat_s`: more often wears the battery out, more seldom and a dead button goes unnoticed for an hour; a bought one that speaks
    only when it is pressed is tested once a week. What follows it is for bought devices: see dialects.py."""

    id: Id
    name: Line
    kind: Literal["button", "portable", "lamp", "sounder", "hub"]
    zone: Id | None = None
    holder: Id | None = None
    situation: str | None = None
    heartbeat_s: int = Field(60, ge=10, le=604_800)
    dialect: Id | None = None
    address: Line | None = None
    hub: Id | None = None
    model: Line | None = None
    gestures: dict[str, Literal["panic", "assist", "duress", "call_off", "nothing"]] = {}
    output: Literal["switch", "light", "warning", "alarm"] | None = None
    shared: bool = False


class TellShape(Shape):
    """Whom to tell: exactly one of these."""

    role: str | None = None
    person: Id | None = None
    on_duty: Literal[True] | None = None
    neighbours: Literal[True] | None = None
    contact: Id | None = None

    @model_validator(mode="after")
    def _one(self) -> TellShape:
        if len(self.model_fields_set) != 1 or not any(getattr(self, name) for name in self.model_fields_set):
            raise ValueError("name exactly one of role, person, contact, on_duty: true or neighbours: true; one line for each.")
        return self

    def chosen(self) -> tuple[str, str]:
        """By what, and which one; the latter is empty for on_duty and neighbours."""
        (by,) = self.model_fields_set
        value = getattr(self, by)
        return by, value if isinstance(value, str) else ""


class StepShape(Shape):
    """`wait_s`: shorter and nobody has time to answer; longer and help is late."""

    tell: list[TellShape] = Field(min_length=1)
    channels: list[Literal["screen", "push", "sms", "voice", "email", "chat", "webhook"]] = Field(min_length=1)
    wait_s: int = Field(ge=30, le=600)


class PlanShape(Shape):
    id: Id
    name: Line
    owner: Id
    kinds: list[Literal["panic", "assist", "duress", "fall", "no_motion", "missed_checkin"]] = []
    zones: list[Id] = []
    situations: list[str] = []
    steps: list[StepShape] = Field(min_length=1, max_length=10)


RiskId = Literal["low", "medium", "high", "stop"]


class VisitTimesShape(Shape):
    """An office's own numbers for visits, in minutes. What is left out is as it was."""

    interval_min: int | None = Field(None, ge=5, le=240)
    longest_min: int | None = Field(None, ge=15, le=24 * 60)
    extend_max_min: int | None = Field(None, ge=0, le=24 * 60)
    contact_after_min: int | None = Field(None, ge=0, le=60)
    leader_after_min: int | None = Field(None, ge=0, le=60)
    alarm_after_min: int | None = Field(None, ge=1, le=60)
    no_coverage_max_min: int | None = Field(None, ge=5, le=480)
    notices_min: list[Annotated[int, Field(ge=1, le=120)]] | None = Field(None, max_length=4)
    pin_at_end: bool | None = None


class VisitsShape(Shape):
    """`late_start_min`, `not_started_min`: after the planned start, when the worker and then the contact person are asked whether they have gone.
    `heard_late_min`: how long a check-in after the planned end is good for."""

    by_level: dict[RiskId, VisitTimesShape] = {}
    by_type: dict[Id, VisitTimesShape] = {}
    late_start_min: int | None = Field(None, ge=1, le=240)
    not_started_min: int | None = Field(None, ge=1, le=480)
    heard_late_min: int | None = Field(None, ge=5, le=120)


class OfficeFile(Shape):
    schema_: Literal["varde.office/1"] = Field(alias="schema")
    office: OfficeShape
    zones: list[ZoneShape]
    people: list[PersonShape]
    contacts: list[ContactShape]
    devices: list[DeviceShape]
    plans: list[PlanShape] = Field(min_length=1)
    drawings: list[DrawingShape] = Field([], max_length=20)
    visits: VisitsShape | None = None


Model = TypeVar("Model", bound=Shape)


def shape(model: type[Model], parsed: Parsed) -> Model:
    """The file as its shape. Raises ConfigError with everything that does not fit."""
    if not isinstance(parsed.data, dict):
        raise ConfigError([Problem(parsed.file, 1, "is empty or not a mapping: begin with 'schema: …', see config/README.md.")])
    try:
        return model.model_validate(parsed.data)
    except ValidationError as error:
        raise ConfigError([_problem(detail, model, parsed) for detail in _details(error, model)]) from None


def shape_rows(model: type[Model], parsed: Parsed) -> list[Model]:
    """A file of rows, each as its shape. Raises ConfigError with everything that does not fit."""
    found: list[Model] = []
    problems: list[Problem] = []
    for number, row in enumerate(parsed.data):
        try:
            found.append(model.model_validate(row))
        except ValidationError as error:
            for detail in _details(error, model):
                problems.append(parsed.problem((number,), _say(detail, model, detail["loc"])))
    if problems:
        raise ConfigError(problems)
    return found


def _details(error: ValidationError, model: type[Shape]) -> list[ErrorDetails]:
    """What does not fit. A key that is missing because it is misspelt is told once, as misspelt."""
    details = error.errors(include_url=False, include_input=True)
    meant = {(*one["loc"][:-1], _close(one["loc"][-1], model)) for one in details if one["type"] == "extra_forbidden"}
    return [one for one in details if one["type"] != "missing" or one["loc"] not in meant]


def _close(key: str | int, model: type[Shape]) -> str | None:
    return next(iter(difflib.get_close_matches(str(key), sorted(set(_keys(model))), 1)), None)


_REMEDIES = {
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "list_type": "must be a list: [one, another], or a line with '- ' for each",
    "model_type": "must be a mapping: {key: value, …}, or a line for each key",
    "dict_type": "must be a mapping: {key: value, …}, or a line for each key",
}


def _problem(detail: ErrorDetails, model: type[Shape], parsed: Parsed) -> Problem:
    path = detail["loc"]
    return parsed.problem(path, _say(detail, model, path))


def _say(detail: ErrorDetails, model: type[Shape], path: tuple[str | int, ...]) -> str:
    """What is wrong and what to do. Never the value itself: it may be a PIN or a phone number."""
    kind, context = detail["type"], detail.get("ctx", {})
    name = _name(path)
    if kind == "extra_forbidden":
        close = _close(path[-1], model)
        hint = f"did you mean '{close}'?" if close else "take it out, or see config/README.md for the keys that there are."
        return f"unknown key '{str(path[-1])[:40]}': {hint}"
    if kind == "missing":
        return f"'{path[-1]}' is missing{' in ' + _name(path[:-1]) if path[:-1] else ''}: add it."
    if kind == "value_error":
        return f"{name}: {context['error']}"
    if kind == "too_short" and path[-1:] == ("tell",):
        return f"{name} is empty: a step must tell somebody, or a press ends in silence. Add a line."
    if kind == "too_short":
        return f"{name} is empty: add at least one."
    if kind == "string_type":
        given = detail["input"]
        remedy = "put it in quotes" if isinstance(given, (int, float)) else "write a text" if given is None else "write one text here"
        return f"{name} must be text: {remedy}."
    if kind == "literal_error":
        return f"{name} must be {context['expected'].replace('True', 'true, or left out')}."
    if kind in ("greater_than_equal", "less_than_equal"):
        limit = f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"
        return f"{name} is an impossible {'time' if name.endswith('_s') else 'number'}: it must be {limit}."
    if kind == "string_pattern_mismatch":
        return f"{name} {_PATTERNS.get(context['pattern'], 'has characters that it may not have')}."
    return f"{name} {_REMEDIES.get(kind, detail['msg'][:1].lower() + detail['msg'][1:])}."


_PATTERNS = {
    r"^[a-z0-9][a-z0-9._-]{0,63}$": "must be an id: small letters a-z, digits, '.', '_' and '-', at most 64",
    r"^\P{Cc}*\S\P{Cc}*$": "must be one line of text",
    r"^\+?[0-9][0-9 ]{2,19}$": "must be a phone number: digits and spaces, with or without + in front, in quotes",
    r"^[0-9]{4,8}$": "must be 4 to 8 digits, in quotes",
    r"^(/([^~/]|~[01])*)*$": "must be a JSON pointer: /outer/inner, with * for any name and ~1 for a slash in one",
    r"^[^\x00-\x1f#]+$": "must be a topic: levels with / between them, and no #",
    r"^[^\s@<>,;]{1,64}@[^\s@<>,;]{1,253}$": "must be one e-mail address",
    r"^https://[^\s@]{3,500}$": "must be an address that begins with https://, without a user or password in it",
    r"^[A-Za-z0-9.:-]{1,253}$": "must be the name or the number of a machine",
    r"^(invented|https://[^\s@]{3,500}|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?/[^\s@]{3,500})$":
        "must be an address that begins with https://, without a user or password in it (in the demo: invented)",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.svg$": "must be a file in this folder whose name ends with .svg: letters a-z, digits, '.', '_' and '-'",
}


def _name(path: tuple[str | int, ...]) -> str:
    """people[3].zone, counted from one as people do."""
    name = ""
    for part in path:
        name += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if name else ''}{part[:40]}"
    return name or "the file"


def _keys(model: type[BaseModel]) -> Iterator[str]:
    """Every key in this shape and in those inside it."""
    for name, info in model.model_fields.items():
        yield info.alias or name
        yield from _inner_keys(info.annotation)


def _inner_keys(annotation: Any) -> Iterator[str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _keys(annotation)
    for part in getattr(annotation, "__args__", ()):
        yield from _inner_keys(part)
