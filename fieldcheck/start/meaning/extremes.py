"""Extremes over a set, by the inequality that defines them, and the order of matrices."""

from __future__ import annotations

from collections.abc import Sequence

from fieldcheck.start.grammar import ARGUMENTS
from fieldcheck.start.meaning.calculus import Calculus
from fieldcheck.start.meaning.values import ADD, POWER, TWO, Length, Value
from fieldcheck.start.signs import Node, Unread

Relation = tuple[str, str, str]
Space = tuple[int, tuple[str | int, ...], frozenset[str]]
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


class Extremes(Calculus):
    """Relations with the greatest or the least value of a formula, and where it is taken."""

    def _extreme(
        self, kind: str, name: str, space: Space | None, body: Node, _: Node | None
    ) -> Value:
        """An extreme of a quadratic formula over a whole space: where its gradient vanishes."""
        said = self.declared.get(name)
        rank, dims, assumed = space or (1, ("",), frozenset())
        if space is None and said is not None and said.rank is not None:
            rank, dims, assumed = said.rank, said.dims or ("",) * said.rank, said.hypotheses
        if rank != 1 or assumed or name in self.inputs:
            raise Unread("an extreme inside of a formula, over a set")
        bend = self.bending(body, name)
        if bend is None or bend != (-1 if kind.endswith("max") else 1):
            raise Unread("an extreme inside of a formula that is not seen to be a quadratic bowl")
        length = self.length(dims[0]) if dims and dims[0] else Length()
        made = self._valued(name, Value(name, shape=(length,)), body)
        self.tools.add("stationary")
        self.note(
            f"the extreme over {name} is of a quadratic: it is taken where its slope vanishes"
        )
        place = f"stationary(xp, lambda {name}: {made.code}, {length.mark})"
        if kind in ARGUMENTS.values():
            return Value(place, shape=(length,))
        return Value(f"(lambda {name}: {made.code})({place})")

    def degree(self, node: object, name: str) -> int:
        """The degree of a formula in a variable; 9 where it is none that is seen."""
        if isinstance(node, tuple):
            return max((self.degree(each, name) for each in node), default=0)
        if not isinstance(node, Node) or name not in self._spoken_of(node):
            return 0
        if node.op == "sym" and node.args[0] != name:
            return self.degree(self.by_name[node.args[0]].body, name)
        if node.op == "sym":
            return 1
        if node.op in ("add", "neg", "T"):
            return self.degree(node.args, name)
        if node.op in ("mul", "inner", "had", "dot"):
            return sum(self.degree(each, name) for each in node.args)
        if node.op == "div":
            return self.degree(node.args[0], name) if not self.degree(node.args[1], name) else 9
        if node.op == "pow" and node.args[1] == TWO:
            base = node.args[0]
            inner = base.args[0] if base.op == "norm" and base.args[1] in ("", "2") else base
            return 2 * self.degree(inner, name)
        if node.op == "call" and node.args[0] in self.by_name:
            definition = self.by_name[node.args[0]]
            degrees = [self.degree(a, name) * self.degree(definition.body, p)
                       for a, p in zip(node.args[1], definition.params, strict=False)]  # fmt: skip
            inside = self.degree(definition.body, name) if name not in definition.params else 0
            return 9 if inside else max(degrees, default=0)
        if node.op == "extreme":
            kind, own, _, body, _ = node.args
            joint = self.degree(body, name) < 3 and self.degree(body, own) < 3
            value = 1 if kind in ARGUMENTS.values() else 2
            return value if joint and self.bending(body, own) is not None else 9
        return 9

    def bending(self, node: Node, name: str) -> float | None:
        """1 where a formula is a quadratic that bends upwards in every direction, a half where in
        some, -1 and a half below zero downwards, 0 where it does not bend; None where none of it
        is seen."""
        degree = self.degree(node, name)
        if degree < 2:
            return 0
        if degree > 2:
            return None
        if node.op == "neg":
            inner = self.bending(node.args[0], name)
            return None if inner is None else -inner
        if node.op == "add":
            bends = [self.bending(each, name) for each in node.args]
            seen = [b for b in bends if b]
            one_way = None not in bends and (all(b > 0 for b in seen) or all(b < 0 for b in seen))
            return max(seen, key=abs) if one_way and seen else None
        if node.op in ("mul", "div"):
            parts = [e for e in node.args if self.degree(e, name)]
            rest = [e for e in node.args if e not in parts]
            if len(parts) == 2 and node.op == "mul":
                return self._form(node.args, name)
            if len(parts) != 1 or not all(map(self.is_positive, rest)):
                return None
            return self.bending(parts[0], name)
        if node.op == "pow" and node.args[0].op == "norm":
            return 1 if self._is_shift(node.args[0].args[0], name) else None
        if node.op == "call" and node.args[0] in self.by_name and len(node.args[1]) == 1:
            definition = self.by_name[node.args[0]]
            is_any = definition.printed.startswith(f"{definition.name} is any convex")
            is_bowl = is_any or self.bending(definition.body, definition.params[0]) == 1
            return 1 if is_bowl and self._is_shift(node.args[1][0], name) else None
        if node.op == "extreme" and node.args[0] == "max":
            return 1 if self._is_shift_in(node.args[3], name) else None
        if node.op == "extreme" and node.args[0] == "min":
            return self.bending(node.args[3], name)
        return None

    def _form(self, factors: tuple[Node, ...], name: str) -> float | None:
        r"""How ``x^\\top A x`` bends, with a number before it."""
        *rest, left, middle, right = factors
        is_form = left == Node("T", (Node("sym", (name,)),)) and right == Node("sym", (name,))
        said = self.declared.get(middle.args[0]) if is_form and middle.op == "sym" else None
        if said is None or not all(map(self.is_positive, rest)):
            return None
        return 1 if "spd" in said.hypotheses else 0.5 if "psd" in said.hypotheses else None

    def _is_shift_in(self, body: Node, name: str) -> bool:
        """Is a formula linear in a variable?"""
        return self.degree(body, name) == 1

    def _is_shift(self, node: Node, name: str) -> bool:
        """Is it the variable itself, but for a factor, a sign and what is added?"""
        if node.op == "sym":
            return node.args[0] == name
        if node.op == "neg":
            return self._is_shift(node.args[0], name)
        if node.op in ("add", "mul", "div"):
            parts = [e for e in node.args if self.degree(e, name)]
            rest = [e for e in node.args if e not in parts]
            is_scaled = node.op == "add" or all(map(self.is_positive, rest))
            return len(parts) == 1 and is_scaled and self._is_shift(parts[0], name)
        return False

    def is_positive(self, node: Node) -> bool:
        """Is it seen that a number is positive?"""
        if node.op == "num":
            return bool(node.args[0] > 0)
        if node.op == "sym":
            said = self.declared.get(node.args[0])
            return said is not None and not said.rank and "positive" in said.hypotheses
        if node.op in ("mul", "div", "inv", "add"):
            return all(self.is_positive(e) for e in node.args if isinstance(e, Node))
        if node.op == "pow":
            return self.is_positive(node.args[0])
        return False

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

    def reached(self, sides: Sequence[tuple[str, Node]]) -> list[tuple[str, Node]]:
        """The sides of a chain, whose extremes are taken where another side is their formula:
        ``\\max_r f(r) = f(p)``, of a p that is one of the r."""
        made = []
        for sign, side in sides:
            if side.op == "extreme" and side.args[4] is None:
                kind, name, space, body, _ = side.args
                for _, other in sides:
                    place = _put_for(name, body, other)
                    within = space[2] if space else frozenset()
                    is_within = place is not None and (
                        not within or (within == {"simplex"} and self._is_law(place))
                    )
                    if is_within and side != other:
                        side = Node("extreme", (kind, name, space, body, place))
                        break
            made.append((sign, side))
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


def _put_for(name: str, body: object, other: object) -> Node | None:
    """What stands in a formula where another one has a symbol, if they are the same elsewhere."""
    found: set[Node] = set()

    def same(a: object, b: object) -> bool:
        if a == Node("sym", (name,)) and isinstance(b, Node):
            found.add(b)
            return True
        if isinstance(a, Node) and isinstance(b, Node):
            return a.op == b.op and same(a.args, b.args)
        if isinstance(a, tuple) and isinstance(b, tuple):
            return len(a) == len(b) and all(map(same, a, b))
        return a == b

    return found.pop() if same(body, other) and len(found) == 1 else None
