"""What people have written about an exercise, without the names of people in Varde: for the working environment committee.

It knows names, not people: what somebody wrote about *she at the desk* stays, and so does the name of somebody who was never in Varde. Whoever hands the
page on reads it first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from server.core.directory import Directory

GONE = "–"
SHORTEST = 3
"""Letters of a name that counts by itself. Shorter ones (*Bo*, *Li*) are as often words, and count in the whole name only."""
LETTERS = re.compile(r"[^\W\d_]+")
OWNED = re.compile(r"['’´`]s\b", re.IGNORECASE)
"""The genitive that people write with an apostrophe: *Ola's*."""
BETWEEN = re.compile(r"[ \u00a0-]+")
"""What stands between two parts of one name."""

Cleaned = Callable[[str], str]

ALSO_WORDS = frozenset("""
    alm april arve ask bakke bakken bang bekk bekken berg bjørk bjørn blad bonde bor borg brekke bror bru brun busk dag dal dalen dam den der din due
    dyr eik elv eng falk fast fin finn fisk fjell flat foss fossen fred fri frost fugl furu gard gate gjerde glad gran grav grind gro grov gull gård
    gården hage hagen hai hall halm hals ham hammer han hans hare haug haugen hauk hav hegg hei heim hell helle hest hjelm hjort hol holm holt
    hovedverneombud hun hus huset hvit høy høyer iver jord juli juni kald kamp kirke kjær klar klippe klokke kopp kors kraft krok kvist kåre lam land
    lang leder leiar lid lilje lille lind liten liv lund lykke lyng lyse løve mai man mann mark marka mars max min mor morgen mork mur myr myra måne
    nes neset nord ny nøkkel odden orm per pil plass port post rand rask ravn rein reke rem ring ringen rise rogn rolle rom rose rune rust rød røst
    sand sen seter side sin siv skar skog skogen skole sky slette sletten smed snekker snø sol som sommer stang stav stein sten sterk sti stig stige
    stille stokk stor storm strand stranda strøm stue sund svart sæter sør søyle tang tangen tank tid tillitsvald tillitsvalgt time tom tone torg torp
    torv trapp trygg tømmer ulv under ung unn vakt vang vann var varde vegg vei vera verneombod verneombud vest vester vik vika vilje vind vinter vold
    voll våge vår ås åsen ørn øst øy øya
""".split())
"""Names that are ordinary words too. Written small they are taken for the word: *telefonen var tom* keeps its *tom*, also where a Tom works."""


def nameless(directory: Directory, others: Iterable[str] = ()) -> Cleaned:
    """What takes the names away. `others`: people by id, or by name where they are not in Varde, such as a safety
    representative who was asked.

    A whole name goes however it is written, and each part of it by itself, with its genitive; but of a part that is also an ordinary word (`ALSO_WORDS`) only
    what is written with a capital. A wallboard is nobody.
    """
    people = [one.name for one in directory.people.values() if one.surface != "wallboard"]
    people += [one for one in others if one not in directory.people]
    names = {tuple(LETTERS.findall(_folded(name))): name for name in people}
    whole: dict[str, list[tuple[str, ...]]] = {}
    for parts in sorted(names, key=len, reverse=True):
        if len(parts) > 1:
            whole.setdefault(parts[0], []).append(parts)
    single = {_folded(part) for name in names.values() for part in _alone(unicodedata.normalize("NFC", name)) if len(part) >= SHORTEST}

    def cleaned(text: str) -> str:
        text = unicodedata.normalize("NFC", text)
        words = list(LETTERS.finditer(text))
        pieces: list[str] = []
        at = n = 0
        while n < len(words):
            count = _whole(words, n, whole, text) or _single(words[n].group(), single)
            if count:
                start, end = words[n].start(), words[n + count - 1].end()
                if not pieces or not BETWEEN.fullmatch(text, at, start):  # *Anne-Lise* is one person
                    pieces += [text[at:start], GONE]
                owned = OWNED.match(text, end)
                at = owned.end() if owned else end
            n += count or 1
        return "".join((*pieces, text[at:]))

    return cleaned


def _whole(words: list[re.Match[str]], n: int, whole: dict[str, list[tuple[str, ...]]], text: str) -> int:
    """How many words from the n-th on are somebody's whole name; 0 where none."""
    for parts in whole.get(_folded(words[n].group()), ()):
        here = words[n : n + len(parts)]
        together = all(BETWEEN.fullmatch(text, one.end(), after.start()) for one, after in zip(here, here[1:]))
        said = [_folded(one.group()) for one in here]
        if together and said[:-1] == list(parts[:-1]) and len(said) == len(parts) and said[-1] in (parts[-1], f"{parts[-1]}s"):
            return len(parts)
    return 0


def _alone(name: str) -> list[str]:
    """The parts of a name that are names by themselves: what is written small in it (*van der Berg*) is a word."""
    parts = LETTERS.findall(name)
    return [part for part in parts if part[0].isupper()] or parts


def _single(word: str, single: set[str]) -> int:
    """1 where this word is somebody's name, or its genitive."""
    folded = _folded(word)
    known = [one for one in (folded, folded.removesuffix("s")) if one in single]
    return int(any(word[0].isupper() or one not in ALSO_WORDS for one in known))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()
