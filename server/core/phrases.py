"""A table of texts in the three languages, and how one of them is said: for what speaks beside the app (commands, paper, pages without the app)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

LANGUAGES = ("nb", "nn", "en")


class Phrases:
    """`table`: by key the text in bokmål, nynorsk and English, with {names} of what is filled in."""

    def __init__(self, table: Mapping[str, tuple[str, str, str]]) -> None:
        self.table = table
        self._in = {language: {key: texts[column] for key, texts in table.items()} for column, language in enumerate(LANGUAGES)}

    def __contains__(self, key: object) -> bool:
        return key in self.table

    def say(self, language: str, key: str, **values: object) -> str:
        return self.all_in(language)[key].format(**values)

    def all_in(self, language: str) -> Mapping[str, str]:
        """Every text in one language, not filled in; in bokmål for a language that there is not."""
        return self._in.get(language) or self._in[LANGUAGES[0]]


def language_of(wanted: Iterable[str | None]) -> str:
    """The first of these that there is, else bokmål."""
    return next((one for one in wanted if one in LANGUAGES), LANGUAGES[0])
