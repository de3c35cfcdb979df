"""Extremes over a set, by the inequality that defines them, and the order of matrices."""

from __future__ import annotations

from fieldcheck.start.grammar import ARGUMENTS
from fieldcheck.start.meaning.calculus import Calculus
from fieldcheck.start.meaning.values import ADD, POWER, Length, Value
from fieldcheck.start.signs import Node, Unread

Relation = tuple[str, str, str]
Space = tuple[int, tuple[str | int, ...], frozenset[str]]
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


class Extremes(Calculus):
    """Relations with the greatest or the least value of a formula, and where it is taken."""

    def _extreme(self, *_: object) -> Value:
        raise Unread("an extreme inside of a formula")

    def _any(self, name: str, space: Space | None) -> Value:
        """A variable that runs over a set, as an input."""
        said = self.declared.get(name)
        rank, dims, assumed = space or (1, (), frozenset())
        if space is None and said is not None and said.rank is not None:
            rank, dims, assumed = said.rank, said.dims, said.hypotheses
        if any(h.startswith(("unread ", "where ", "value ")) for h in assumed):
            raise Unread(f"the set over which {name} runs")
        shape = tuple(self.length(d) if d else Length() for d in dims or ("",) * (rank or 0))
        own = name if name not in self.inputs and name not in self.by_name else f"any_{name}"
        if own in self.inputs:
            raise Unread(f"{name} runs over two sets")
        self.inputs[own] = Value(own, shape=shape)
        self.hypotheses[own] = set(assumed)
        return self.inputs[own]

    def _valued(self, name: str, at: Value, body: Node) -> Value:
        self.locals.append({name: at})
        try:
            made = self.number(body, "an extreme")
        finally:
            self.locals.pop()
        if made.axes:
            raise Unread("an extreme for each index")
        return made

    def extremes(self, left: Node, sign: str, right: Node) -> list[Relation]:
        """The relations that a relation with an extreme on one side says."""
        if right.op == "extreme":
            left, sign, right = right, TURNED[sign], left
        if "extreme" in str(right):
            raise Unread("an extreme on both sides")
        kind, name, space, body, place = left.args
        is_top = kind.endswith("max")
        if kind in ARGUMENTS.values():
            if sign != "=":
                raise Unread("a comparison with a place")
            found = self.value(right)
            other = self._any(name, space)
            self._same(other, found, "the place of an extreme")
            best, value = self._valued(name, found, body), self._valued(name, other, body)
            self.note(f"{name} of the extreme is any: no value of it is better")
            codes = (value.at(ADD), best.at(ADD))
            return [("AtMost", *(codes if is_top else codes[::-1]))]
        bound = self.number(right, "a bound")
        relations: list[Relation] = []
        sharp = {"<=": not is_top, "<": not is_top, ">=": is_top, ">": is_top, "=": True}[sign]
        if sharp:
            if place is None:
                raise Unread("an extreme of which is not said where it is taken")
            reached = self._valued(name, self.value(place), body)
            codes = (bound.at(ADD), reached.at(ADD))
            how = "Equal" if sign == "=" else "AtMost"
            relations.append((how, *(codes if is_top or sign == "=" else codes[::-1])))
            self.note("the extreme is taken where the text says")
        if sign == "=" or not sharp:
            value = self._valued(name, self._any(name, space), body)
            codes = (value.at(ADD), bound.at(ADD))
            relations.append(("AtMost", *(codes if is_top else codes[::-1])))
            self.note(f"{name} of the extreme is any")
        return relations

    def ordered(self, left: Node, right: Node) -> list[Relation]:
        """``A \\preceq B`` by the forms of both, of any vector."""
        sides = [None if str(n) == "num(0)" else self.value(n) for n in (left, right)]
        shown = next((s for s in sides if s is not None), None)
        if shown is None or any(s is not None and (len(s.shape) != 2 or s.axes) for s in sides):
            raise Unread("an order of what are no matrices")
        for each in sides:
            if each is not None:
                self._same(shown, each, "an order of matrices")
        shown.shape[0].unify(shown.shape[1], "an order of matrices")
        if "any_vector" not in self.inputs:
            self.inputs["any_vector"] = Value("any_vector", shape=shown.shape[:1])
            self.hypotheses["any_vector"] = set()
        v = self.inputs["any_vector"]
        v.shape[0].unify(shown.shape[0], "an order of matrices")
        self.note("matrices are ordered by their forms, here of any vector")
        forms = ["0" if s is None else f"any_vector @ {s.at(POWER)} @ any_vector" for s in sides]
        return [("AtMost", forms[0], forms[1])]
