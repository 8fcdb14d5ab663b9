"""What `varde plan` says, in three languages. Ids and keys of the files stand as they are written there: people look for them."""

from __future__ import annotations

from server.core.phrases import Phrases

PHRASES = Phrases({
    # nb, nn, en
    "no_office": ("Det finnes ikke noe kontor «{asked}».", "Det finst ikkje noko kontor «{asked}».", "There is no office '{asked}'."),
    "no_zone": ("Kontoret har ingen sone «{asked}».", "Kontoret har inga sone «{asked}».", "The office has no zone '{asked}'."),
    "no_device": (
        "Kontoret har ingen knapp eller bærbar alarm «{asked}».", "Kontoret har ingen knapp eller berbar alarm «{asked}».",
        "The office has no button or portable alarm '{asked}'.",
    ),
    "no_situation": ("Det finnes ingen situasjon «{asked}».", "Det finst ingen situasjon «{asked}».", "There is no situation '{asked}'."),
    "no_person": ("Det finnes ingen «{asked}».", "Det finst ingen «{asked}».", "There is nobody '{asked}'."),
    "which_office": ("Hvilket kontor?", "Kva kontor?", "Which office?"),
    "raises_nothing": ("«{asked}» varsler ingen.", "«{asked}» varslar ingen.", "'{asked}' raises nothing."),
    "there_are": ("Her er: {known}.", "Her er: {known}.", "There are: {known}."),
    "there_are_none": ("Her er ingen.", "Her er ingen.", "There are none."),
    # what is tried
    "pressed": ("{what} – {where}, kl. {at}", "{what} – {where}, kl. {at}", "{what} – {where}, at {at}"),
    "with_device": ("{name} ({id}) trykkes: {kind}", "{name} ({id}) blir trykt: {kind}", "{name} ({id}) is pressed: {kind}"),
    "with_app": ("{name} ({id}) trykker i appen: {kind}", "{name} ({id}) trykkjer i appen: {kind}", "{name} ({id}) presses in the app: {kind}"),
    "with_nothing": ("Noen varsler: {kind}", "Nokon varslar: {kind}", "Somebody raises: {kind}"),
    "frame": (
        "Situasjon {situation}, nivå {level}. Plan {plan}, eier {owner}.", "Situasjon {situation}, nivå {level}. Plan {plan}, eigar {owner}.",
        "Situation {situation}, level {level}. Plan {plan}, owner {owner}.",
    ),
    "duty": (
        "På jobb for kontoret: {on_duty}, av dem i huset: {present} ({source}).", "På jobb for kontoret: {on_duty}, av dei i huset: {present} ({source}).",
        "On duty for the office: {on_duty}, of them in the house: {present} ({source}).",
    ),
    "duty_now": ("slik det er nå", "slik det er no", "as it is now"),
    "duty_files": ("slik filene sier", "slik filene seier", "as the files say"),
    "duty_all": ("alle regnet med, for filene sier ingen", "alle rekna med, for filene seier ingen", "everybody, since the files say nobody"),
    "duty_asked": ("slik du ba om", "slik du bad om", "as you asked"),
    "channels": ("Kanaler: {channels}.", "Kanalar: {channels}.", "Channels: {channels}."),
    "not_set_up": (
        "Planen bruker også {channels}, som ikke er satt opp her: ingen blir varslet slik. --channels {all} viser hvordan det blir med dem.",
        "Planen bruker òg {channels}, som ikkje er sett opp her: ingen blir varsla slik. --channels {all} viser korleis det blir med dei.",
        "The plan also uses {channels}, which is not set up here: nobody is told that way. --channels {all} shows it with them.",
    ),
    "push_unknown": (
        "Her er det regnet med at alle har slått på varsler i appen.", "Her er det rekna med at alle har slått på varsel i appen.",
        "It is assumed that everybody has switched pushes on in the app.",
    ),
    "worst": (
        "Ingen svarer, og ingen skjerm eller telefon melder at den har vist noe. Den som har Varde åpent, ser alarmen straks; "
        "en telefon som melder at den har vist den, får ikke mer.",
        "Ingen svarar, og ingen skjerm eller telefon melder at han har vist noko. Den som har Varde ope, ser alarmen straks; "
        "ein telefon som melder at han har vist han, får ikkje meir.",
        "Nobody answers, and no screen or phone says that it has shown anything. Whoever has Varde open sees the alarm at once; "
        "a phone that says that it has shown it gets no more.",
    ),
    "shown": (
        "Ingen svarer, men hver telefon melder straks at den har vist varselet.", "Ingen svarar, men kvar telefon melder straks at han har vist varselet.",
        "Nobody answers, but every phone says at once that it has shown the push.",
    ),
    "some_answer": (
        "Andre svarer ikke, og ingen skjerm eller telefon melder at den har vist noe.",
        "Andre svarar ikkje, og ingen skjerm eller telefon melder at han har vist noko.",
        "Others do not answer, and no screen or phone says that it has shown anything.",
    ),
    # what happens
    "step": (
        "STEG {number} av {of}: {why}. Venter {wait} s.", "STEG {number} av {of}: {why}. Ventar {wait} s.",
        "STEP {number} of {of}: {why}. Waits {wait} s.",
    ),
    "opened": ("alarmen går", "alarmen går", "the alarm is raised"),
    "grace_over": ("ingen svar på om alt er i orden", "ikkje svar på om alt er i orden", "no answer to whether all is well"),
    "no_answer": ("ikke nok har svart", "ikkje nok har svart", "not enough have answered"),
    "unreached": ("ingen i steget kunne nås", "ingen i steget kunne nåast", "nobody in the step could be reached"),
    "nobody_told": ("steget før traff ingen", "steget før traff ingen", "the step before meant nobody"),
    "nobody_can_end": ("ingen av dem som er varslet kan avslutte", "ingen av dei som er varsla kan avslutte", "none of those told may end it"),
    "vacant": ("en rolle er ledig igjen", "ei rolle er ledig igjen", "a role is vacant again"),
    "whom": ("Varsler: {whom}", "Varslar: {whom}", "Tells: {whom}"),
    "by_role": ("rollen {value}", "rolla {value}", "the role {value}"),
    "by_on_duty": ("alle på jobb", "alle på jobb", "everybody on duty"),
    "by_neighbours": ("nabokontoret", "nabokontoret", "the neighbour office"),
    "at_office": ("{whom} ved {office}", "{whom} ved {office}", "{whom} at {office}"),
    "nobody_for_role": ("{whom} treffer ingen nå", "{whom} treffer ingen no", "{whom} means nobody now"),
    "no_owner": (
        "og ingen som eier planen er på jobb til å få vite det", "og ingen som eig planen er på jobb til å få vite det",
        "and nobody who owns the plan is on duty to be told",
    ),
    "rung": ("{channel} {at} s", "{channel} {at} s", "{channel} {at} s"),
    "no_channel": ("INGEN KANAL NÅR DEM", "INGEN KANAL NÅR DEI", "NO CHANNEL REACHES THEM"),
    "only_screen": ("bare åpen skjerm", "berre open skjerm", "an open screen only"),
    "lacks_address": ("{channel}: ingen adresse", "{channel}: inga adresse", "{channel}: no address"),
    "quiet": ("uten lyd", "utan lyd", "without a tone"),
    "because_role": ("fordi ingen har {role}", "fordi ingen har {role}", "since nobody has {role}"),
    "because_duress": ("ikke ring", "ikkje ring", "do not ring"),
    "because_end": ("kan avslutte", "kan avslutte", "may end it"),
    "asked": ("{who} spørres: {question}", "{who} blir spurd: {question}", "{who} is asked: {question}"),
    "all_right": ("er alt i orden?", "er alt i orden?", "are you all right?"),
    "still_there": ("er du der fortsatt?", "er du der framleis?", "are you still there?"),
    "devices": ("Lyser eller lyder: {names}", "Lyser eller lyder: {names}", "Lights and sounders: {names}"),
    "acknowledged": ("{who} svarer «jeg kommer»: {role}", "{who} svarar «eg kjem»: {role}", "{who} answers 'I am coming': {role}"),
    "lapsed": ("Løftet fra {who} er løpt ut", "Lovnaden frå {who} er gått ut", "The promise of {who} has lapsed"),
    "unreached_step": ("Steg {number}: ingen kunne nås", "Steg {number}: ingen kunne nåast", "Step {number}: nobody could be reached"),
    "refused": ("{who} kunne ikke svare: {reason}", "{who} kunne ikkje svare: {reason}", "{who} could not answer: {reason}"),
    "repeats": (
        "Fra nå det samme hvert {seconds}. sekund, til nok har svart.", "Frå no det same kvart {seconds}. sekund, til nok har svart.",
        "From now on the same every {seconds} s, until enough have answered.",
    ),
    "never_repeats": ("Mer skjer ikke innen tre timer.", "Meir skjer ikkje innan tre timar.", "Nothing more happens within three hours."),
    # what an answer changes
    "answers": (
        "Når de som varsles først svarer «jeg kommer», én etter én:", "Når dei som blir varsla først svarar «eg kjem», éin etter éin:",
        "When those told first answer 'I am coming', one after the other:",
    ),
    "helper": ("{who}: {role}, gjelder {holds}", "{who}: {role}, gjeld {holds}", "{who}: {role}, holds for {holds}"),
    "minutes": ("{n} min", "{n} min", "{n} min"),
    "no_role": ("ingen rolle", "inga rolle", "no role"),
    "still_lacks": ("mangler {roles}: stegene går videre", "manglar {roles}: stega går vidare", "lacks {roles}: the steps go on"),
    "enough": ("nok: stegene stopper", "nok: stega stoppar", "enough: the steps stop"),
    "as_before": ("mangler det samme", "manglar det same", "lacks the same"),
    "steps_go_on": ("stegene går videre", "stega går vidare", "the steps go on"),
    "empty": (
        "Roller som blir stående tomme, også når alle som kan nås svarer: {roles}.",
        "Roller som blir ståande tomme, òg når alle som kan nåast svarar: {roles}.",
        "Roles that stay empty, also when everyone answers who can be reached: {roles}.",
    ),
    "none_empty": (
        "Svarer alle som kan nås, er alle rollene fylt.", "Svarar alle som kan nåast, er alle rollene fylte.",
        "If everyone answers who can be reached, every role is filled.",
    ),
    "words": ("Ordene", "Orda", "The words"),
})  # fmt: skip

CHANNELS = Phrases({
    "push": ("push", "push", "push"),
    "sms": ("SMS", "SMS", "SMS"),
    "voice": ("oppringning", "oppringing", "call"),
    "email": ("e-post", "e-post", "e-mail"),
    "chat": ("chat", "chat", "chat"),
    "webhook": ("webhook", "webhook", "webhook"),
})

say = PHRASES.say


def channel(language: str, value: str) -> str:
    return CHANNELS.say(language, value) if value in CHANNELS else value
