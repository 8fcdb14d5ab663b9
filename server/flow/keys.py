"""The doors for phones' own keys: enrolling one while signed in, knowing who signs, opening a session again with the PIN, and taking a lost phone away."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from server.core import pin_rules
from server.core.access import Viewer, may_manage_phones, may_see_office
from server.core.device_keys import SEEN_EVERY_S, DeviceKey, Proof, clock_differs, expired, signed_text
from server.core.phones import health
from server.core.signals import Kind
from server.core.values import frozen, replace
from server.flow import phones, pins
from server.flow.context import Context
from server.flow.intake import intake
from server.flow.presses import press

PAGE = "page"
"""The name of what pages' cookies are made with."""

PIN_TRIES = 10
"""After so many wrong ones in a row no PIN opens a session any more: whoever holds the phone needs a code from the office."""


@frozen
class Request:
    """What was signed: `target` is path and query as they were sent."""

    method: str
    target: str
    body: bytes = b""


def enrol(context: Context, person_id: str, public_key: str, phone_id: str, label: str, proof: Proof | None, request: Request) -> DeviceKey | str:
    """The phone on which this person is signed in may raise and answer for them from now on. It has signed the request itself: a word where that is wrong."""
    now = context.now()
    key_id = key_id_of(public_key)
    if proof is None or key_id is None or proof.key_id != key_id:
        return "bad_key"
    known = context.store.key_of(key_id)
    key = DeviceKey(key_id, person_id, public_key, phone_id, label, now, now)
    if known is not None and known.person_id == person_id:
        key = replace(key, added_at=known.added_at)
    if not _signed(key, proof, request):
        return "bad_signature"
    if clock_differs(proof, now):
        return "wrong_clock"
    if not context.store.claim_nonce(key_id, proof.nonce, now):
        return "replayed"
    context.store.keep_key(key)
    return key


def key_id_of(public_key: str) -> str | None:
    """None where it is no point of P-256."""
    try:
        point = urlsafe_b64decode(public_key + "=" * (-len(public_key) % 4))
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        return None
    if len(point) != 65:
        return None
    return urlsafe_b64encode(hashlib.sha256(point).digest()).rstrip(b"=").decode()


def who(context: Context, proof: Proof, request: Request) -> DeviceKey | str:
    """The phone that has signed this. A word where it is not to be believed: `unknown_key`, `key_expired`, `bad_signature`, `wrong_clock`, `replayed`."""
    now = context.now()
    key = context.store.key_of(proof.key_id)
    if key is None or key.person_id not in context.directory().people:
        return "unknown_key"
    if expired(key, now):
        return "key_expired"
    if not _signed(key, proof, request):
        return "bad_signature"
    if clock_differs(proof, now):
        return "wrong_clock"
    if not context.store.claim_nonce(key.id, proof.nonce, now):
        return "replayed"
    _seen(context, key)
    return key


def page_token(context: Context, key: DeviceKey) -> str:
    """The cookie with which this phone's page without JavaScript raises and answers. It goes with the key; a new key has another one."""
    return f"{key.id}.{hmac.new(context.store.key(PAGE), f'{key.id} {key.person_id} {key.added_at}'.encode(), hashlib.sha256).hexdigest()}"


def who_by_page(context: Context, token: str) -> DeviceKey | None:
    """The phone whose page without JavaScript this is."""
    key = context.store.key_of(token.partition(".")[0]) if token and len(token) <= 200 else None
    if key is None or not hmac.compare_digest(page_token(context, key), token):
        return None
    if expired(key, context.now()) or key.person_id not in context.directory().people:
        return None
    _seen(context, key)
    return key


def _seen(context: Context, key: DeviceKey) -> None:
    now = context.now()
    if key.seen_at is None or now - key.seen_at > timedelta(seconds=SEEN_EVERY_S):
        context.store.key_seen(key.id, now)


def _signed(key: DeviceKey, proof: Proof, request: Request) -> bool:
    text = signed_text(proof, request.method, request.target, hashlib.sha256(request.body).hexdigest())
    point = urlsafe_b64decode(key.public_key + "=" * (-len(key.public_key) % 4))
    raw = urlsafe_b64decode(proof.signature + "==")
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point).verify(signature, text, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


# ---------------------------------------------------------------- the PIN


def open_with_pin(context: Context, person_id: str, pin: str) -> str | None:
    """None where the PIN opens a session on an enrolled phone; else `wrong_pin`, or `needs_code`. The duress PIN opens one just like it, and is heard
    elsewhere."""
    kept = context.store.pins(person_id)
    if kept is None or kept.wrong >= PIN_TRIES:
        return "needs_code"
    match pins.check(context, person_id, pin):
        case pins.Verdict.WRONG:
            return "wrong_pin"
        case pins.Verdict.DURESS:
            cry_duress(context, person_id)
    return None


def choose_pin(context: Context, person_id: str, pin: str, duress_pin: str, old_pin: str, just_signed_in: bool) -> str | None:
    """None where the two are kept. Whoever has just come in by a code has shown who they are; everybody else gives the old one."""
    if wrong := pin_rules.refused(pin, duress_pin):
        return wrong
    if context.store.pins(person_id) is not None and not just_signed_in:
        if wrong := open_with_pin(context, person_id, old_pin):
            return wrong
    pins.keep(context, person_id, pin, duress_pin)
    return None


def cry_duress(context: Context, person_id: str) -> None:
    """Somebody is made to open the app: nothing shows it here."""
    intake(context, [press(context.directory(), person_id, context.new_id("pin"), context.now(), Kind.DURESS)])


# ---------------------------------------------------------------- phones that are there


def enrolled(context: Context, viewer: Viewer, office_id: str | None) -> list[dict[str, object]] | None:
    """One's own phones, or with `office_id` those of all who serve there; newest first. None where that is not for this viewer."""
    directory = context.directory()
    people = [viewer.person_id] if office_id is None else list(directory.staff.get(office_id, ()))
    if office_id is not None and not may_see_office(viewer, office_id, directory):
        return None
    people = [one for one in people if may_manage_phones(viewer, one, directory)]
    keys, pushed, now = context.store.keys_of(people), context.store.phones_of(people), context.now()
    rows: list[dict[str, object]] = []
    for person_id in people:
        known = {phone.id: phone for phone in pushed.get(person_id, [])}
        person = {"id": person_id, "name": directory.people[person_id].name}
        for key in keys.get(person_id, []):
            phone = known.pop(key.phone_id, None)
            rows.append(
                {"id": key.id, "person": person, "label": key.label or (phone.label if phone else ""), "added_at": key.added_at, "seen_at": key.seen_at,
                 "expired": expired(key, now), "push": health(phone, now) if phone else None}
            )  # fmt: skip
        for phone in known.values():
            rows.append(
                {"id": phone.id, "person": person, "label": phone.label, "added_at": phone.added_at, "seen_at": phone.renewed_at, "expired": False,
                 "push": health(phone, now)}
            )  # fmt: skip
    return rows


def revoke(context: Context, viewer: Viewer, name: str) -> bool:
    """A phone is lost or given back: its key, its page, its sessions and its subscription go. False where it is not for this viewer to say."""
    key, phone = context.store.key_of(name), context.store.phone(name)
    holder = key.person_id if key else phone.person_id if phone else None
    if holder is None or not may_manage_phones(viewer, holder, context.directory()):
        return False
    if key is not None:
        give_up(context, key)
    if phone is not None:
        phones.sign_off(context, holder, phone.id)
    context.bell.ring(f"revoked:{holder}")
    return True


def give_up(context: Context, key: DeviceKey) -> None:
    """The key goes, with the page, the sessions and the subscription of that phone."""
    context.store.drop_key(key.id)
    phone = context.store.phone(key.phone_id) if key.phone_id else None
    if phone is not None and phone.person_id == key.person_id:
        phones.sign_off(context, key.person_id, phone.id)


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
