"""Which definitions and declarations hold at a place of an article."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from fieldcheck.start.article import Article
from fieldcheck.start.convex import Convex
from fieldcheck.start.factors import Factors
from fieldcheck.start.formulas import Declared
from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.moments import MOMENT, Moments
from fieldcheck.start.prose import Declarations, Place
from fieldcheck.start.signs import Node
from fieldcheck.start.steps import Steps
from fieldcheck.start.trees import reached
from fieldcheck.start.wording import Wording


@dataclass
class Scope:
    """What is said and defined so far; the lists are those to which the walk over it adds."""

    article: Article
    said: Declarations
    wording: Wording
    definitions: list[Definition]
    lost: dict[str, str]
    coefficients: dict[str, Declared]
    starred: dict[str, Declared]
    moments: Moments
    convex: Convex
    factors: Factors
    steps: Steps
    beside: dict[str, Declared] = field(default_factory=dict)
    """What a display itself says of its symbols."""
    understood: dict[str, str] = field(default_factory=dict)
    """What is said of a symbol, and is a definition."""

    def known(self, place: Place) -> dict[str, Declared]:
        """The symbols as they are known at a place, and what moves at each step."""
        known = {**self.coefficients, **self.beside, **self.said.at(*place)}
        for name, each in self.starred.items():
            old = known.get(name)
            is_bare = old is None or (not old.rank and old.hypotheses <= {"nonzero"})
            if is_bare and not (old and old.single):
                known[name] = old.merged(each) if old else each
        for name in self.understood.keys() & known.keys():
            rest = known[name].hypotheses - {self.understood[name]}
            known[name] = replace(known[name], hypotheses=rest)
        for name in self.moments.known.keys() & known.keys():
            kept = {h for h in known[name].hypotheses if not re.search(MOMENT, h)}
            known[name] = replace(known[name], hypotheses=frozenset(kept))
        for name in self.convex.told & known.keys():  # what words say of them is in the function
            old, own = known[name], self.coefficients.get(name)
            kept = {h for h in old.hypotheses if not h.startswith("unread ")}
            known[name] = replace(old, hypotheses=frozenset(kept))
            if own is not None:
                known[name] = own if old.rank is None else known[name].merged(
                    Declared(name, None, (), own.hypotheses))  # fmt: skip
        known = self.factors.known(known) if self.factors.products else known
        return self.steps.known(known) if self.steps.counters else known

    def still(self, place: Place) -> list[Definition]:
        """The definitions that hold at a place: of what is not declared anew since."""
        known = self.known(place)
        last = {d.pattern: d for d in self.definitions if d.pattern.op == "rate"}
        return [
            d for d in self.definitions
            if not (d.name in known and self._is_gone(d, place)) and place[0] < d.ends
            and (not d.only or place in d.only or place == d.place)
            and place[0] not in d.excluded
            and (d.pattern.op != "rate" or (last[d.pattern] is d and d.name not in self.lost))
        ]  # fmt: skip

    def _is_gone(self, definition: Definition, place: Place) -> bool:
        if self.wording.is_any(definition, place):
            return True
        sentences = self.article.sentences
        here, there = sentences[place[0]], sentences[definition.place[0]]
        is_over = (there.theorem and here.theorem != there.theorem) or (
            here.section != there.section
        )
        if is_over and self.is_special(definition) and not definition.when:
            return True  # "let b = 1/c", of any b before: in the theorem and its proof alone
        is_function = bool(definition.params)
        return self.said.is_given_away(definition.name, definition.place, place, is_function)

    def is_special(self, definition: Definition) -> bool:
        """Does a formula say what a symbol is here, that was any before?"""
        before = self.said.at(definition.place[0] - 1).get(definition.name)
        named_ = self.said.named_by(definition.place[0] - 1)
        is_free = before is not None and definition.name in named_ and not definition.params
        return is_free and before is not None and (before.rank == 0 or bool(before.hypotheses))


def spoken(whole: Node, definitions: list[Definition]) -> list[Definition]:
    """The definitions without those that hold only where something else is spoken of."""
    always = [d for d in definitions if not d.when]
    names = reached(whole, always)
    return [d for d in definitions if not d.when or d.when & names]
