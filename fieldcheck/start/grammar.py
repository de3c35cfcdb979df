r"""A formula's tokens as a tree.

The grammar is that of displayed formulas as mathematicians type them: products without a sign,
``\log`` and ``\sum`` that reach to the next plus, transposes and inverses as exponents, indices as
subscripts.  What it does not know raises :class:`Unread`, with words that a reader understands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction

from fieldcheck.start.formulas import declarations, is_symbol, letters, spelling
from fieldcheck.start.signs import (
    ACCENTS,
    ADJOINT,
    BARS,
    CLOSING,
    FONTS,
    FUNCTIONS,
    GREEK,
    INVERSES,
    MARKS,
    MEANS,
    OPENING,
    OPERATORS,
    OTHER_RELATIONS,
    RELATIONS,
    SEPARATORS,
    SPECTRA,
    TEXT,
    TRANSPOSE,
    TWO_VALUES,
    UNDONE,
    UNKNOWN,
    WIDE,
    Environment,
    Node,
    Token,
    Unread,
    is_index,
    named,
    normal,
    spelled,
    unfonted,
)

LONGEST_NUMBER = 1000
"""Digits of a number; Python reads no more than some thousands in a source."""

ORDERS = {r"\preceq": r"\preceq", r"\succeq": r"\succeq", r"\preccurlyeq": r"\preceq",
          r"\succcurlyeq": r"\succeq"}  # fmt: skip
"""Orders of symmetric matrices."""
ARGUMENTS = {r"\argmin": "argmin", r"\argmax": "argmax"}
EXTREMES = {r"\sup": "max", r"\inf": "min", r"\max": "max", r"\min": "min", **ARGUMENTS}
"""Extremes over a set, and where they are taken."""


class Parser:
    """Reads one formula.

    functions: names that the article defines as functions, so that ``f(x)`` is no product
    parts:     names whose numbered entries the article lists, ``x_1, …, x_n``
    known:     names that it declares as inputs, so that ``A(B)`` is a product
    marked:    names with a mark above that it defines or declares, ``x^\\star``
    schemes:   what it defines of any functions, ``\\{f, g\\}``
    is_complex: is i the imaginary unit, and a bar a conjugate?
    families:  names with a number below them on which they depend, ``H_t``
    """

    def __init__(
        self,
        tokens: Sequence[Token],
        functions: Collection[str] = (),
        parts: Collection[str] = (),
        known: Collection[str] = (),
        marked: Collection[str] = (),
        families: Collection[str] = (),
        schemes: Collection[str] = (),
        is_complex: bool = False,
    ) -> None:
        self.tokens = normal(tokens)
        self.known = known
        self.functions = functions
        self.parts = parts
        self.marked = marked
        self.families = families
        self.schemes = schemes
        self.is_complex = is_complex
        self.at = 0
        self.closers: list[str] = []

    # -- moving -----------------------------------------------------------------------------------
    @property
    def next(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def within(self, tokens: Token) -> Parser:
        """A parser for a part."""
        inner = tokens if isinstance(tokens, tuple) else (tokens,)
        return Parser(
            inner, self.functions, self.parts, self.known, self.marked, self.families,
            self.schemes, self.is_complex,
        )  # fmt: skip

    def whole(self) -> Node:
        """All tokens as one expression."""
        node = self.sum()
        if self.next is not None:
            raise Unread(f"it goes on with {spelled(self.next)!r} where an end was expected")
        return node

    def inside(self, tokens: Token) -> Node:
        return self.within(tokens).whole()

    @contextmanager
    def until(self, closer: str) -> Iterator[None]:
        self.closers.append(closer)
        yield
        self.closers.pop()
        if self.take() != closer:
            raise Unread(f"a bracket is not closed by {closer!r}")

    # -- statements -------------------------------------------------------------------------------
    def chain(self) -> list[tuple[str, Node]]:
        """Sides with the relation before each (none before the first)."""
        sides = [("", self.sum())]
        while self.next is not None:
            token = self.take()
            if isinstance(token, str) and token in RELATIONS:
                sides.append((RELATIONS[token], self.sum()))
            elif isinstance(token, str) and token in ORDERS:
                sides.append((ORDERS[token], self.sum()))
            elif isinstance(token, str) and token in OTHER_RELATIONS:
                raise Unread(f"the relation {token} has no counterpart")
            else:
                raise Unread(f"{spelled(token)!r} was not expected there")
        return sides

    def condition(self) -> list[tuple[str, Node]]:
        """The same of a comparison, which may say that two sides differ."""
        sides = [("", self.sum())]
        while self.next is not None:
            token = self.take()
            if token in (r"\ne", r"\neq"):
                sides.append(("!=", self.sum()))
            elif RELATIONS.get(token, "=") != "=":
                sides.append((RELATIONS[token], self.sum()))
            else:
                raise Unread("it is no comparison")
        if len(sides) < 2:
            raise Unread("it is no comparison")
        return sides

    # -- sums and products ------------------------------------------------------------------------
    def sum(self) -> Node:
        parts = []
        sign = 1
        if self.next in ("+", "-"):
            sign = -1 if self.take() == "-" else 1
        while True:
            term = self.term()
            parts.append(Node("neg", (term,)) if sign < 0 else term)
            if self.next not in ("+", "-"):
                return parts[0] if len(parts) == 1 else Node("add", tuple(parts))
            sign = -1 if self.take() == "-" else 1

    def term(self) -> Node:
        """A product: factors one behind the other, or with a sign between them."""
        made = self.product()
        while True:
            token = self.next
            if token in ("/", r"\odot", r"\otimes", r"\circ"):
                self.take()
                op = {"/": "div", r"\odot": "had", r"\otimes": "kron", r"\circ": "circ"}[token]
                made = Node(op, (made, self.factor()))
                if self.starts():
                    made = Node("mul", (made, *self._factors(self.product())))
            elif token == r"\cdot":
                self.take()
                made = Node("dot", (made, self.product()))
            elif token in (r"\times", "*"):
                self.take()
                made = Node("mul", (*self._factors(made), *self._factors(self.product())))
            else:
                return made

    @staticmethod
    def _factors(node: Node) -> tuple[Node, ...]:
        return node.args if node.op == "mul" else (node,)

    def product(self, stop: Callable[[Parser], bool] = lambda parser: False) -> Node:
        factors = [self.factor()]
        while self.starts() and not stop(self):
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else Node("mul", tuple(factors))

    def starts(self) -> bool:
        """Does a factor begin here?"""
        token = self.next
        if token is None:
            return False
        if not isinstance(token, str):
            return True
        ends = (*self.closers[-1:], *CLOSING, "+", "-", "/", "*", ",", ";", r"\cdot", r"\times",
                r"\odot", r"\otimes", r"\circ", r"\mid", "!", *WIDE)  # fmt: skip
        if self.closers[-1:] == ["bars"]:
            ends += ("|", r"\|", r"\Vert")
        return not (token in ends or token in RELATIONS or token in OTHER_RELATIONS)

    def is_function(self) -> bool:
        """Does an operator or a function begin here, which the argument of another ends at?"""
        token = self.next
        if not isinstance(token, str):
            return False
        if token in OPERATORS or token in (r"\nabla", r"\sum"):
            return True
        name = token[1:] if token.startswith("\\") else ""
        if token in FONTS and self.at + 1 < len(self.tokens):
            name = named(self.tokens[self.at + 1])
        return name in FUNCTIONS

    # -- factors ----------------------------------------------------------------------------------
    def factor(self) -> Node:
        made = self.scripts(self.primary())
        base = made.args[0] if made.op == "index" else made
        if base.op == "sym" and self.tokens[self.at : self.at + 3] == ["(", "t", ")"]:
            raise Unread(f"{base.args[0]} at the time t")
        if self.next == "(" and base.op == "sym" and base.args[0] not in self.known:
            closing = self.tokens.index(")", self.at) if ")" in self.tokens[self.at :] else self.at
            inside = self.tokens[self.at + 1 : closing]
            if inside and not set(map(spelled, inside)) & {"+", "-", "(", "^", "_"}:
                raise Unread(f"the function {base.args[0]}, which is defined nowhere")
        return made

    def scripts(self, base: Node) -> Node:
        while self.next in ("^", "_", "'", "!"):
            token = self.take()
            if token == "!":
                base = Node("factorial", (base,))
                continue
            primed = f"{base.args[0]}_prime" if base.op == "sym" else ""
            if token == "'" and (primed in self.known or primed in self.marked):
                base = Node("sym", (primed,))
            elif token == "'":
                base = Node("prime", (base,))
            elif token == "_":
                base = self.subscript(base, self.take())
            else:
                base = self.power(base, self.take())
        return base

    def power(self, base: Node, script: Token) -> Node:
        inner = normal(script if isinstance(script, tuple) else (script,))
        while len(inner) == 1 and isinstance(inner[0], tuple):
            inner = normal(inner[0])
        text = [spelled(t) for t in inner if t not in FONTS]
        if base == Node("sym", ("e",)):
            return Node("epow", (self.inside(tuple(inner)),))
        if base.op == "call" and base.args[0] in FUNCTIONS.values() and not base.args[1]:
            raise Unread(f"a power of the function {base.args[0]}")
        if base.op == "sym" and len(text) == 1 and text[0] in MARKS:
            name = f"{base.args[0]}_{MARKS[text[0]]}"
            if name in self.marked or name in self.known:
                return Node("sym", (name,))
        is_several = base.op == "sym" and f"{base.args[0]}_all" in self.known
        if is_several and len(inner) == 1 and is_index(inner[0]) and text[0] not in TRANSPOSE:
            return Node("label", (base.args[0], named(inner[0])))
        if text == [r"\pseudoinverse"]:
            return Node("pinv", (base,))
        if len(text) == 1 and text[0] in TRANSPOSE:
            return Node("T", (base,))
        if len(text) == 1 and text[0] in ADJOINT:
            return Node("star", (base,))
        if len(text) == 2 and text[0] == "-" and text[1] in TRANSPOSE:
            return Node("inv", (Node("T", (base,)),))
        if text and text[0] == "(" and text[-1] == ")" and text.count("(") == 1:
            return self.labelled(base, inner)
        exponent = self.inside(tuple(inner))
        if exponent == Node("neg", (Node("num", (Fraction(1),)),)):
            return Node("inv", (base,))
        return Node("pow", (base, exponent))

    @staticmethod
    def labelled(base: Node, inner: list[Token]) -> Node:
        """``p^{(k)}``: one of several, with a label above for its index."""
        letters = [t for t in inner if t not in ("(", ")")]
        at, below = base.args if base.op == "index" else (base, ())
        if len(letters) != 1 or at.op != "sym" or not is_index(letters[0]):
            raise Unread(f"the exponent ({spelled(tuple(inner))}) is a label, not a power")
        made = Node("label", (at.args[0], named(letters[0])))
        return Node("index", (made, below)) if below else made

    def subscript(self, base: Node, script: Token) -> Node:
        inner = normal(script if isinstance(script, tuple) else (script,))
        while len(inner) == 1 and isinstance(inner[0], tuple):
            inner = normal(inner[0])
        letters = [t for t in inner if t != ","]
        if base.op == "eye":
            size = "*".join(map(named, letters))
            return Node("eye", (size,)) if re.fullmatch(r"(?:[2-9]\*)?[A-Za-z]", size) else base
        if base.op == "sym" and base.args[0] in self.families and self.is_number(inner):
            return self.member(base.args[0], script)
        if base.op == "norm":
            return Node("norm", (base.args[0], spelled(tuple(inner))))
        if base.op == "sym" and base.args[0] == "delta" and len(letters) == 2:
            return Node("delta", tuple(named(t) for t in letters))
        with_script = f"{base.args[0]}_{named(tuple(inner))}" if base.op == "sym" else ""
        if with_script and {with_script, f"{with_script}_all"} & set(self.known):
            return Node("sym", (f"{base.args[0]}_{named(tuple(inner))}",))
        if base.op == "sym" and len(letters) == 1 and spelled(letters[0]) in MARKS:
            return Node("sym", (f"{base.args[0]}_{MARKS[spelled(letters[0])]}",))  # x_*
        if letters and all(map(is_index, letters)):
            return Node("index", (base, tuple(named(t) for t in letters)))
        if any(t in ("+", "-", "<", ">") for t in inner):
            raise Unread(f"the index {spelled(tuple(inner))!r}")
        if base.op == "sym":
            if base.args[0] in self.parts and len(letters) == 1 and spelled(letters[0]).isdecimal():
                return Node("entry", (base, int(spelled(letters[0])) - 1))
            return Node("sym", (f"{base.args[0]}_{named(tuple(inner))}",))
        raise Unread(f"the subscript {spelled(tuple(inner))!r}")

    def primary(self) -> Node:
        token = self.take()
        if token is None:
            raise Unread("it ends where something is missing")
        if isinstance(token, Environment):
            return self.environment(token)
        if isinstance(token, tuple):
            return self.inside(token)
        if token in UNKNOWN:
            raise Unread(f"{UNKNOWN[token]} ({token})")
        if token.isdecimal():
            return self.number(token)
        if token in OPENING:
            return self.bracket(token)
        if token in BARS:
            return self.bars(token)
        if token in (r"\frac", r"\tfrac", r"\dfrac", r"\cfrac"):
            return self.fraction(self.take(), self.take())
        if token == r"\sqrt":
            if self.next == "[":
                raise Unread("a root of higher order")
            return Node("call", ("sqrt", (self.inside(self.take()),)))
        if token == r"\nabla":
            return self.nabla()
        if token == r"\partial":
            return self.partial()
        if token in (r"\binom", r"\tbinom", r"\dbinom"):
            return Node("binom", (self.inside(self.take()), self.inside(self.take())))
        is_free = "D" not in self.known and "D" not in self.functions
        if (
            token == "D"
            and is_free
            and self.next is not None
            and named(tuple(self.tokens[self.at : self.at + 2][self.next in FONTS :][:1]))
            in self.functions
        ):
            body = self.primary()
            if body.op == "call" and len(body.args[1]) == 1 and body.args[1][0].op == "sym":
                return Node("partial", (body, body.args[1][0]))
            raise Unread("a derivative (D) at what is no variable")
        if token in (r"\dot", r"\ddot"):
            moving = Node("rate", (self.inside(self.take()),))
            return moving if token == r"\dot" else Node("rate", (moving,))
        is_free = "Delta" not in self.known and "Delta" not in self.functions
        if token == r"\Delta" and is_free and self.starts() and self.next not in ("^", "_", "'"):
            return Node("laplacian", (self.argument(), None))
        if token in OPERATORS or token in EXTREMES:
            return self.operator(token)
        if token in ACCENTS:
            return self.accented(token, self.take())
        if token in FONTS:
            return self.fonted(token)
        if token in GREEK:
            return self.name(named(token))
        if token.startswith("\\") and token[1:] in FUNCTIONS:
            return self.call(token[1:])
        if len(token) == 1 and token.isalpha():
            return self.name(token)
        if token in (r"\ii", r"\imath"):
            raise Unread("the imaginary unit")
        raise Unread(f"{token} has no reading")

    def accented(self, accent: str, inner: Token) -> Node:
        """A symbol with an accent; in a complex article a bar may be a conjugate."""
        name = f"{named(inner)}_{ACCENTS[accent]}"
        is_own = name in self.known or name in self.marked or name in self.functions
        if not self.is_complex or ACCENTS[accent] != "bar" or is_own:
            return Node("sym", (name,))
        return Node("conj", (self.inside(inner),))

    def number(self, token: str) -> Node:
        text = token
        while isinstance(self.next, str) and (self.next.isdecimal() or self.next == "."):
            after = self.tokens[self.at + 1 : self.at + 2]
            if self.next == "." and not (
                after and isinstance(after[0], str) and after[0].isdecimal()
            ):
                break
            text += self.take()
        if len(text) > LONGEST_NUMBER:
            raise Unread(f"a number of {len(text)} digits")
        return Node("num", (Fraction(text),))

    def bracket(self, token: str) -> Node:
        with self.until(OPENING[token]):
            first = self.sum()
            if self.next == "," and token == "[":
                self.take()
                return_ = Node("call", ("commutator", (first, self.sum())))
            elif self.next == "," and token == r"\{" and "braces" in self.schemes:
                self.take()
                return_ = Node("scheme", ("braces", first, self.sum()))
            elif self.next == ",":
                raise Unread("a tuple in brackets")
            else:
                return_ = first
        return return_

    def bars(self, token: str) -> Node:
        if token == r"\langle":
            parts = []
            with self.until(r"\rangle"):
                parts.append(self.sum())
                if self.next in (",", "|", r"\mid"):
                    self.take()
                    parts.append(self.sum())
            if len(parts) == 1:
                return self.mean("average", tuple(parts), self.below())
            return Node("inner", tuple(parts))
        with self.until(BARS[token]):
            made = self.sum()
        return Node("norm", (made, "")) if "ert" not in token[:3] and token in (
            r"\|", r"\Vert", r"\lVert"
        ) else Node("abs", (made,))  # fmt: skip

    def fraction(self, top: Token, bottom: Token) -> Node:
        above = normal(top if isinstance(top, tuple) else (top,))
        below = normal(bottom if isinstance(bottom, tuple) else (bottom,))
        straight = (("d",), (r"\mathrm", "d"), (r"\mathrm", ("d",)), (r"\partial",), (r"\dd",))
        for mark in straight:
            n = len(mark)
            if tuple(above[:n]) != mark or tuple(below[:n]) != mark or not below[n:]:
                continue
            if above[n : n + 1] == ["^"]:
                return self.second(above[n + 1 :], below, mark)
            wrt = self.inside(tuple(below[n:]))
            body = self.inside(tuple(above[n:])) if above[n:] else self.argument()
            return Node("partial", (self.applied(body), wrt))
        return Node("div", (self.inside(tuple(above)), self.inside(tuple(below))))

    def applied(self, body: Node) -> Node:
        r"""The function, or the entry of one, to which a bracket behind a derivative belongs:
        ``\frac{\partial f_i}{\partial x_j}(x)``."""
        base = body.args[0] if body.op == "index" else body
        if base.op != "sym" or base.args[0] not in self.functions or self.next != "(":
            return body
        made = Node("call", (base.args[0], self.arguments()))
        return Node("index", (made, body.args[1])) if body.op == "index" else made

    def second(self, above: list[Token], below: list[Token], mark: tuple[Token, ...]) -> Node:
        r"""``\frac{\partial^2 f}{\partial x_i \partial x_j}``, ``\frac{d^2 f}{dx^2}``."""
        if spelled(above[0]) != "2":
            raise Unread("a derivative of higher order in a fraction")
        runs: list[list[Token]] = []
        at = 0
        while at < len(below):
            if tuple(below[at : at + len(mark)]) == mark:
                runs.append([])
                at += len(mark)
            else:
                runs[-1].append(below[at])
                at += 1
        if len(runs) == 1 and runs[0][-2:-1] == ["^"] and spelled(runs[0][-1]) == "2":
            runs = [runs[0][:-2]] * 2
        if len(runs) != 2:
            raise Unread("a second derivative in a fraction")
        body = self.applied(self.inside(tuple(above[1:])) if above[1:] else self.argument())
        for run in reversed(runs):
            body = Node("partial", (body, self.inside(tuple(run))))
        return body

    def partial(self) -> Node:
        r"""``\partial_k f``, ``\partial_x f``, ``\partial_i \partial_j f``."""
        script: Token = None
        times = 1
        while self.next in ("_", "^"):
            if self.take() == "_":
                script = self.take()
            elif spelled(self.take()) == "2":
                times = 2
            else:
                raise Unread("a derivative of higher order")
        if script is None:
            raise Unread("a partial derivative outside a fraction")
        inner = normal(script if isinstance(script, tuple) else (script,))
        body = self.argument()
        counts = all(is_index(t) and named(t) not in self.known for t in inner)
        wanted = list(inner) if counts else [tuple(inner)]
        for each in reversed(wanted * times):
            if counts:
                body = Node("component", (body, named(each)))
            else:
                body = Node("partial", (body, self.inside(each)))
        return body

    def nabla(self) -> Node:
        wrt = None
        twice = False
        while self.next in ("_", "^"):
            token = self.take()
            script = self.take()
            if token == "_":
                wrt = self.inside(script)
            elif spelled(script) == "2":
                twice = True
            else:
                raise Unread(f"the exponent {spelled(script)!r} of a nabla")
        if self.next == r"\times":
            raise Unread("a curl")
        if self.next == r"\cdot":
            self.take()
            return Node("divergence", (self.argument(), wrt))
        return Node("hessian" if twice else "gradient", (self.argument(), wrt))

    def argument(self) -> Node:
        """What a derivative acts on: the next bracket or function, else the whole product."""
        if self.next in OPENING:
            return self.scripts(self.primary())
        before = self.at
        if self.next in (r"\partial", r"\nabla"):
            return self.primary()
        first = self.primary()
        if first.op == "call" and first.args[0] in self.functions:
            return first  # what stands above it is of the derivative
        self.at = before
        first = self.factor()
        if first.op in ("call", "index"):
            return first
        self.at = before
        return self.product()

    def operator(self, token: str) -> Node:
        lower: Token = ()
        upper: Token = ()
        while self.next in ("_", "^"):
            if self.take() == "_":
                lower = self.take()
            else:
                upper = self.take()
        low = normal(lower if isinstance(lower, tuple) else (lower,))
        if token in EXTREMES and (found := self.extreme(token, low)):
            return found
        if token not in OPERATORS:
            raise Unread(f"{token[1:]} over what is no known set")
        if not low and token in (r"\max", r"\min"):
            return self.listed(token)
        if within := self.between(low):
            low, upper = within
        if token == r"\sum" and r"\in" in low:
            return self.corners(low)
        ordered = "<" in low
        names, first, differ = self.indices([t for t in low if t != "<"] if ordered else low)
        last = self.inside(upper) if upper != () else None
        if first is not None and last is None:
            raise Unread(f"{token} says where it starts and not where it ends")
        body = self.product() if token != r"\sum" else self.term()
        if ordered or differ:
            if token != r"\sum":
                raise Unread(f"{token} under a condition")
            return Node("pairs", (*names, "<" if ordered else "!=", last, body))
        for name in reversed(names):
            body = Node(token[1:], (name, first, last, body))
        return body

    def extreme(self, token: str, low: list[Token]) -> Node | None:
        r"""``\max_{p \in \Delta_n}``, ``\inf_x`` of a vector, ``\max_{\|x\| = 1}``: over a set."""
        said = list(declarations(low, set())) if len(low) > 1 else []
        name = said[0].name if len(said) == 1 else ""
        space = None
        is_known = name and (said[0].rank or said[0].hypotheses or token not in OPERATORS)
        if is_known and r"\in" in low:
            space = (said[0].rank or 0, said[0].dims, said[0].hypotheses)
        elif name and low[0] in BARS and said[0].hypotheses == {"unit"}:
            space = (1, ("",), said[0].hypotheses)
        elif len(low) == 3 and low[1] in (r"\ne", r"\neq") and spelled(low[2]) == "0":
            name, space = named(low[0]), (1, ("",), frozenset())
        elif is_symbol(low):
            name = spelling(low)
            known = self.known.get(name) if isinstance(self.known, Mapping) else None
            if token in OPERATORS and not (known is not None and known.rank):
                return None
        else:
            return None
        return Node("extreme", (EXTREMES[token], name, space, self.sum(), None))

    def corners(self, low: list[Token]) -> Node:
        r"""``\sum_{s \in \{-1, +1\}^n}``: over all vectors of two values."""
        at = low.index(r"\in")
        values = "".join(spelled(t) for t in low[at + 1 :] if spelled(t) not in ("{", "}"))
        found = re.fullmatch(r"\\\{([^{}\\]*|\\pm1)\\\}(?:\^(.*))?", values)
        lowest = TWO_VALUES.get(found[1]) if found else None
        if not found or lowest is None or at != 1 or not is_index(low[0]):
            raise Unread(f"the index condition {' '.join(map(spelled, low))}")
        size = self.inside(low[-1]) if found[2] else None
        return Node("corners", (named(low[0]), lowest, size, self.term()))

    @staticmethod
    def between(low: list[Token]) -> tuple[list[Token], Token] | None:
        r"""``1 \le i \le n`` and ``1 \le i < j \le n`` as a range with an end."""
        same = (r"\leq", r"\leqslant")
        text = [r"\le" if spelled(t) in same else spelled(t) for t in low]
        if text[:2] != ["1", r"\le"] or len(low) < 5 or text[-2] != r"\le":
            return None
        middle = low[2:-2]
        if text[2:-2] == [text[2]]:
            return [*middle, "=", "1"], low[-1]
        if len(middle) == 3 and text[3] == "<":
            return [middle[0], "<", middle[2]], low[-1]
        return None

    def indices(self, low: list[Token]) -> tuple[tuple[str, ...], int | Node | None, bool]:
        """The indices below an operator, where they start if that is said, and if they differ."""
        text = [spelled(t) for t in low]
        differ = bool({r"\ne", r"\neq"} & set(text))
        if set(text) & {"<", ">", r"\le", r"\leq", r"\in", r"\subset"}:
            raise Unread(f"the index condition {' '.join(text)}")
        first: int | Node | None = None
        if "=" in text:
            at = text.index("=")
            start = "".join(text[at + 1 :])
            first = int(start) if start.isdecimal() else self.inside(tuple(low[at + 1 :]))
            low = low[:at]
        names = tuple(named(t) for t in low if spelled(t) not in (",", r"\ne", r"\neq"))
        if not names:
            raise Unread("an operator without an index")
        return names, first, differ

    def listed(self, token: str) -> Node:
        """max(a, b)."""
        if self.take() not in ("(", r"\{"):
            raise Unread(f"{token} without an index")
        parts = [self.sum()]
        while self.next == ",":
            self.take()
            parts.append(self.sum())
        if self.take() not in (")", r"\}") or len(parts) != 2:
            raise Unread(f"{token} of something else than two values")
        return Node("call", ("maximum" if token == r"\max" else "minimum", tuple(parts)))

    def fonted(self, font: str) -> Node:
        inner = self.take()
        text = spelled(inner).strip()
        name = named(inner)
        if text in ("1", "0") and font in (r"\mathbf", r"\bm", r"\boldsymbol", r"\mathbb"):
            return Node("ones") if text == "1" else Node("num", (Fraction(0),))
        if font == r"\mathbb" and text == "P":
            raise Unread("a probability")
        if name == "i" and font in (r"\mathrm", r"\rm", r"\mathsf", r"\operatorname", r"\mathbb"):
            return Node("imaginary")
        if name in FUNCTIONS:
            return self.call(name)
        if name == "div" and name not in self.functions:
            return Node("divergence", (self.argument(), None))
        is_mean = name in MEANS and (name != "E" or font in (r"\mathbb", r"\operatorname"))
        if is_mean and name not in self.functions and not self.with_script(name):
            below = self.below()
            if self.next not in ("(", "[", r"\{"):
                raise Unread("an expectation" if name == "E" else f"{name} of a random variable")
            return self.mean(MEANS[name], self.arguments(), below)
        if name == "KL" and name not in self.functions:
            raise Unread(f"{name} of a random variable")
        if len(name) > 1 and font in (r"\operatorname", r"\text", r"\mathrm", r"\mathsf"):
            return self.name(name, is_word=True)
        return self.name(name)

    def with_script(self, name: str) -> bool:
        """Does a name with what stands below it name a function that the article defines?"""
        if self.next != "_" or self.at + 1 >= len(self.tokens):
            return False
        return f"{name}_{named(self.tokens[self.at + 1])}" in self.functions

    def below(self) -> Node | None:
        """The distribution below a mean, if one is said."""
        if self.next != "_":
            return None
        self.take()
        return self.inside(self.take())

    @staticmethod
    def mean(name: str, arguments: tuple[Node, ...], below: Node | None) -> Node:
        if below is None:
            return Node("call", (name, arguments))
        return Node("call", (f"{name}_of", (*arguments, below)))

    def name(self, name: str, is_word: bool = False) -> Node:
        """A symbol, or the call of a function that the article defines."""
        if name == "i" and self.is_complex and self.next != "_" and "i" not in self.functions:
            return Node("imaginary")
        if name == "I" and "I" not in self.functions:
            return Node("eye")
        full = name
        if found := self.of_functions(name):
            return found
        if (
            name in self.families
            and self.next == "_"
            and self.is_number(self.tokens[self.at + 1 : self.at + 2])
        ):
            self.take()
            return self.member(name, self.take())
        if self.next == "_" and self.at + 1 < len(self.tokens):
            with_script = f"{name}_{named(self.tokens[self.at + 1])}"
            if with_script in self.functions:
                self.at += 2
                full = with_script
        is_square = self.next == "^" and spelled(self.tokens[self.at + 1]) == "2"
        if is_square and f"{name}_squared" in self.functions:
            self.at += 2
            full = f"{name}_squared"
        primes = 0
        if full in self.functions:
            while self.next == "'":
                self.take()
                primes += 1
            if self.next in ("(", "["):
                args = self.arguments()
                made = Node("call", (SPECTRA.get(full, full), args))
                for _ in range(primes):
                    made = Node("prime", (made,))
                return made
            if primes:
                raise Unread(f"the derivative of {full} without an argument")
        elif is_word and name not in self.marked:
            raise Unread(f"{name} is defined nowhere")
        return Node("sym", (full,))

    def of_functions(self, name: str) -> Node | None:
        r"""``f^*(y)``, ``\operatorname{prox}_{\lambda f}(x)``, where the article defines them."""
        after = self.tokens[self.at : self.at + 3]
        is_star = (
            after[:1] == ["^"] and len(after) > 2 and spelled(after[1]) in ("*", r"\ast", r"\star")
        )
        if "conjugate" in self.schemes and is_star and name in self.functions and after[2] == "(":
            self.at += 2
            at = self.only()
            return Node("scheme", ("conjugate", at, Node("function", (name,))))
        if name not in self.schemes or after[:1] != ["_"]:
            return None
        self.at += 1
        script = self.take()
        number, function = self.scaled(script)
        if self.next not in ("(", "["):
            raise Unread(f"{name} without an argument")
        return Node("scheme", (name, self.only(), number, function))

    def only(self) -> Node:
        """The one argument of a call."""
        found = self.arguments()
        if len(found) != 1:
            raise Unread("a function of functions at several arguments")
        return found[0]

    def scaled(self, script: Token) -> tuple[Node, Node]:
        r"""A function and the number before it, ``\lambda f`` and ``f^*/\lambda``."""
        run = unfonted(normal(script if isinstance(script, tuple) else (script,)))
        at = next(
            (k for k, t in enumerate(run) if is_symbol([t]) and named(t) in self.functions), -1
        )
        if at < 0:
            raise Unread(f"the function in {spelled(script)!r}")
        function = Node("function", (named(run[at]),))
        end = at + 1
        if run[end : end + 1] == ["^"]:
            if (
                spelled(run[end + 1]) not in ("*", r"\ast", r"\star")
                or "conjugate" not in self.schemes
            ):
                raise Unread(f"the function in {spelled(script)!r}")
            function, end = Node("function", ("conjugate", function)), end + 2
        rest = [*run[:at], *run[end:]]
        if rest[:1] == ["/"]:
            rest = ["1", *rest]
        number = self.inside(tuple(rest)) if rest else Node("num", (Fraction(1),))
        return number, function

    def is_number(self, script: Sequence[Token]) -> bool:
        """Does a script speak of numbers alone?"""
        known = self.known if isinstance(self.known, Mapping) else {}
        ranks = [getattr(known.get(name), "rank", None) for name in letters(script)
                 if not name.endswith("_all")]  # fmt: skip
        return all(rank == 0 for rank in ranks)

    def member(self, name: str, script: Token) -> Node:
        r"""``H_{s+t}``, ``f_{2 \lambda}(x)``: one of a family, by the number below it."""
        run = normal(script if isinstance(script, tuple) else (script,))
        number = self.inside(tuple(unfonted(run)))
        args = self.arguments() if self.next in ("(", "[") else ()
        return Node("call", (f"{name}_at", (*args, number)))

    def arguments(self) -> tuple[Node, ...]:
        """The arguments of a call, separated by commas, semicolons or a bar."""
        closer = OPENING[self.take()]
        end = next((k for k in range(self.at, len(self.tokens)) if self.tokens[k] == closer), 0)
        listed = unfonted(self.tokens[self.at : end])
        if {r"\dots", r"\ldots", r"\cdots"} & set(map(spelled, listed)):  # f(x_1, …, x_n)
            self.at = end + 1
            if listed[1:2] != ["_"] or not is_index(listed[0]):
                raise Unread("an ellipsis")
            name = named(listed[0])
            return (Node("sym", (f"{name}_all" if f"{name}_all" in self.known else name,)),)
        found = []
        with self.until(closer):
            found.append(self._separated())
            while self.next in SEPARATORS:
                self.take()
                found.append(self._separated())
        return tuple(found)

    def _separated(self) -> Node:
        self.closers.append("bars")
        try:
            return self.sum()
        finally:
            self.closers.pop()

    def call(self, typed: str) -> Node:
        """The call of a function that needs no definition."""
        name = FUNCTIONS[typed]
        if self.next == "_" and self.at + 1 < len(self.tokens):
            with_script = f"{typed}_{named(self.tokens[self.at + 1])}"
            if with_script in self.functions:
                return self.name(typed)
        if typed in self.functions:
            return self.name(typed)
        power = None
        if self.next == "^":
            self.take()
            power = self.take()
        if self.next == "(" and name == "diag":
            (argument, *more) = self.arguments()
            if more:
                raise Unread("diag of several arguments")
        elif self.next in OPENING:
            argument = self.bracket(self.take())
        elif self.is_function():
            argument = self.factor()
        else:
            argument = self.product(Parser.is_function)
        if power is not None and spelled(power) == "-1" and name in UNDONE | INVERSES.keys():
            if name in UNDONE:
                raise Unread(f"the inverse of {name}, or one over it")
            name, power = INVERSES[name], None
        made = Node("call", (name, (argument,)))
        return made if power is None else self.power(made, power)

    def environment(self, token: Environment) -> Node:
        if token.name in ("cases", "dcases"):
            return self.cases(token)
        if token.name not in ("pmatrix", "bmatrix", "matrix"):
            raise Unread(f"the environment {token.name}")
        filled = self._cells(token)
        cells = tuple(tuple(self.inside(tuple(cell)) for cell in row) for row in filled)
        return Node("blocks", (cells,))

    @staticmethod
    def _cells(token: Environment) -> list[list[list[Token]]]:
        rows: list[list[list[Token]]] = [[[]]]
        for each in token.tokens:
            if each == "\\\\":
                rows.append([[]])
            elif each == "&":
                rows[-1].append([])
            else:
                rows[-1][-1].append(each)
        return [row for row in rows if any(normal(cell) for cell in row)]

    def cases(self, token: Environment) -> Node:
        """Two values, of which a comparison chooses one."""
        rows = self._cells(token)
        if len(rows) != 2 or any(len(row) != 2 for row in rows):
            raise Unread("cases that are not two, each with a condition")
        values = [self.inside(tuple(without_commas(row[0]))) for row in rows]
        conditions: list[list[tuple[str, Node]] | None] = []
        for row in rows:
            words = " ".join(spelled(t) for t, f in zip(row[1][1:], row[1], strict=False)
                             if f in TEXT)  # fmt: skip
            clean = [t for k, t in enumerate(row[1])
                     if t not in TEXT and not (k and row[1][k - 1] in TEXT)]  # fmt: skip
            clean = without_commas(clean)
            if re.search(r"otherwise|else", words) and not clean:
                conditions.append(None)
            else:
                conditions.append(self.within(tuple(clean)).condition())
        first, second = conditions
        if first is None or len(first) != 2 or first[1][0] == "!=":
            raise Unread("cases under a condition that is no comparison of two sides")
        if second is not None and not _opposed(first, second):
            raise Unread("cases of which it is not seen that one excludes the other")
        (_, a), (sign, b) = first
        low, high = (a, b) if sign in ("<", "<=") else (b, a)
        return Node("choice", (low, high, *values))


def without_commas(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without commas and dots at the end."""
    kept = normal(tokens)
    while kept and kept[-1] in (",", ".", ";", *WIDE):
        kept.pop()
    return [t for t in kept if t not in WIDE]


def _opposed(one: list[tuple[str, Node]], other: list[tuple[str, Node]]) -> bool:
    """Is one comparison the other one's denial, up to equality?"""
    if len(other) != 2 or "!=" in (one[1][0], other[1][0]):
        return False
    turned = {"<": ">", ">": "<"}[one[1][0][0]]
    same = one[0][1] == other[0][1] and one[1][1] == other[1][1] and other[1][0][0] == turned
    across = (
        one[0][1] == other[1][1] and one[1][1] == other[0][1] and other[1][0][0] == one[1][0][0]
    )
    return same or across
