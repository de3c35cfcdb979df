"""What the sources say, statement by statement, and which claims treat it.

One TOML file a work.  A *place* is a slide, a panel or a lemma, and has one name; under it stand
its statements in the order of the source.  A statement is

    quote        the source's words, verbatim up to white space (talk and poster), or
    paraphrase   ours (the two papers, whose text is not quoted)
    printed      forms that are its formula, up to notation: keys of the register, or the id of a
                 claim whose own form is the printed one
    reading      forms that are our reading of its words
    mended       the claim that holds instead, where a form is refuted, and
    change       what it changes
    see          other claims that bear on it; pages: chapters
    note         one sentence
    label        a title, a definition or a name: nothing to examine
    again        said before in the same source, word by word

Of talk and poster nothing is left out: their quotations, one after the other, are the whole text,
which ``digest`` seals.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

FOLDER = Path(__file__).parent
WORKS = ("talk", "poster", "paper", "CoLU paper")

Change = Literal["sign", "factor", "transpose", "index", "term", "hypothesis", "misprint"]


class Statement(msgspec.Struct, kw_only=True, frozen=True, eq=False, forbid_unknown_fields=True):
    """A statement of a source, see above."""

    quote: str = ""
    paraphrase: str = ""
    printed: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    mended: str | None = None
    change: Change | None = None
    see: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    note: str = ""
    label: bool = False
    again: bool = False

    @property
    def text(self) -> str:
        return (self.quote or self.paraphrase).strip("\n")

    @property
    def plain(self) -> str:
        """On one line, displayed formulas set in it."""
        return " ".join(self.text.replace("$$", "$").split())

    @property
    def bare(self) -> str:
        """Without white space."""
        return "".join(self.text.split())

    @property
    def examined(self) -> bool:
        """Does it say something, for the first time?"""
        return not (self.label or self.again)

    @property
    def forms(self) -> tuple[str, ...]:
        """What decides: its printed forms, or where there is none our readings."""
        return self.printed or self.reading

    @property
    def claims(self) -> tuple[str, ...]:
        """Ids of all claims that bear on it, the mending one first."""
        mended = (self.mended,) if self.mended else ()
        named = (*mended, *(key.split("/")[0] for key in (*self.printed, *self.reading)), *self.see)
        return tuple(dict.fromkeys(named))


class Place(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A slide, a panel, a lemma."""

    name: str
    statement: tuple[Statement, ...]


class Work(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A source; what: the word for one of its places; says: who, where and when."""

    work: str
    title: str
    what: str
    says: str
    place: tuple[Place, ...]
    digest: str = ""

    @property
    def statements(self) -> list[tuple[Place, Statement]]:
        return [(place, said) for place in self.place for said in place.statement]

    def first(self, said: Statement) -> Statement:
        """Where the same words stand for the first time."""
        return next(each for _, each in self.statements if each.bare == said.bare)


def file_of(name: str) -> Path:
    """The file of a work."""
    return FOLDER / f"{name.lower().replace(' ', '_')}.toml"


@cache
def work(name: str) -> Work:
    """A source by its name; KeyError if there is none."""
    if name not in WORKS:
        raise KeyError(name)
    return msgspec.convert(tomllib.loads(file_of(name).read_text(encoding="utf-8")), Work)


def works() -> list[Work]:
    """All sources: talk, poster, paper, CoLU paper."""
    return [work(name) for name in WORKS]


def anchor(source: Work, said: Statement) -> str:
    """The id of a statement on its page: its number among those examined, ``talk-12``."""
    examined = [each for _, each in source.statements if each.examined]
    number = 1 + next(k for k, each in enumerate(examined) if each is said)
    return f"{file_of(source.work).stem.replace('_', '-')}-{number}"


def said_in(key: str) -> Iterator[tuple[Work, Place, Statement]]:
    """Where a form is said, printed or in words: by its key, or by the id of its claim."""
    short = key.removesuffix("/claim")
    for found in works():
        for place, said in found.statements:
            if short in (*said.printed, *said.reading):
                yield found, place, said


def places(claim_id: str) -> list[tuple[str, str]]:
    """Work and place of every statement that a form of the claim prints or reads."""
    found = [
        (source.work, place.name)
        for source in works()
        for place, said in source.statements
        if claim_id in {key.partition("/")[0] for key in (*said.printed, *said.reading)}
    ]
    return list(dict.fromkeys(found))


def is_printed(claim_id: str) -> bool:
    """Is a claim's own form a formula of a source?"""
    return any(claim_id in said.printed for _, _, said in said_in(claim_id))


def digest(source: Work) -> str:
    """SHA-256 of the quotations, one after the other, without white space."""
    text = "".join(said.quote for _, said in source.statements)
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()
