"""Functions by name, means and spectra; whole numbers and cases."""

from __future__ import annotations

import contextlib
import itertools
import re
from dataclasses import replace
from typing import Any

from fieldcheck.start.meaning.entries import Entries
from fieldcheck.start.meaning.forms import is_mean
from fieldcheck.start.meaning.values import (
    ADD,
    ATOM,
    ELEMENTARY,
    ENTRYWISE,
    MUL,
    POSITIVE,
    POWER,
    ZERO,
    Definition,
    Length,
    Value,
)
from fieldcheck.start.signs import MEAN_CALLS, SPECTRA, Node, Unread, called, symbols


class Functions(Entries):
    """Values of functions."""

    # -- numbers of Python's ----------------------------------------------------------------------
    def _integer(self, node: Node, what: str) -> str:
        for name in symbols(node):
            is_known = name in self.inputs or name in self.by_name or name in self.sizes
            is_bound = any(name in scope for scope in self.locals)
            if not (is_known or is_bound or name in self.declared):
                self.inputs[name] = Value(name, plain=True)
                self.hypotheses[name] = {"integer"}
                self.note(f"{name} is an integer: a few are tried")
        made = self.value(node)
        if not made.plain:
            raise Unread(f"{what} of what is no integer")
        return made.code

    def _binom(self, n: Node, k: Node) -> Value:
        top, below = (self._integer(each, "a binomial coefficient") for each in (n, k))
        return Value(f"math.comb({top}, {below})", plain=True)

    def _factorial(self, n: Node) -> Value:
        return Value(f"math.factorial({self._integer(n, 'a factorial')})", plain=True)

    # -- means ------------------------------------------------------------------------------------
    def _entries(self, node: Node) -> Value:
        """What a mean is of, as the vector of its values: vectors stand for their entries in it."""
        with contextlib.suppress(Unread):
            made = self.argument(node)
            if len(made.shape) == 1 and not (made.axes or made.row or made.several):
                return made
        length = Length()
        self.indices.append({"at_": length})
        try:
            made = self.value(self._entrywise(node))
        finally:
            self.indices.pop()
        if self.looped:
            code = f"xp.stack([{self._lifted(made)} for at_ in range({length.mark})])"
        else:
            code = made.code
            if made.axes != ("at_",):
                raise Unread("a mean of what does not depend on what it is taken over")
        if made.shape:
            raise Unread(f"a mean of {made.describe()}")
        return Value(code, ATOM if self.looped else made.level, (), (length,))

    def _entrywise(self, node: Any) -> Any:
        """A formula with entries in the place of vectors."""
        if isinstance(node, tuple):
            return tuple(map(self._entrywise, node))
        if not isinstance(node, Node):
            return node
        if node.op == "sym" or (node.op == "call" and node.args[0] in self.by_name):
            if node.op == "call" and is_mean(node.args[0]):
                return node
            made = self.named(node)
            is_vector = len(made.shape) == 1 and not made.several and not made.row
            return Node("index", (node, ("at_",))) if is_vector else node
        if node.op == "call" and node.args[0] in ENTRYWISE:
            return Node("call", (node.args[0], self._entrywise(node.args[1])))
        if node.op in ("add", "neg", "mul", "div", "pow", "had", "inv", "epow", "abs"):
            return Node(node.op, self._entrywise(node.args))
        return node

    def _mean(self, name: str, arguments: tuple[Node, ...]) -> Value:
        """An expectation, a variance or a covariance under a distribution that is said."""
        kind, _, said = name.partition("_")
        if said != "of" and len(arguments) == 1 and (
            (found := self._random_mean(kind, arguments[0])) is not None
        ):  # fmt: skip
            return found
        if said != "of":
            mean = next((m for m in ("expectation", "average") if m in self.by_name), "")
            if not mean or kind in ("expectation", "average"):
                raise Unread("an expectation")
            return self.value(self._moment(kind, mean, arguments))
        *bodies, under = arguments
        if len(bodies) == 1 and kind in ("Cov", "expectation", "average") and (
            (found := self._mean_of_several(kind, bodies[0], under)) is not None
        ):  # fmt: skip
            return found
        if kind in ("Var", "Cov"):
            usual = ("expectation_of", "average_of")
            mean = next((m for m in usual if m in self.by_name), usual[0])
            return self.value(self._moment(kind, mean, tuple(bodies), (under,)))
        is_named = under.op in ("sym", "call")
        p = self.named(under) if is_named else Value("")
        is_law = is_named and (
            under.args[0] in self.by_name or "simplex" in self.hypotheses.get(under.args[0], ())
        )
        if len(bodies) != 1 or not is_law or len(p.shape) != 1:
            raise Unread("an expectation")
        values = self._entries(bodies[0])
        values.shape[0].unify(p.shape[0], "a mean")
        return Value(f"xp.sum({p.at(MUL)} * {values.at(POWER)})")

    def _random_mean(self, kind: str, body: Node) -> Value | None:
        """The mean of a formula of degree two in a random vector of known mean and covariance, or
        the covariance of one of degree one."""
        names = sorted(self._spoken_of(body) & self.random.keys())
        if len(names) != 1 or kind not in ("expectation", "Cov"):
            return None
        (name,) = names
        mean, covariance = self.random[name]
        degree = self.degree(body, name)
        length = Length()
        self.locals.append({name: Value(name, shape=(length,))})
        try:
            made = self.value(body)
        finally:
            self.locals.pop()
        if made.axes or made.row or degree > 2 or (degree > 1 and made.shape):
            raise Unread("an expectation")
        at = f"xp.zeros({length.mark})"
        if mean != ZERO:
            given = self.value(mean)
            self._same(given, Value("", shape=(length,)), "a mean")
            at = given.code
        inner = f"lambda {name}: {made.code}"
        spread = self._covariance(covariance, length) if kind == "Cov" or degree > 1 else None
        self.note(f"{name} is random, of the mean and the covariance that the text says")
        if kind == "Cov":
            if degree > 1 or len(made.shape) != 1 or spread is None:
                raise Unread("a covariance")
            slope = f"xp.jacobian({inner}, {at})"
            return Value(f"{slope} @ {spread} @ {slope}.T", MUL, (), (*made.shape, *made.shape))
        if degree < 2:
            return replace(made, code=f"({inner})({at})", level=ATOM, plain=False)
        bend = f"xp.jacobian(lambda {name}: xp.gradient({inner}, {name}), {at})"
        return Value(f"({inner})({at}) + xp.trace({bend} @ {spread}) / 2", ADD)

    def _covariance(self, node: Node | None, length: Length) -> str:
        if node is None:
            raise Unread("a random vector of which no covariance is said")
        made = self.value(node)
        if len(made.shape) != 2 or made.axes:
            raise Unread(f"a covariance that is {made.describe()}")
        for each in made.shape:
            each.unify(length, "a covariance")
        return made.at(POWER)

    def degree(self, node: object, name: str) -> int:
        """The degree of a formula in a variable: in the layer of extremes."""
        raise NotImplementedError

    def _mean_of_several(self, kind: str, body: Node, under: Node) -> Value | None:
        """The mean of vectors, one for each member, or their covariance matrix."""
        if under.op not in ("sym", "call") or self.looped:
            return None
        is_square = body.op == "mul" and len(body.args) == 2 and (
            body.args[1] == Node("T", (body.args[0],))
        )  # fmt: skip
        t = self._of_members(body.args[0] if is_square else body)
        if t is None or (is_square and kind == "Cov"):
            return None
        p = self.named(under)
        is_law = under.args[0] in self.by_name or "simplex" in self.hypotheses.get(
            under.args[0], ()
        )
        if len(p.shape) != 1 or not is_law:
            return None
        t.shape[0].unify(p.shape[0], "a mean")
        if is_square:  # E[f f^T]
            code = f"{t.at(ATOM)}.T @ ({p.at(POWER)}[:, None] * {t.at(POWER)})"
            return Value(code, MUL, (), (t.shape[1], t.shape[1]))
        mean = f"{p.at(MUL)} @ {t.at(POWER)}"
        if kind != "Cov":
            return Value(mean, MUL, (), t.shape[1:])
        away = f"({t.at(MUL)} - ({mean})[None, :])"
        shape = (t.shape[1], t.shape[1])
        return Value(f"{away}.T @ ({p.at(POWER)}[:, None] * {away})", MUL, (), shape)

    def _of_members(self, node: Node) -> Value | None:
        """A vector for each member of a finite set: several, or the gradients of some numbers."""
        if node.op == "sym":
            said = self.declared.get(f"{node.args[0]}_all")
            is_one = said is not None and said.several and said.rank == 2
            return self.symbol(f"{node.args[0]}_all") if is_one else None
        if node.op != "gradient" or node.args[1] is None or node.args[1].op != "sym":
            return None
        made, variable = self.value(node.args[0]), self.symbol(node.args[1].args[0])
        if len(made.shape) != 1 or len(variable.shape) != 1 or made.axes or made.row:
            return None
        name = node.args[1].args[0]
        if name in self.by_name or not re.search(rf"\b{name}\b", made.code):
            return None
        shape = (made.shape[0], variable.shape[0])
        return Value(f"xp.jacobian(lambda {name}: {made.code}, {name})", ATOM, (), shape)

    @staticmethod
    def _moment(
        kind: str, mean: str, bodies: tuple[Node, ...], under: tuple[Node, ...] = ()
    ) -> Node:
        """The mean of a product of deviations from means."""
        if len(bodies) != (1 if kind == "Var" else 2):
            raise Unread(f"{kind} of {len(bodies)} variables")
        away = [
            Node("add", (each, Node("neg", (Node("call", (mean, (each, *under))),))))
            for each in bodies
        ]
        return Node("call", (mean, (Node("mul", (away[0], away[-1])), *under)))

    def _spectrum(self, name: str, arguments: tuple[Node, ...]) -> Value:
        """Eigenvalues of a symmetric matrix, the largest first."""
        made = self.value(arguments[0])
        if len(arguments) != 1 or len(made.shape) != 2 or made.axes:
            raise Unread("eigenvalues of what is no matrix")
        if not self._is_symmetric(arguments[0]):
            raise Unread("eigenvalues of a matrix that is not symmetric")
        made.shape[0].unify(made.shape[1], "eigenvalues")
        if name == "rising_eigenvalues":
            return Value(f"xp.eigvalsh({made.code})", ATOM, (), made.shape[:1])
        if name == "eigenvalues":
            self.note("the eigenvalues are numbered from the largest on")
            return Value(f"-xp.eigvalsh(-{made.at(POWER)})", ADD, (), made.shape[:1])
        return Value(f"xp.eigvalsh({made.code})[{-1 if name == 'top_eigenvalue' else 0}]")

    def _is_symmetric(self, node: Node) -> bool:
        """Is it seen that a matrix is symmetric?"""
        if node.op == "sym" and node.args[0] in self.by_name:
            return self._is_symmetric(self.by_name[node.args[0]].body)
        if node.op == "call" and node.args[0] == "diag":
            return True
        if node.op == "sym":
            said = self.hypotheses.get(node.args[0], set())
            return bool(said & {"symmetric", "spd", "psd", "hermitian", "hollow"})
        if node.op in ("add", "neg", "inv", "had"):
            return all(map(self._is_symmetric, node.args))
        if node.op == "mul":
            scalars = [each for each in node.args if not self.value(each).shape]
            rest = [each for each in node.args if each not in scalars]
            if len(rest) == 2:
                return rest[0] == Node("T", (rest[1],)) or rest[1] == Node("T", (rest[0],))
            return len(rest) == 1 and self._is_symmetric(rest[0])
        return node.op == "eye"

    # -- functions --------------------------------------------------------------------------------
    def _epow(self, node: Node) -> Value:
        """A power of e: of a matrix the exponential series."""
        made = self.value(node)
        if len(made.shape) != 2:
            return self._function("exp", node)
        if made.axes:
            raise Unread("exp of an indexed matrix")
        made.shape[0].unify(made.shape[1], "an exponential")
        self.note("a power of e whose exponent is a matrix is the exponential of the matrix")
        return Value(f"xp.expm({made.code})", ATOM, (), made.shape)

    def _repeated(self, made: Value, exponent: Node) -> Value:
        made.shape[0].unify(made.shape[1], "a power of a matrix")
        times = self._integer(exponent, "a power of a matrix")
        eye = f"xp.eye({made.shape[0].mark})"
        code = f"functools.reduce(lambda p_, _: p_ @ {made.at(POWER)}, range({times}), {eye})"
        return Value(code, ATOM, (), made.shape)

    def _iterate(self, name: str, body: Node, start: Node, count: Node) -> Value:
        """What moves by a formula, after some steps."""
        steps = self._integer(count, "a number of steps")
        begin = self.value(start)
        if start == ZERO and name in self.declared and (dims := self.declared[name].dims):
            shape = tuple(self.length(d) if d else Length() for d in dims)
            begin = Value(f"xp.zeros({', '.join(n.mark for n in shape)})", shape=shape)
        self.locals.append({name: Value(name, shape=begin.shape)})
        try:
            made = self.value(body)
        finally:
            self.locals.pop()
        self._same(begin, made, "a step")
        code = f"functools.reduce(lambda {name}, _: {made.code}, range({steps}), {begin.code})"
        return Value(code, ATOM, (), begin.shape)

    def _choice(self, sides: tuple[tuple[str, Node], ...], first: Node, second: Node) -> Value:
        """The first value where a comparison holds, the second one elsewhere."""
        one, other = self.value(first), self.value(second)
        if one.shape or other.shape:
            rest = other if one.shape else one
            if rest.shape or rest.code != "0":
                self._same(one, other, "cases")
        there = [self._where(a, sign, b) for (_, a), (sign, b) in itertools.pairwise(sides)]
        axes = self.union(one, other, *there)
        if axes and (one.shape or other.shape):
            raise Unread("cases of indexed vectors")
        holds = " * ".join(self.aligned(v, axes, MUL) for v in there)
        holds = holds if len(there) == 1 else f"({holds})"
        x, y = (self.aligned(v, axes, MUL) for v in (one, other))
        shape = one.shape or other.shape
        return Value(f"({x} * {holds} + {y} * (1 - {holds}))", ATOM, axes, shape,
                     one.row if one.shape else other.row)  # fmt: skip

    def _where(self, left: Node, sign: str, right: Node) -> Value:
        """1 where one side is the lesser, as the sign says, and 0 where it is not."""
        a, b = (self.number(each, "cases") for each in (left, right))
        if sign not in ("<", "<=", ">", ">="):
            raise Unread("cases under a condition that is no order")
        a, b = (a, b) if sign[0] == "<" else (b, a)
        axes = self.union(a, b)
        code = f"xp.step({self.aligned(b, axes, ADD)} - {self.aligned(a, axes, MUL)})"
        return Value(code, ATOM, axes)

    def _ramp(self, node: Node) -> Value:
        """The positive part of a number, or of the entries of a vector."""
        made = self.value(node)
        if len(made.shape) == 2:
            raise Unread("the positive part of a matrix")
        return replace(made, code=f"xp.relu({made.code})", level=ATOM, plain=False)

    def _divergence_of_laws(self, laws: tuple[Node, ...]) -> Value:
        """The relative entropy of two distributions."""
        p, q = (self.value(each) for each in laws)
        if len(p.shape) != 1 or len(q.shape) != 1 or p.axes or q.axes:
            raise Unread("a relative entropy of other things than two vectors")
        for each in laws:
            if not self._is_law(each):
                raise Unread("a relative entropy of what are no distributions")
        self._same(p, q, "a relative entropy")
        return Value(f"xp.sum({p.at(MUL)} * (xp.log({p.code}) - xp.log({q.code})))")

    def _is_law(self, node: Node) -> bool:
        """Is a vector said, or seen, to be a distribution?"""
        if node.op == "sym" and node.args[0] in self.by_name:
            return self._is_law(self.by_name[node.args[0]].body)
        if node.op == "call" and node.args[0] in self.by_name:
            return self._is_law(self.by_name[node.args[0]].body)
        is_softmax = node.op == "call" and node.args[0] == "softmax"
        return is_softmax or (
            node.op == "sym" and "simplex" in self.hypotheses.get(node.args[0], ())
        )

    def _spoken_of(self, body: Node) -> set[str]:
        """The names in a formula, and in what it rests on."""
        left, found = list(called(body)), set()
        while left:
            name = left.pop()
            if name in self.by_name and name not in found:
                left += called(self.by_name[name].body)
            found.add(name)
        return found

    def _call(self, name: str, arguments: tuple[Node, ...]) -> Value:
        if name in self.by_name and is_mean(name):
            count = len(arguments) - name.endswith("of")
            values = [self._entries(a) for a in arguments[:count]]
            values += [self.argument(a) for a in arguments[count:]]
            return self.defined(self.by_name[name], values)
        if name in self.by_name and self._is_at_its_own(self.by_name[name], arguments):
            return self.defined(replace(self.by_name[name], params=()), ())
        if name in self.by_name:
            if (
                len(self.by_name[name].params) == 1
                and len(arguments) == 2
                and (arguments[1] == Node("conj", arguments[:1]))
            ):
                arguments = arguments[:1]  # V(X, \bar X)
            return self.defined(self.by_name[name], [self.argument(a) for a in arguments])
        if name in MEAN_CALLS:
            return self._mean(name, arguments)
        if name == "KL":
            return self._divergence_of_laws(arguments)
        if name in (*SPECTRA.values(), "rising_eigenvalues"):
            return self._spectrum(name, arguments)
        if name == "commutator":
            a, b = arguments
            return self.value(
                Node("add", (Node("mul", (a, b)), Node("neg", (Node("mul", (b, a)),))))
            )
        if name in ("maximum", "minimum"):
            if arguments[1:] == (ZERO,) or arguments[:1] == (ZERO,):
                made = self.value(arguments[0] if arguments[1] == ZERO else arguments[1])
                if made.shape and not made.axes:
                    self.note(f"the {name} of a vector and 0 is taken entry by entry")
                    sign = "" if name == "maximum" else "-"
                    code = f"{sign}xp.relu({sign}{made.at(POWER) if sign else made.code})"
                    return replace(made, code=code, level=ADD if sign else ATOM)
            values = [self.number(a, name) for a in arguments]
            axes = self.union(*values)
            return Value(
                f"xp.{name}({', '.join(self.aligned(v, axes) for v in values)})", ATOM, axes
            )
        if len(arguments) != 1:
            raise Unread(f"{name} of several arguments")
        return self._function(name, arguments[0])

    def _is_at_its_own(self, definition: Definition, arguments: tuple[Node, ...]) -> bool:
        """Is an argument one that changes nothing: of ``vol(G)``, where G stands in no formula, or
        the symbol itself of which a formula without arguments speaks?"""
        spoken = self._spoken_of(definition.body)
        if definition.params:
            return not set(definition.params) & spoken
        return all(a.op == "sym" and a.args[0] in spoken for a in arguments)

    def _function(self, name: str, node: Node) -> Value:
        if name in ELEMENTARY:
            made = self.number(node, name)
            return self.value(ELEMENTARY[name](node))
        made = self.value(node)
        if name == "sqrt" and len(made.shape) == 2 and not made.axes:
            return self._root(node, made, 1)
        if name in ENTRYWISE:
            if len(made.shape) == 2:
                raise Unread(f"{name} of a matrix: entry by entry, or of the matrix?")
            if name in POSITIVE:
                self.assume_positive(node)
            if made.shape:
                self.note(f"{name} of a vector is taken entry by entry")
            return replace(made, code=f"xp.{name}({made.code})", level=ATOM, plain=False)
        if name in ("real", "imag"):
            return replace(made, code=f"xp.{name}({made.code})", level=ATOM, plain=False)
        if name == "sign":
            code = f"(xp.step({made.code}) - xp.step(-{made.at(POWER)}))"
            return replace(made, code=code, level=ATOM, plain=False)
        if made.axes:
            raise Unread(f"{name} of an entry")
        if name in ("trace", "det"):
            if len(made.shape) != 2:
                raise Unread(f"{name} of {made.describe()}")
            made.shape[0].unify(made.shape[1], f"the {name}")
            return Value(f"xp.{name}({made.code})")
        if name == "diag":
            if not made.shape:
                raise Unread("diag of a number")
            if len(made.shape) == 1:
                return Value(f"xp.diag({made.code})", ATOM, (), (made.shape[0], made.shape[0]))
            made.shape[0].unify(made.shape[1], "a diagonal")
            return Value(f"xp.diagonal({made.code})", ATOM, (), made.shape[:1])
        if name == "softmax":
            if not made.shape:
                raise Unread("softmax of a number")
            if len(made.shape) == 2:
                self.note("softmax of a matrix is taken in each row")
            return Value(f"xp.softmax({made.code})", ATOM, (), made.shape, made.row)
        if name == "lse":
            if len(made.shape) != 1:
                raise Unread(f"log-sum-exp of {made.describe()}")
            return Value(f"xp.logsumexp({made.code})")
        if name == "vec":
            if len(made.shape) != 2:
                raise Unread(f"vec of {made.describe()}")
            self.note("vec stacks the columns")
            return Value(f"xp.flatten({made.at(ATOM)}.T)", ATOM, (), (Length(),))
        raise Unread(f"{name} has no reading")
