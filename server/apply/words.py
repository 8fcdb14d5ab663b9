"""What `varde apply` says, in three languages. Keys of the files stand as they are written there: people look for them."""

from __future__ import annotations

from server.core.phrases import Phrases

PHRASES = Phrases({
    # nb, nn, en
    "person": ("person", "person", "person"),
    "device": ("enhet", "eining", "device"),
    "plan": ("plan", "plan", "plan"),
    "zone": ("sone", "sone", "zone"),
    "drawing": ("plantegning", "planteikning", "floor drawing"),
    "contact": ("kontakt", "kontakt", "contact"),
    "office": ("kontor", "kontor", "office"),
    "deployment": ("installasjon", "installasjon", "installation"),
    "situation": ("situasjon", "situasjon", "situation"),
    "content": ("tekster", "tekstar", "texts"),
    "people": ("{count} personer", "{count} personar", "{count} people"),
    "devices": ("{count} enheter", "{count} einingar", "{count} devices"),
    "plans": ("{count} planer", "{count} planar", "{count} plans"),
    "+": ("ny", "ny", "new"),
    "-": ("ut", "ut", "removed"),
    "~": ("endret", "endra", "changed"),
    ">": ("flyttet", "flytta", "moved"),
    "nothing": ("(ingenting)", "(ingenting)", "(nothing)"),
    "changed": ("endret", "endra", "changed"),
    "moved": ("fra {before}", "frå {before}", "from {before}"),
    "and_more": ("… og {count} til", "… og {count} til", "… and {count} more"),
    "for_all": ("Gjelder alle kontor", "Gjeld alle kontor", "For all offices"),
    "against": (
        "Endringer mot versjon {version}, tatt i bruk {at} av {by}:", "Endringar mot versjon {version}, teken i bruk {at} av {by}:",
        "Changes against version {version}, applied {at} by {by}:",
    ),
    "first": ("Ingenting er tatt i bruk før. Dette blir det første:", "Ingenting er teke i bruk før. Dette blir det første:",
              "Nothing has been applied before. This will be the first:"),
    "same": ("Dette er allerede versjon {version}, tatt i bruk {at} av {by}. Ingenting å gjøre.",
             "Dette er alt versjon {version}, teken i bruk {at} av {by}. Ingenting å gjere.",
             "This is already version {version}, applied {at} by {by}. Nothing to do."),
    "only_layout": ("Bare notater og oppsett er endret, i {files}.", "Berre notat og oppsett er endra, i {files}.",
                    "Only notes and layout differ, in {files}."),
    "going_on": ("Det som pågår nå", "Det som går føre seg no", "What is going on now"),
    "alarm": ("Alarm i {place}, siden {at}:", "Alarm i {place}, sidan {at}:", "Alarm in {place}, since {at}:"),
    "drill_alarm": ("ØVELSE: alarm i {place}, siden {at}:", "ØVING: alarm i {place}, sidan {at}:", "EXERCISE: alarm in {place}, since {at}:"),
    "visit": ("Besøk fra {place}, til {at}:", "Besøk frå {place}, til {at}:", "Visit from {place}, until {at}:"),
    "worth_knowing": ("Verdt å vite", "Verdt å vite", "Worth knowing"),
    # what running alarms and visits feel
    "keeps_plan": ("beholder planen den startet med ({plan})", "held på planen han starta med ({plan})", "keeps the plan that it opened with ({plan})"),
    "keeps_plan_changed": (
        "beholder planen den startet med ({plan}), som endres her: endringen gjelder fra neste alarm",
        "held på planen han starta med ({plan}), som blir endra her: endringa gjeld frå neste alarm",
        "keeps the plan that it opened with ({plan}), which changes here: the change holds from the next alarm",
    ),
    "alarm_left_alone": (
        "etter dette ville ingen være igjen til å høre den eller avslutte den. Avslutt alarmen først, så prøv igjen",
        "etter dette ville ingen vere att til å høyre han eller avslutte han. Avslutt alarmen først, så prøv igjen",
        "after this nobody would be left to hear it or to end it. End the alarm first, then try again",
    ),
    "holder_removed": (
        "{names} tas ut, og har svart ({stage}): svaret gjelder til det løper ut, men kan ikke fornyes",
        "{names} blir teken ut, og har svart ({stage}): svaret gjeld til det går ut, men kan ikkje fornyast",
        "{names} is removed, and has answered ({stage}): the answer holds until it lapses, and cannot be renewed",
    ),
    "told_removed": (
        "{names} er varslet og tas ut: får ikke vite når den er over, og kan ikke svare",
        "{names} er varsla og blir teken ut: får ikkje vite når han er over, og kan ikkje svare",
        "{names} has been told and is removed: will not hear when it is over, and cannot answer",
    ),
    "presser_removed": ("{names} trykte, og tas ut", "{names} trykte, og blir teken ut", "{names} pressed, and is removed"),
    "button_removed": (
        "knappen {devices} tas ut: lyset på den sier ikke mer", "knappen {devices} blir teken ut: lyset på han seier ikkje meir",
        "the button {devices} is removed: its light says no more",
    ),
    "zone_removed": (
        "sonen tas ut: alarmen viser stedet som før",
        "sona blir teken ut: alarmen viser staden som før", "the zone is removed: the alarm shows its place as before",
    ),
    "step_emptied": (
        "steg {number} treffer ingen etter dette ({who}): planens eier får vite det i stedet",
        "steg {number} treffer ingen etter dette ({who}): eigaren av planen får vite det i staden",
        "step {number} means nobody after this ({who}): the plan's owner is told instead",
    ),
    "visit_left_alone": (
        "kontoret tas ut mens besøket pågår. Avslutt besøket først, så prøv igjen",
        "kontoret blir teke ut medan besøket går føre seg. Avslutt besøket først, så prøv igjen",
        "the office is removed while the visit goes on. End the visit first, then try again",
    ),
    "visitor_removed": (
        "{names} er ute og tas ut av listen: kan ikke melde seg hjemme, og blir savnet når fristen går ut",
        "{names} er ute og blir teken ut av lista: kan ikkje melde seg heime, og blir sakna når fristen går ut",
        "{names} is out and is removed: cannot check in, and will be missed when the deadline passes",
    ),
    "contact_removed": (
        "{names} følger besøket og tas ut: lederen får vite det i stedet", "{names} følgjer besøket og blir teken ut: leiaren får vite det i staden",
        "{names} watches over the visit and is removed: the leader is told instead",
    ),
    "visit_device_removed": (
        "den bærbare alarmen {devices} tas ut mens den er med på besøket", "den berbare alarmen {devices} blir teken ut medan han er med på besøket",
        "the portable alarm {devices} is removed while it is out on the visit",
    ),
    "something_open": (
        "Noe er åpent som endringen ville etterlate uten noen. Prøv igjen om en time, eller se på åpne alarmer fra et annet rom.",
        "Noko er ope som endringa ville etterlate utan nokon. Prøv igjen om ein time, eller sjå på opne alarmar frå eit anna rom.",
        "Something is open that the change would leave with nobody. Try again in an hour, or look at open alarms from another room.",
    ),
    # what else follows
    "channels_changed": (
        "Kanalene er endret: start hver server på nytt, én etter én, for at de skal sende med de nye.",
        "Kanalane er endra: start kvar server på nytt, éin etter éin, for at dei skal sende med dei nye.",
        "The channels have changed: restart each server, one after the other, for them to send by the new ones.",
    ),
    "channels_lack": (
        "OBS: Med disse kanalene starter ingen server igjen, slik det er satt opp her. Rett det før neste omstart: {what}",
        "OBS: Med desse kanalane startar ingen server att, slik det er sett opp her. Rett det før neste omstart: {what}",
        "Note: with these channels no server starts again, as it is set up here. Mend it before the next restart: {what}",
    ),
    "people_removed": (
        "Personer som tas ut: {count}. De kan ikke logge inn mer, og varsles aldri. PIN og telefon huskes til de slettes, så en feil kan rettes.",
        "Personar som blir tekne ut: {count}. Dei kan ikkje logge inn meir, og blir aldri varsla. PIN og telefon blir hugsa til dei blir sletta, så ein "
        "feil kan rettast.",
        "People removed: {count}. They can no longer sign in, and are never told. PIN and phone are remembered until they are deleted, so that a "
        "mistake can be mended.",
    ),
    "on_duty_removed": ("Av dem er på jobb nå: {names}.", "Av dei er på jobb no: {names}.", "Of them on duty now: {names}."),
    "devices_removed": (
        "Knapper og bærbare alarmer som tas ut: {count}. Trykkes de likevel, går alarmen som fra en ukjent enhet: til kontoret til gatewayen, og til "
        "dem som leder der. Ta dem ned.",
        "Knappar og berbare alarmar som blir tekne ut: {count}. Trykkjer nokon likevel, går alarmen som frå ei ukjend eining: til kontoret til "
        "gatewayen, og til dei som leier der. Ta dei ned.",
        "Buttons and portable alarms removed: {count}. Pressed all the same, they raise as unknown devices: at their gateway's office, and to those "
        "who lead there. Take them down.",
    ),
    "devices_added": (
        "Nye enheter: {count}. `varde secrets` lager nøklene de trenger, og `varde broker-files` slipper dem inn hos megleren.",
        "Nye einingar: {count}. `varde secrets` lagar nøklane dei treng, og `varde broker-files` slepp dei inn hos meklaren.",
        "New devices: {count}. `varde secrets` makes the keys that they need, and `varde broker-files` lets them in at the broker.",
    ),
    "no_gateway": (
        "{office} har enheter, men ingen gateway hører dem: `varde secrets --gateway NAVN={office},…`.",
        "{office} har einingar, men ingen gateway høyrer dei: `varde secrets --gateway NAMN={office},…`.",
        "{office} has devices, but no gateway hears them: `varde secrets --gateway NAME={office},…`.",
    ),
    "pins": (
        "Filene har PIN for {count} personer. Bare demoen bruker dem: ta dem ut, alle setter sine egne.",
        "Filene har PIN for {count} personar. Berre demoen bruker dei: ta dei ut, alle set sine eigne.",
        "The files hold PINs of {count} people. Only the demo uses them: take them out, everyone sets their own.",
    ),
    # the question and the answer
    "ask": ("Ta dette i bruk? [j/N] ", "Ta dette i bruk? [j/N] ", "Apply this? [y/N] "),
    "not_applied": ("Ingenting er endret.", "Ingenting er endra.", "Nothing has been changed."),
    "refused": ("Dette kan ikke tas i bruk nå: se over. Ingenting er endret.", "Dette kan ikkje takast i bruk no: sjå over. Ingenting er endra.",
                "This cannot be applied now: see above. Nothing has been changed."),
    "no_terminal": (
        "Ingen er her til å svare: les endringene, og kjør igjen med --yes. Ingenting er endret.",
        "Ingen er her til å svare: les endringane, og køyr igjen med --yes. Ingenting er endra.",
        "Nobody is here to answer: read the changes, and run it again with --yes. Nothing has been changed.",
    ),
    "overtaken": (
        "Noen andre har tatt i bruk en annen versjon imens. Ingenting er endret: kjør igjen, og se på forskjellene.",
        "Nokon andre har teke i bruk ein annan versjon imens. Ingenting er endra: køyr igjen, og sjå på skilnadene.",
        "Somebody else has applied another version meanwhile. Nothing has been changed: run it again, and look at the differences.",
    ),
    "applied": (
        "Versjon {version} er tatt i bruk. Servere som kjører går over til den innen {seconds} sekunder.",
        "Versjon {version} er teken i bruk. Serverar som køyrer går over til han innan {seconds} sekund.",
        "Version {version} is applied. Servers that run go by it within {seconds} seconds.",
    ),
})  # fmt: skip

STAGES = Phrases({
    "coming": ("kommer", "kjem", "coming"),
    "taken": ("tar den", "tek han", "has it"),
    "there": ("er der", "er der", "there"),
    "sheltered": ("i dekning", "i dekning", "under cover"),
    "cannot": ("kan ikke", "kan ikkje", "cannot"),
    "lapsed": ("løpt ut", "gått ut", "lapsed"),
    "asked": ("spurt", "spurd", "asked"),
})

YES = frozenset({"j", "ja", "y", "yes"})

say, stage = PHRASES.say, STAGES.say
