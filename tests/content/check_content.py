#!/usr/bin/env python3
"""Check the default content: structure, three languages, references and the rules of safety.

Usage: python3 tests/content/check_content.py [folder]; without a folder, config/content of this checkout.
Prints every fault and exits 1 if there is one; warnings do not fail.
"""
import re
import sys
from pathlib import Path

import yaml

BASE = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "config" / "content"
LANGS = ("nn", "nb", "en")
FILES = ("role_cards", "visit_checklist", "exercises", "followup", "glossary", "ros_events", "messages")
faults, warnings, counted = [], [], {}


def fault(*words): faults.append(" ".join(str(w) for w in words))
def warn(*words): warnings.append(" ".join(str(w) for w in words))
def check(ok, *words):
    if not ok: fault(*words)


class Strict(yaml.SafeLoader):
    """Safe loader that refuses a key given twice."""


def _mapping(loader, node, deep=False):
    seen = set()
    for key, _ in node.value:
        name = loader.construct_object(key, deep=True)
        if name in seen: fault("duplicate key", name, "line", key.start_mark.line + 1)
        seen.add(name)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
raw = {f: (BASE / f"{f}.yaml").read_text(encoding="utf-8") for f in FILES}
D = {f: yaml.load(t, Loader=Strict) for f, t in raw.items()}
try:  # YAML 1.2 must read the same as YAML 1.1
    from ruamel.yaml import YAML
    for f, t in raw.items():
        try:
            same = YAML(typ="safe", pure=True).load(t) == D[f]
        except Exception:  # it refuses what is a fault already, a key given twice
            same = False
        check(same, f, "reads differently under YAML 1.2")
except ImportError:
    warn("ruamel.yaml not installed: YAML 1.2 not compared")

R, V, E, F, G, ROS, SAID = (D[f] for f in FILES)


def ids(rows, what):
    out = [r["id"] for r in rows]
    for i in {x for x in out if out.count(x) > 1}: fault("id twice in", what, i)
    return set(out)


# ------------------------------------------------------------------ every text, everywhere
def walk(node, path=()):
    if isinstance(node, dict):
        if set(LANGS) & set(node) and "term_pairs" not in path: yield path, node  # spelling pairs are nn and nb only
        for k, v in node.items():
            if k not in LANGS: yield from walk(v, path + (str(k),))
    elif isinstance(node, list):
        for n, v in enumerate(node):
            name = (v.get("id") or v.get("role") or n) if isinstance(v, dict) else n
            yield from walk(v, path + (str(name),))


holders = lambda t: sorted(re.findall(r"\{(\w+)\}", t))
NN_WRONG = r"\b(ikke|jeg|noen|hvor|hva|hvem|hvordan|hvilke[nt]?|fra|ble|også|kommer|døren|linjen|ansatt\w*|vold|kolleger|leder\w*|bruker\w+|hun|sier|gjør|sted|stedet|alene|sammen|hjem|hjemme|øvelse\w*|nå|bare|fortsatt|noe|vei|veien|dere|dem|ringer|hvis|gjemme\w*|uten|være|når de er framme nå)\b"
NB_WRONG = r"\b(ikkje|eg|nokon|kvar|kva|kven|korleis|frå|blei|òg|kjem|døra|linja|tilsett\w*|vald|kollegaer|leiar\w*|brukar\w*|seier|gjer|stad|staden|åleine|saman|heim|heime|øving\w*|no|sjølv|mykje|berre|framleis|noko|dykk|dei|ein|eit|veg|vegen|utan|vere|gøym\w*|ringjer|vekk)\b"
NN_OK = {"bruker", "brukes"}
texts = 0
for f in FILES:
    declared = {p["id"] for p in D[f].get("placeholders", [])}
    for path, node in walk(D[f]):
        where = f + ":" + "/".join(path)
        if "avoid" in path: continue
        missing = [l for l in LANGS if not isinstance(node.get(l), str) or not node[l].strip()]
        if missing:
            fault(where, "lacks", missing); continue
        texts += 1
        p = [holders(node[l]) for l in LANGS]
        check(p[0] == p[1] == p[2], where, "placeholders differ", p)
        allowed = set(declared)
        if f == "messages": allowed |= {"where", "address", "role", "time", "now"}
        if f == "exercises":
            for x in E["exercises"]:
                if x["id"] in path: allowed |= set(x.get("settings", {}))
        for name in set(p[0]) - allowed: fault(where, "undeclared placeholder", name)
        for l in LANGS:
            t = node[l]
            check((t == t.strip() or path[-1] == "drill_prefix") and "  " not in t, where, l, "stray space")
            check(t.count("«") == t.count("»") and t.count("“") == t.count("”") and t.count("{") == t.count("}"), where, l, "unbalanced quote or brace")
            check("«" not in t if l == "en" else "“" not in t, where, l, "wrong kind of quotes")
        bad = [w for w in re.findall(NN_WRONG, node["nn"], re.I) if w.lower() not in NN_OK]
        if bad: fault(where, "bokmål in nynorsk:", bad, "|", node["nn"])
        bad = re.findall(NB_WRONG, node["nb"], re.I)
        if bad: fault(where, "nynorsk in bokmål:", bad, "|", node["nb"])
        if len(node["nb"]) > 25 and node["nb"] == node["en"]: fault(where, "nb and en are the same")
counted["texts"] = texts

# ------------------------------------------------------------------ role cards
roles, marks, levels = ids(R["roles"], "roles"), ids(R["marks"], "marks"), ids(R["levels"], "levels")
conditions = ids(R.get("level_conditions", []), "level_conditions")
going, ringing = ids(R.get("go_to_scene", []), "go_to_scene"), ids(R.get("ring_presser", []), "ring_presser")
check(going == {"pair", "nobody", "sheltered"}, "go_to_scene", going)
check(ringing == {"never", "after_112", "yes"}, "ring_presser", ringing)
situations = ids(R["situations"], "situations")
S = {s["id"]: s for s in R["situations"]}
common_ids, common = ids(R["common_cards"], "common_cards"), {c["id"]: c for c in R["common_cards"]}
ids(R["placeholders"], "placeholders"); messages = ids(R["messages"], "messages")
ros = ids(ROS["events"], "ros events")
LOW, HIGH, LONG = R["rules"]["min_steps_per_card"], R["rules"]["max_steps_per_card"], R["rules"]["max_chars_per_step"]


def steps_of(card): return common[card["use"]]["steps"] if "use" in card else card["steps"]
def card(situation, role): return next((c for c in S[situation]["cards"] if c["role"] == role), None)


labels = {l: {x[l] for x in G["interface"]} for l in LANGS}
SPOKEN = {"Eg koordinerer.", "Jeg koordinerer.", "I am coordinating."}


def check_steps(steps, where):
    check(LOW <= len(steps) <= HIGH, where, len(steps), "steps")
    ids(steps, where)
    check(any(s.get("must") for s in steps), where, "has no must step (merged roles would show nothing)")
    for s in steps:
        check(set(s) <= {"id", "must", "mark", *LANGS}, where, s["id"], "unknown key", set(s))
        if "mark" in s: check(s["mark"] in marks, where, s["id"], "unknown mark", s["mark"])
        for l in LANGS:
            check(len(s[l]) <= LONG, where, s["id"], l, len(s[l]), "characters")
            check(s[l][-1] in ".?!»”", where, s["id"], l, "does not end as a sentence")
        for l, tap in (("nn", "Trykk|trykk"), ("nb", "Trykk|trykk"), ("en", "Tap|tap")):
            for q in re.findall(r"(?:%s) [«“]([^»”]+)[»”]" % tap, s[l]):
                check(q in labels[l], where, s["id"], l, "button not in the glossary:", q)


for c in R["common_cards"]:
    check(c["role"] in roles, c["id"], "unknown role", c["role"])
    check_steps(c["steps"], c["id"])
used, used_marks, cards, distinct = set(), set(), 0, set()
for sid, s in S.items():
    check(s["level"] in levels, sid, "level")
    check(isinstance(s["silent"], bool), sid, "silent is not true or false")
    check(s.get("go_to_scene") in going, sid, "go_to_scene", s.get("go_to_scene"))
    check(s.get("ring_presser") in ringing and isinstance(s["ring_presser"], str), sid, "ring_presser", s.get("ring_presser"))
    here = [c["role"] for c in s["cards"]]
    check(len(here) == len(set(here)), sid, "two cards for a role")
    for e in s["ros_events"]: check(e in ros, sid, "unknown ros event", e)

    def check_cover(cover, what):
        check(bool(cover), sid, what, "empty")
        for row in cover:
            check(set(row) == {"role", "count"} and isinstance(row["count"], int) and row["count"] >= 1, sid, what, row)
            check(row["role"] in roles, sid, what, "unknown role", row["role"])
            check(row["role"] in here, sid, what, "role without a card here", row["role"])
            if s["go_to_scene"] == "pair" and row["role"] == "responder":
                check(row["count"] >= 2 and row["count"] % 2 == 0, sid, what, "responders not in pairs")
    check_cover(s["cover"], "cover")
    if "raise_level" in s:
        r = s["raise_level"]
        check(r["to"] in levels and r["ring_presser"] in ringing, sid, "raise_level")
        for w in r["when"]: check(w in conditions, sid, "raise_level.when", w)
        check_cover(r["cover"], "raise_level.cover")
    for f in s.get("inherits", []): check(f in s, sid, "inherits", f)
    for c in s["cards"]:
        cards += 1
        where = f"{sid}/{c['role']}"
        check(c["role"] in roles, where, "unknown role")
        check(("use" in c) != ("steps" in c), where, "needs steps or use")
        if "use" in c:
            check(c["use"] in common, where, "unknown common card", c["use"])
            used.add(c["use"])
            check(common[c["use"]]["role"] == c["role"], where, "common card is for another role")
        else:
            check_steps(c["steps"], where)
        for st in steps_of(c):
            used_marks.add(st.get("mark")); distinct.add(st["nb"])
for c in common_ids - used: fault("common card never used", c)
labels_by_id = {x["id"] for x in G["interface"]}
for m in R["marks"]:
    if "set_by" in m:
        for b in m["set_by"]: check(b in labels_by_id, "mark", m["id"], "set_by", b)
        check(m["id"] not in used_marks, "a tick sets", m["id"], "which belongs to a button")
    else: check(m["id"] in used_marks or m.get("tap") is True, "mark never set by a step or a tap", m["id"])
check({m["id"] for m in R["marks"] if "set_by" in m} == {"safe_confirmed"}, "safety must be confirmed by a button, not a tick")
for e in ros - {e for s in S.values() for e in s["ros_events"]}: fault("ros event without a card", e)
counted.update(situations=len(S), cards=cards, common=len(common), distinct_steps=len(distinct), marks=len(marks), roles=len(roles))

sizes = [x["size"] for x in R["staffing"]]
for x in R["staffing"]:
    for a, bs in x["merge"].items():
        check(a in roles, x["size"], "merge", a)
        for b in bs: check(b in roles, x["size"], "merge", b)
    for a, b in x.get("use_instead_when_below", {}).items(): check(a in S and b in S, x["size"], "use_instead_when_below", a, b)
small = R["staffing"][0]
check(small["size"] == "under_15" and small["off_site_when_present_below"] == 4, "under_15 must go off site below four present")
for l, w in (("nn", "fire"), ("nb", "fire"), ("en", "four")): check(w in small["note"][l], "under_15 note does not say four in", l)
for m in small["merge"].get("remote_responder", []): check(m in roles, m)
check({"caller_112", "logger"} <= set(small["merge"].get("remote_responder", [])), "the neighbour should hold 112 and the log")
for sid in S:  # merged cards stay readable: own steps plus must steps of the merged
    for a, bs in small["merge"].items():
        c = card(sid, a)
        if c:
            n = len(steps_of(c)) + sum(sum(bool(t.get("must")) for t in steps_of(card(sid, b))) for b in bs if card(sid, b))
            if n > 12: warn(sid, a, "shows", n, "steps in a small office")

gloss = {x["id"]: x for x in G["interface"]}
for q in R["quick_switches"]:
    check(q["to_situation"] in S, q["id"], "to_situation"); check(q["message"] in messages, q["id"], "message")
    for o in q["offered_in"]: check(o in S, q["id"], "offered_in", o)
    check(card(q["to_situation"], q["role_without_card_becomes"]), q["id"], "no card for", q["role_without_card_becomes"])
    check({l: q["label"][l] for l in LANGS} == {l: gloss["btn_weapon"][l] for l in LANGS}, "quick switch label differs from btn_weapon")
check(R["quick_switches"][0]["label"]["nb"] == "Våpen – alle bort" and R["quick_switches"][0]["label"]["nn"] == "Våpen – alle vekk", "quick switch label")

GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà{}")
for m in R["messages"]:
    check(m["situation"] in S, m["id"], "situation")
    if "sms" in m["channel"]:
        for l in LANGS:
            full = R["drill_prefix"][l] + m["text"][l]
            check(len(full) <= R["rules"]["message_max_chars_sms"], m["id"], l, len(full), "characters with prefix")
            check(not set(full) - GSM, m["id"], l, "not in the SMS alphabet:", set(full) - GSM)
            filled = re.sub(r"\{\w+\}", "x" * 30, full)
            if len(filled) > 160: warn(m["id"], l, len(filled), "characters when a placeholder takes 30")

words = {m["id"]: m for m in SAID["messages"]}
ids(SAID["messages"], "messages.yaml"); counted.update(messages=len(words))
FULL = {"where": "x" * 40, "address": "x" * 60, "role": "x" * 25, "time": "10:00", "now": "10:00"}  # the longest that offices have
for m in SAID["messages"]:
    for l in LANGS:
        check(not set(m[l]) - GSM, m["id"], l, "not in the SMS alphabet:", set(m[l]) - GSM)
        check(not set(re.findall(r"\{(\w+)\}", m[l])) - set(FULL), m["id"], l, "knows no such {word}")
for l in LANGS:
    before = max(R["drill_prefix"][l], words["real"][l] + " " if "real" in words else "", key=len)  # that it is an exercise, or real after one
    def said(*names): return before + re.sub(r"\{(\w+)\}", lambda f: FULL[f[1]], " ".join(words[n][l] for n in names))
    for first, ask in (("alarm", "answer_coming"), ("assist", "answer_coming"), ("nobody_goes", "answer_take"), ("ask_late_ack", "answer_yes")):
        if first in words and ask in words: check(len(said(first, ask)) <= 160, first, l, "is more than one SMS")
    longest = ("alarm", "at_address", "nobody_has_role", "do_not_ring", "answer_coming")
    if set(longest) <= set(words): check(len(said(*longest)) <= 306, l, "everything together is more than two SMS")

# ------------------------------------------------------------------ rules of safety
PRESSER = {"alarm_raiser", "visiting_employee", "visit_partner", "threat_receiver", "held_person"}
RINGS = {"nn": r"(?<!kkje )(?<!ldri )\b[Rr]ing(?:jer)? (?:den tilsette|den som trykte|kollegaen)", "nb": r"(?<!kke )(?<!ldri )\b[Rr]ing(?:er)? (?:den ansatte|den som trykte|kollegaen)",
         "en": r"(?<!not )(?<!ever )\b(?:[Rr]ing|[Cc]all) (?:the employee|the person who pressed|your colleague)\b"}
for sid, s in S.items():
    for c in s["cards"]:
        st, where = steps_of(c), f"{sid}/{c['role']}"
        if c["role"] in PRESSER:
            for x in st: check("Jeg har sett dem" not in x["nb"], where, x["id"], "the presser confirms own safety")
        first112 = next((n for n, x in enumerate(st) if x.get("mark") == "police_called"), None)
        for n, x in enumerate(st):
            for l in LANGS:
                if not re.search(RINGS[l], x[l]): continue
                if s["ring_presser"] == "never": fault(where, x["id"], l, "rings the presser:", x[l])
                if s["ring_presser"] == "after_112" or c["role"] in ("contact_person", "remote_responder"):
                    check(first112 is not None and first112 <= n, where, x["id"], l, "rings before 112")
        if c["role"] in ("remote_responder", "contact_person") and s["level"] == "emergency":
            check(first112 is not None and first112 <= 1, where, "112 is not first after taking the alarm")
            if sid in ("life_threatening_violence", "hostage"):
                check(any("Bare politiet" in x["nb"] for x in st), where, "somebody else than the police may end it")
            else:
                check(any("kodeordet for trygg" in x["nb"] and "annen" in x["nb"] for x in st), where, "remote closing lacks the code word or another's confirmation")
            check(any("Ikke ring" in x["nb"] for x in st[:3]), where, "has no do-not-ring rule in its first three steps")
        if s["go_to_scene"] != "pair":
            check(not (c.get("use") == "leader_standard" and sid in ("life_threatening_violence", "hostage", "portable_alarm_outside", "small_office_alarm", "missed_checkin")), where, "leader is told to come")
for sid in ("life_threatening_violence", "hostage"):
    check(card(sid, "police_guide") is None, sid, "still has a card for meeting the police")
    check(card(sid, "remote_responder"), sid, "the neighbour has no card after a quick switch")
    for r in ("coordinator", "caller_112"):
        x = steps_of(card(sid, r))[0]
        check(x["id"] == "safe" and x.get("must"), sid, r, "first step is not own safety")
for sid in ("life_threatening_violence", "hostage", "portable_alarm_outside", "small_office_alarm"):
    first = steps_of(card(sid, "leader"))[0]
    check("Ikke dra dit" in first["nb"] and "Ikkje dra dit" in first["nn"] and "Do not go" in first["en"], sid, "leader's first step")
order = lambda sid, role: [x["id"] for x in steps_of(card(sid, role))]
o = order("desk_alarm", "alarm_raiser"); check(o.index("withdraw") == 1, "desk: withdraw is not right after press")
for sid in ("desk_alarm", "meeting_room_alarm"):
    o = order(sid, "coordinator"); check(o.index("inform") < o.index("clear"), sid, "leader informed after all-clear")
    g = steps_of(card(sid, "public_guide"))[0]; check("aldri alene" in g["nb"], sid, "public guide may go alone")
check(any("Ikke lås veien ut" in x["nb"] for x in steps_of(card("desk_alarm", "coordinator"))), "desk: escape route may be locked")
o = order("small_office_alarm", "alarm_raiser"); check(o.index("block") < o.index("call"), "small office: calls before barricading")
for r in ("all_staff", "remote_responder"): check(card("small_office_alarm", r), "small office has no card for", r)
rr = steps_of(card("small_office_alarm", "remote_responder")); check({"police_called", "log_started"} <= {x.get("mark") for x in rr}, "neighbour lacks 112 or log")
check("all_clear" not in marks, "mark all_clear still exists")
check("police_expected" in marks, "no mark for when the police are expected")
rl = S["missed_checkin"].get("raise_level", {}); check({"felt_unsafe", "police_called"} <= set(rl.get("when", [])) and rl.get("to") == "emergency", "missed_checkin does not raise the level")
MINUTES = r"\b(\d+|fem|ti|femten|tjue|tretti|to|five|ten|fifteen|twenty|thirty|two) (minutt\w*|min|minutes?)\b"
for path, node in list(walk(S["missed_checkin"])) + list(walk(V["escalation"])) + list(walk(V["code_words"])):
    for l in LANGS: check(not re.search(MINUTES, node[l], re.I), "minutes in the text:", "/".join(path), node[l])
BANNED = {"nb": r"[Hh]jelp(en)? er på vei|Kom nå|la to ringe|innsatsleder|aksjonsleder|\bikke sendt\b|må bekreftes|ikke mer\b(?! om)|nådd\b",
          "nn": r"[Hh]jelp(a)? er på veg|Kom no|la to ringje|innsatsleiar|aksjonsleiar|\bikkje send\b|må stadfestast|ikkje meir\b(?! om)|nådd\b",
          "en": r"[Hh]elp is (on the way|coming)|Come now|two people call|incident commander|\bnot sent\b|No more than the help|, no more\."}
ALLOWED = {"glossary:terms/evaluation/definition"}
for f in FILES:
    for path, node in walk(D[f]):
        where = f + ":" + "/".join(path)
        if "avoid" in path or where in ALLOWED: continue
        for l in LANGS:
            hit = re.search(BANNED[l], node[l])
            if hit: fault(where, l, "banned wording:", hit.group(0), "|", node[l])
emergency = next(x for x in R["levels"] if x["id"] == "emergency")["meaning"]
check("kortet" in emergency["nb"] and "112" in emergency["nb"] and "card" in emergency["en"] and "kortet" in emergency["nn"], "emergency meaning")
EXACT = {"lbl_has_alarm": ("har fått alarmen", "har fått alarmen", "has the alarm"),
         "msg_not_confirmed": ("Ikkje stadfesta. Prøver vidare", "Ikke bekreftet. Prøver videre", "Not confirmed. Still trying"),
         "msg_may_be_over": ("Kan vere over – hald fram til nokon har sett dei", "Kan være over – fortsett til noen har sett dem", "May be over – carry on until someone has seen them")}
for i, want in EXACT.items(): check(i in gloss and tuple(gloss[i][l] for l in LANGS) == want, "glossary label", i)

# ------------------------------------------------------------------ visit checklist
actions, vlevels, measures = ids(V["actions"], "actions"), ids(V["levels"], "visit levels"), ids(V["measures"], "measures")
items = [(s["id"], i) for s in V["sections"] for i in s["items"]]
ids([i for _, i in items], "checklist items")
WHEN = {"assess": "before", "plan": "before", "leave": "before", "door": "door", "inside": "inside", "after": "after"}
gates = {i["id"] for _, i in items if i.get("if_yes") == "ask_more"}
for sid, i in items:
    check(i.get("when") == WHEN[sid], sid, i["id"], "when is", i.get("when"))
    if sid in ("door", "inside"): check(i["answer"] == "read" and not i.get("required"), sid, i["id"], "must be read, not ticked")
    for k in ("if_yes", "if_no", "if_not_delivered"):
        if k in i: check(i[k] in actions, i["id"], k, i[k])
    if "opened_by" in i: check(i["opened_by"] in gates, i["id"], "opened_by", i["opened_by"])
    if "from_level" in i: check(i["from_level"] in vlevels, i["id"], "from_level")
    if "sets" in i: check(i["sets"] in conditions, i["id"], "sets", i["sets"])
    if i["answer"] in ("read", "auto"): check("required" not in i, i["id"], "read or auto cannot be required")
for g in gates: check(any(i.get("opened_by") == g for _, i in items), "gate opens nothing", g)
standard = [i["id"] for _, i in items if i["when"] == "before" and i["answer"] not in ("read", "auto") and "opened_by" not in i and i.get("from_level", "low") == "low"]
check(len(standard) <= V["rules"]["max_answers_before_standard"] <= 12, "standard visit asks", len(standard), standard)
counted.update(checklist_items=len(items), asked_before_standard=len(standard))
for a in actions - {i[k] for _, i in items for k in ("if_yes", "if_no", "if_not_delivered") if k in i}: fault("action never used", a)
for l in V["levels"]:
    for m in l["measures"]: check(m in measures, l["id"], "measure", m)
for s in V["escalation"]["steps"]:
    for r in s["to"]:
        check(r in roles, "escalation", s["id"], r)
        check(card("missed_checkin", r), "escalation", s["id"], r, "has no card in missed_checkin")
    if "opens_situation" in s: check(s["opens_situation"] in S, s["id"], "opens_situation")
    if "sets_level" in s: check(s["sets_level"] in levels, s["id"], "sets_level")
check(V["duress_code"]["opens_situation"] in S and V["duress_code"]["ring_presser"] == "never", "duress code")
for c in V["code_words"]["codes"]:
    check(c.get("calls_for") in levels or c.get("confirms") == "safe", "code word", c["id"]); check(c["must_replace"] is True, c["id"], "must_replace")
check(any(c.get("confirms") == "safe" for c in V["code_words"]["codes"]), "no code word for safe")
check(V["escalation"]["auto_dial_112"] is False, "auto dial")

# ------------------------------------------------------------------ exercises
forms, notices, metrics, erules = ids(E["forms"], "forms"), ids(E["notices"], "notices"), ids(E["metrics"], "metrics"), ids(E["rules"], "exercise rules")
ids(E["exercises"], "exercises")
for n in E["notices"]:
    for r in n.get("requires", []): check(r in erules, "notice", n["id"], "requires", r)
check({"approval", "safety_rep", "opt_out"} <= set(next(n for n in E["notices"] if n["id"] == "unannounced").get("requires", [])), "unannounced requires")
for r in ("no_dial_link", "real_press", "approval", "safety_rep", "opt_out", "report_no_names"): check(r in erules, "exercise rule missing", r)
for x in E["exercises"]:
    w = x["id"]
    check(x["form"] in forms and x["notice"] in notices, w, "form or notice")
    zone_sits = [z["situation"] for z in x.get("zones", [])]
    sits = {x["situation"], *zone_sits}
    check(sits <= situations, w, "situation", sits)
    here = {c["role"] for s in sits & situations for c in S[s]["cards"]}
    for r in x["roles"]: check(r in here, w, "role without a card in the situation", r)
    times = [i["at_s"] for i in x["injects"]]
    check(times == sorted(times) and all(0 <= t <= x["duration_min"] * 60 for t in times), w, "inject times", times)
    for i in x["injects"]:
        check(i["to"] in x["roles"], w, "inject to", i["to"])
        if "zone" in i: check(i["zone"] in [z["zone"] for z in x["zones"]], w, "inject zone")
        check(i["at_s"] not in (30, 60), w, "inject at a step wait", i["at_s"])
    settable = {st.get("mark") for s in sits & situations for c in S[s]["cards"] for st in steps_of(c)}
    for t in x["targets"]:
        check(("mark" in t) != ("metric" in t), w, "target", t)
        if "mark" in t: check(t["mark"] in marks and t["mark"] in settable, w, "no card in the situation sets", t["mark"])
        else: check(t["metric"] in metrics, w, "metric", t["metric"])
        check(t["from"] in ("alarm", "second_alarm", "switch", "deadline", "disconnect"), w, "from", t["from"])
        check(not (t["from"] in ("alarm", "second_alarm") and t["within_s"] in (30, 60)), w, "target equals a step wait", t)
        check(0 < t["within_s"], w, t)
    ids(x["questions"], w); check(len(x["questions"]) >= 3, w, "too few questions")
    check(set(x["per_year"]) == set(sizes), w, "per_year", set(x["per_year"]))
for m in metrics - {t.get("metric") for x in E["exercises"] for t in x["targets"]}: fault("metric never used", m)
two = [x for x in E["exercises"] if x["notice"] == "unannounced" and len(x.get("zones", [])) == 2]
check(two and all(x["injects"] and x["targets"] and x["questions"] for x in two), "no unannounced exercise over two zones")
check(E["basis"]["arming_window_s"] == 120, "arming window")
counted.update(exercises=len(E["exercises"]), exercise_rules=len(erules))

# ------------------------------------------------------------------ follow-up, glossary, ros
owners = roles | {x["id"] for x in F["extra_owners"]}
phases, types, conds = ids(F["phases"], "phases"), ids(F["incident_types"], "types"), ids(F["conditions"], "conditions")
ids(F["tasks"], "tasks")
for t in F["tasks"]:
    check(t["owner"] in owners, t["id"], "owner"); check(t["phase"] in phases, t["id"], "phase")
    check(set(t["applies_to"]) <= types, t["id"], "applies_to")
    if "condition" in t: check(t["condition"] in conds, t["id"], "condition")
for r in F["reporting"]:
    if any("working_environment_committee" in x for x in r["to"]): check("exercises" in r["content"], r["id"], "report to AMU lacks exercises")
ids(G["terms"], "terms"); ids(G["interface"], "interface")
counted.update(terms=len(G["terms"]), labels=len(G["interface"]))
SCREEN_WORDS = {"has_alarm", "not_confirmed", "call_off"}  # ordinary words elsewhere, wrong as labels on a screen
for t in G["terms"]:
    for l, words in t.get("avoid", {}).items():
        for w in words:
            for f in FILES:
                for path, node in walk(D[f]):
                    where = f + ":" + "/".join(path)
                    if "avoid" in path or where in ALLOWED: continue
                    if t["id"] in SCREEN_WORDS and path[0] not in ("interface", "messages", "metrics", "marks"): continue
                    if re.search(r"\b" + re.escape(w) + r"\b", node[l], re.I): fault(where, l, "uses a word to avoid:", w)
for e in ROS["events"]:
    check(e["product"] == e["probability"] * e["consequence"], e["id"], "product")
    check(e["red"] == (e["consequence"] >= 4 or e["product"] >= 9), e["id"], "red")
for f in FILES:
    for n, line in enumerate(raw[f].splitlines(), 1):
        check(line == line.rstrip() and "\t" not in line, f, "line", n, "trailing space or tab")
    check(raw[f].endswith("\n") and not raw[f].endswith("\n\n"), f, "end of file")

for w in warnings: print("warning:", w)
for x in faults: print("FAULT:", x)
print(", ".join(f"{k} {v}" for k, v in counted.items()))
print(f"{len(faults)} faults, {len(warnings)} warnings")
sys.exit(bool(faults))
