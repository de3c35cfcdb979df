r"""A formula's tokens as a tree.

The grammar is that of displayed formulas as mathematicians type them: products without a sign,
``\log`` and ``\sum`` that reach to the next plus, transposes and inverses as exponents, indices as
subscripts.  What it does not know raises :class:`Unread`, with words that a reader understands.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
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
BINARY = {"/": "div", r"\odot": "had", r"\otimes": "kron", r"\circ": "circ", ":": "contract",
          r"\bullet": "contract"}  # fmt: skip
"""Signs of products, and of what is over another."""
ARGUMENTS = {r"\argmin": "argmin", r"\argmax": "argmax"}
POSITIVE_PART = "+"
"""Among the marks: a plus stands for a positive part."""
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
    indexed:   letters that are indices here, so that i is no imaginary unit
    families:  names with a number below them on which they depend, ``H_t``
    """

    def __init__(
        self,
        tokens: Sequence[Token],
        functions: AbstractSet[str] = frozenset(),
        parts: Collection[str] = (),
        known: Collection[str] = (),
        marked: Collection[str] = (),
        families: Collection[str] = (),
        schemes: Collection[str] = (),
        is_complex: bool = False,
        indexed: AbstractSet[str] = frozenset(),
    ) -> None:
        self.tokens = normal(tokens)
        self.known = known
        self.functions = functions
        self.parts = parts
        self.marked = marked
        self.families = families
        self.schemes = schemes
        self.is_complex = is_complex
        self.indexed = indexed
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
            self.schemes, self.is_complex, self.indexed,
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
            if token in BINARY:
                self.take()
                made = Node(BINARY[token], (made, self.factor()))
                if self.starts():
                    made = Node("mul", (made, *self._factors(self.product())))
            elif token == r"\cdot":
                self.take()
                made = Node("dot", (made, self.product()))
            elif token in (r"\vee", r"\wedge"):
                self.take()
                kind = "maximum" if token == r"\vee" else "minimum"
                made = Node("call", (kind, (made, self.product())))
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
                r"\vee", r"\wedge", *BINARY, r"\mid", "!", *WIDE)  # fmt: skip
        if self.closers[-1:] == ["bars"]:
            ends += ("|", r"\|", r"\Vert", r"\vert")
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
        if at := self.place():
            return self.scripts(Node("at", (base, *at)))
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
        if text == ["+"] and self.tokens[self.at - 3 : self.at - 2] in ([")"], ["]"], [r"\}"]):
            return Node("ramp", (base,))
        if text == [r"\pseudoinverse"]:
            return Node("pinv", (base,))
        if len(text) == 1 and text[0] in TRANSPOSE:
            return Node("T", (base,))
        if text == ["H"]:
            return Node("adjoint", (base,))
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
            return Node("norm", (base.args[0], norm_kind(inner)))
        if base.op == "inner" and norm_kind(inner) in ("2", "F", ""):
            return base
        if base.op == "ones":
            return self.counted(inner)
        closed = self.tokens[self.at - 3 : self.at - 2] in ([")"], ["]"], [r"\}"])
        if [spelled(t) for t in inner] == ["+"] and (closed or self.is_ramp(base)):
            return Node("ramp", (base,))
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

    def is_ramp(self, base: Node) -> bool:
        """Is a plus below a positive part, in an article that speaks of them, and no such name?"""
        name = f"{base.args[0]}_plus" if base.op == "sym" else ""
        is_own = name in self.known or name in self.marked
        return not name or (POSITIVE_PART in self.marked and not is_own)

    def counted(self, inner: list[Token]) -> Node:
        r"""``\mathbf{1}_n``, n of them, or ``\mathbf{1}_{\{s > 0\}}``, of a condition."""
        if any(t in RELATIONS for t in inner):
            closed = len(inner) > 1 and OPENING.get(str(inner[0])) == inner[-1]
            return self.indicator(inner[1:-1] if closed else inner)
        size = named(tuple(inner))
        if not re.fullmatch(r"[A-Za-z]\w*|\d+", size):
            raise Unread(f"ones with the subscript {spelled(tuple(inner))!r}")
        return Node("ones", (size,))

    def indicator(self, inner: Sequence[Token]) -> Node:
        """1 where a comparison of two sides holds, and else 0."""
        one, zero = (Node("num", (Fraction(k),)) for k in (1, 0))
        return Node("choice", (tuple(self.within(tuple(inner)).condition()), one, zero))

    def compared(self, opening: str) -> Node | None:
        """A bracket in which two sides are compared, ``[s > 0]``."""
        end = self.closing(opening)
        inside = self.tokens[self.at : end]
        if end < 0 or not any(t in RELATIONS for t in inside):
            return None
        self.at = end + 1
        return self.indicator(inside)

    def closing(self, opening: str) -> int:
        """Where the bracket that is open here closes; -1 if it does not."""
        depth = 1
        for at in range(self.at, len(self.tokens)):
            token = self.tokens[at] if isinstance(self.tokens[at], str) else ""
            depth += (token == opening) - (token == OPENING[opening])
            if not depth:
                return at
        return -1

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
        if token in ("D", "d") and not {token} & {*self.known, *self.functions} and (
            found := self.slope(1)
        ):  # fmt: skip
            return found
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
        if token == r"\{" and isinstance(self.next, Environment):
            return self.cases(self.take())
        if token == "[" and (found := self.compared(token)):
            return found
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
                rest = self.tokens[self.at :]
                inside = list(itertools.takewhile(lambda t: t != r"\rangle", rest))
                part = self.sum if "," in inside or ";" in inside else self._separated
                parts.append(part())
                while self.next in SEPARATORS and len(parts) < 3:
                    self.take()
                    parts.append(part())
            if len(parts) == 3:  # a matrix between two states
                parts = [parts[0], Node("mul", (parts[1], *self._factors(parts[2])))]
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
        n, m = differential(above), differential(below)
        if n and m and below[m:] and spelled(above[0]) != "" and _same_mark(above, below):
            if above[n : n + 1] == ["^"]:
                return self.higher(above[n + 1 :], below)
            wrt = self.inside(tuple(below[m:]))
            at = self.place() if not above[n:] else None
            if at is not None:
                return Node("at", (Node("partial", (self.argument(), wrt)), *at))
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

    def higher(self, above: list[Token], below: list[Token]) -> Node:
        r"""``\frac{\partial^2 f}{\partial x_i \partial x_j}``, ``\frac{d^3 f}{dx^3}``."""
        order = spelled(above[0])
        runs: list[list[Token]] = []
        at = 0
        while at < len(below):
            if n := differential(below[at:]):
                runs.append([])
                at += n
            else:
                runs[-1].append(below[at])
                at += 1
        if len(runs) == 1 and runs[0][-2:-1] == ["^"] and spelled(runs[0][-1]) == order:
            runs = [runs[0][:-2]] * (int(order) if order in ("2", "3", "4") else 0)
        if not runs or str(len(runs)) != order:
            raise Unread("a derivative of higher order in a fraction")
        taken = self.place() if not above[1:] else None
        body = self.applied(self.inside(tuple(above[1:])) if above[1:] else self.argument())
        for run in reversed(runs):
            body = Node("partial", (body, self.inside(tuple(run))))
        return body if taken is None else Node("at", (body, *taken))

    def place(self) -> tuple[str, Node] | None:
        r"""``\right|_{t = 0}``: where what stands before it is taken."""
        ahead = self.tokens[self.at : self.at + 3]
        if len(ahead) < 3 or ahead[0] not in ("|", r"\vert", r"\rvert") or ahead[1] != "_":
            return None
        run = normal(ahead[2] if isinstance(ahead[2], tuple) else (ahead[2],))
        if "=" not in run or not is_symbol(run[: run.index("=")]):
            return None
        self.at += 3
        at = run.index("=")
        return spelling(run[:at]), self.inside(tuple(run[at + 1 :]))

    def over(self, mark: int) -> Node | None:
        r"""``dg/ds`` and ``\partial f/\partial x`` in a line, from behind the first sign on."""
        rest = self.tokens[self.at :]
        depth, at = 0, 0
        while at < len(rest) and (depth or rest[at] != "/"):
            token = rest[at] if isinstance(rest[at], str) else ""
            depth += (token in OPENING) - (token in CLOSING)
            if depth < 0 or (not depth and (token in RELATIONS or token in ("+", "-", ","))):
                return None
            at += 1
        begin = self.tokens[self.at - mark : self.at]
        if not at or tuple(rest[at + 1 : at + 1 + mark]) != tuple(begin):
            return None
        body = self.inside(tuple(rest[:at]))
        self.at += at + 1 + mark
        return Node("partial", (self.applied(body), self.factor()))

    def partial(self) -> Node:
        r"""``\partial_k f``, ``\partial_x f``, ``\partial_i \partial_j f``."""
        script: Token = None
        times = 1
        while self.next in ("_", "^"):
            if self.take() == "_":
                script = self.take()
            elif spelled(self.next) in ("2", "3", "4"):
                times = int(spelled(self.take()))
            else:
                raise Unread("a derivative of higher order")
        if script is None and (found := self.over(1)):
            return found
        if script is None:
            raise Unread("a partial derivative outside a fraction")
        inner = normal(script if isinstance(script, tuple) else (script,))
        body = self.argument()
        counts = all(is_index(t) and named(t) not in self.known for t in inner)
        symbols = [t for t in inner if t != ","]
        each_one = counts or (len(symbols) > 1 and all(map(is_index, symbols)))
        wanted = symbols if each_one else [tuple(inner)]
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
                run = normal(script if isinstance(script, tuple) else (script,))
                twice = twice or (len(run) == 2 and run[0] == run[1] and is_symbol(run[:1]))
                wrt = self.inside(tuple(run[:1]) if twice and len(run) == 2 else script)
            elif spelled(script) == "2":
                twice = True
            else:
                raise Unread(f"the exponent {spelled(script)!r} of a nabla")
        if self.next == r"\nabla" and wrt is None and not twice:
            self.take()
            if self.tokens[self.at : self.at + 2] == ["^", r"\top"]:
                self.at += 2
            twice = True
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
        token = {r"\sup": r"\max", r"\inf": r"\min"}.get(token, token)
        if token not in OPERATORS:
            raise Unread(f"{token[1:]} over what is no known set")
        if not low and token in (r"\max", r"\min"):
            return self.listed(token)
        low, upper = ranged(low, upper)
        if token == r"\sum" and r"\in" in low:
            return self.corners(low)
        ordered = "<" in low
        names, first, differ = self.indices([t for t in low if t != "<"] if ordered else low)
        last = self.inside(upper) if upper != () else None
        if first is not None and last is None:
            raise Unread(f"{token} says where it starts and not where it ends")
        body = self.product() if token != r"\sum" else self.term()
        if ordered or differ:
            if token != r"\sum" and (ordered or token == r"\prod"):
                raise Unread(f"{token} under a condition")
            if token != r"\sum":
                return Node("apart", (token[1:], *names[:2], last, body))
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
            if (
                token not in ARGUMENTS
                and not (known is not None and known.rank)
                and (token in OPERATORS or (is_index(low[0]) and name not in self.known))
            ):
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
        if self.next not in OPENING:
            raise Unread(f"{token} without an index")
        made, *parts = self.arguments()
        if not parts:
            raise Unread(f"{token} of something else than several values")
        for each in parts:
            made = Node("call", ("maximum" if token == r"\max" else "minimum", (made, each)))
        return made

    def fonted(self, font: str) -> Node:
        inner = self.take()
        text = spelled(inner).strip()
        name = named(inner)
        if text in ("1", "0"):
            if text == "0" or self.next not in OPENING:
                return Node("ones") if text == "1" else Node("num", (Fraction(0),))
            if found := self.compared(self.take()):
                return found
            self.at -= 1
            return Node("ones")
        if font == r"\mathbb" and text == "P":
            raise Unread("a probability")
        if name == "i" and font in (r"\mathrm", r"\rm", r"\mathsf", r"\operatorname", r"\mathbb"):
            return Node("imaginary")
        if name in FUNCTIONS:
            return self.call(name)
        if name in ("D", "d") and (found := self.slope(2)):
            return found
        if (
            name == "I"
            and font == r"\mathbb"
            and self.next in OPENING
            and (found := self.compared(self.take()))
        ):
            return found
        if name == "Id" and name not in self.functions and name not in self.known:
            return Node("eye")
        if name in ("grad", "Hess") and name not in self.functions:
            return Node("gradient" if name == "grad" else "hessian", (self.argument(), None))
        if name == "div" and name not in self.functions:
            return Node("divergence", (self.argument(), None))
        name = "Var" if name == "V" and font == r"\mathbb" else name
        is_mean = name in MEANS and (
            name != "E" or font in (r"\mathbb", r"\operatorname")
            or (self.next == "_" and "E" not in self.known
                and font in (r"\mathrm", r"\mathsf", r"\mathbf"))
        )  # fmt: skip
        if is_mean and name not in self.functions and not self.with_script(name):
            return self.expected(name)
        if name == "KL" and name not in self.functions and self.next in OPENING:
            return self.divergence_of_laws()
        if len(name) > 1 and font in (r"\operatorname", r"\text", r"\mathrm", r"\mathsf"):
            return self.name(name, is_word=True)
        return self.name(name)

    def expected(self, name: str) -> Node:
        r"""``\mathbb{E}_p[x]`` and ``\mathbb{E}_{i \sim p}[x_i]``, with or without a bracket."""
        script = self.tokens[self.at + 1] if self.next == "_" else ()
        run = normal(script if isinstance(script, tuple) else (script,))
        if run[1:2] == [r"\sim"] and is_index(run[0]) and name == "E":
            self.at += 2
            body = self.arguments()[0] if self.next in OPENING else self.product()
            weight = Node("index", (self.inside(tuple(run[2:])), (named(run[0]),)))
            return Node("sum", (named(run[0]), None, None, Node("mul", (weight, body))))
        below = self.below()
        if self.next in OPENING:
            return self.mean(MEANS[name], self.arguments(), below)
        if below is None:
            raise Unread("an expectation" if name == "E" else f"{name} of a random variable")
        return self.mean(MEANS[name], (self.product(Parser.is_function),), below)

    def divergence_of_laws(self) -> Node:
        r"""The relative entropy ``\operatorname{KL}(p \| q)``."""
        laws = self.arguments()
        if len(laws) != 2:
            raise Unread("a relative entropy of other things than two distributions")
        return Node("call", ("KL", laws))

    def slope(self, mark: int) -> Node | None:
        """``D f(x)[h]``, ``D f(x)`` and ``df/dx``, from behind the first sign on."""
        begin = self.at
        if found := self.over(mark):
            return found
        order = 1
        if self.next == "^" and spelled(self.tokens[self.at + 1]) in ("2", "3", "4"):
            order = int(spelled(self.tokens[self.at + 1]))
            self.at += 2
        ahead = self.tokens[self.at : self.at + 2]
        own = named(tuple(ahead[: 1 + (ahead[:1] != [] and ahead[0] in FONTS)]))
        below = self.tokens[self.at + len(unfonted(ahead)[:1]) :][:2]
        full = f"{own}_{named(below[1])}" if below[:1] == ["_"] and below[1:] else own
        is_of = ahead[:1] == ["("] or {own, full} & self.functions or self.is_function()
        if not is_of or (ahead[:1] == ["("] and not self.goes_along()):
            self.at = begin
            return None
        body = self.primary()
        is_slanted = self.tokens[begin - 1] == "d" or named(self.tokens[begin - 1]) == "d"
        if is_slanted and self.next != "[":  # a number d, and a function
            self.at = begin
            return None
        if self.next == "[":
            along = self.arguments()
            if len(along) != order:
                raise Unread("a derivative along some directions")
            return Node("along", (body, along))
        if body.op != "call" or order > 2:
            raise Unread("a derivative (D) of what is no function")
        if order == 2:
            return Node("hessian", (body, None))
        if self.starts() and len(body.args[1]) == 1 and self.next not in ("^", "_", "'"):
            return Node("along", (body, (self.factor(),)))
        if len(body.args[1]) == 1 and body.args[1][0].op == "sym":
            return Node("partial", (body, body.args[1][0]))
        raise Unread("a derivative (D) at what is no variable")

    def goes_along(self) -> bool:
        """Does a bracket in square ones follow on the bracket here?"""
        self.at += 1
        end = self.closing("(")
        self.at -= 1
        return end > 0 and self.tokens[end + 1 : end + 2] == ["["]

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
        is_unit = self.is_complex and "i" not in self.indexed
        if name == "i" and is_unit and self.next != "_" and "i" not in self.functions:
            return Node("imaginary")
        if name == "I" and "I" not in self.functions:
            return Node("eye")
        below = named(self.tokens[self.at + 1]) if self.next == "_" else ""
        if name == "D" and below == "KL" and "D_KL" not in self.functions:
            self.at += 2
            return self.divergence_of_laws()
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
            if self.next == "^" and re.fullmatch(r"\([1-4]\)", spelled(self.tokens[self.at + 1])):
                primes, self.at = int(spelled(self.tokens[self.at + 1])[1]), self.at + 2
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
        if token.name in ("cases", "dcases", "rcases"):
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
        """Several values, of which comparisons choose one."""
        rows = self._cells(token)
        if token.name == "array":
            rows = self._cells(Environment("cases", token.tokens[1:]))  # without its columns
        if len(rows) < 2 or any(len(row) != 2 for row in rows):
            raise Unread("cases that are not several, each with a condition")
        values = [self.inside(tuple(without_commas(row[0]))) for row in rows]
        conditions = [self.case(row[1]) for row in rows]
        if any(c is None or any(sign == "!=" for sign, _ in c) for c in conditions[:-1]):
            raise Unread("cases under a condition that is no comparison of two sides")
        last = conditions[-1]
        if last is not None and not _covered([c for c in conditions if c is not None]):
            raise Unread("cases of which it is not seen that one excludes the other")
        made = values[-1]
        for value, condition in zip(values[-2::-1], conditions[-2::-1], strict=True):
            made = Node("choice", (tuple(condition or ()), value, made))
        return made

    def case(self, cell: Sequence[Token]) -> list[tuple[str, Node]] | None:
        """The comparison under which a value is taken; None elsewhere."""
        words, clean = "", []
        for k, token in enumerate(cell):
            if k and cell[k - 1] in TEXT:
                inside = token if isinstance(token, tuple) else (token,)
                words += "".join(spelled(t) for t in inside if not isinstance(t, tuple))
                clean += [t for part in inside if isinstance(part, tuple) for t in part]
            elif token not in TEXT:
                clean.append(token)
        clean = without_commas(clean)
        if re.search(r"otherwise|else", words) and not clean:
            return None
        if re.search(r"\b(?:not|unless|or|and)\b", words):
            raise Unread("cases under several conditions")
        closed = clean[:1] == ["("] and clean[-1:] == [")"] and ")" not in clean[:-1]
        return self.within(tuple(clean[1:-1] if closed else clean)).condition()


def without_commas(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without commas and dots at the end."""
    kept = normal(tokens)
    while kept and kept[-1] in (",", ".", ";", *WIDE):
        kept.pop()
    return [t for t in kept if t not in WIDE]


def _covered(conditions: list[list[tuple[str, Node]]]) -> bool:
    """Is each comparison denied by one of another case, so that together they leave no gap?"""
    parts = [[(a, sign, b) for (_, a), (sign, b) in itertools.pairwise(c)] for c in conditions]
    return all(
        any(_opposed(one, other) for k, others in enumerate(parts) if k != at for other in others)
        for at, own in enumerate(parts)
        for one in own
    )


def _opposed(one: tuple[Node, str, Node], other: tuple[Node, str, Node]) -> bool:
    """Is one comparison the other one's denial, up to equality?"""
    if "!=" in (one[1], other[1]):
        return False
    turned = {"<": ">", ">": "<"}[one[1][0]]
    same = one[0] == other[0] and one[2] == other[2] and other[1][0] == turned
    across = one[0] == other[2] and one[2] == other[0] and other[1][0] == one[1][0]
    return same or across


def differential(run: Sequence[Token]) -> int:
    r"""How many tokens the d of a derivative takes here, ``d``, ``\mathrm d`` or ``\partial``."""
    if run and (run[0] in (r"\partial", r"\dd", "d") or _is_d(run[0])):
        return 1
    return 2 if len(run) > 1 and run[0] in FONTS and spelled(run[1]) == "d" else 0


def _is_d(token: Token) -> bool:
    inner = normal(token) if isinstance(token, tuple) else []
    return len(inner) == 2 and differential(inner) == 2


def _same_mark(above: Sequence[Token], below: Sequence[Token]) -> bool:
    return (above[0] == r"\partial") == (below[0] == r"\partial")


def norm_kind(inner: Sequence[Token]) -> str:
    r"""Which norm a subscript means, ``F``, ``2``, ``op``, ..., in any font."""
    text = spelled(tuple(t for t in inner))
    for mark in (*sorted(FONTS, key=len, reverse=True), r"\ell", r"\infty", r"\to", r"\max"):
        text = text.replace(mark, {r"\infty": "infty", r"\to": ",", r"\max": "infty"}.get(mark, ""))
    text = re.sub(r"[\s{}^_\\]", "", text).replace("rightarrow", ",")
    return next((kind for kind, names in NORMS.items() if text in names), text)


NORMS = {
    "F": ("F", "Fro", "fro", "Frob", "frob", "HS", "hs", "Fr"),
    "op": ("op", "spec", "sp", "2,2", "spectral", "Sinfty"),
    "nuclear": ("*", "nuc", "tr", "S1", "ast", "1,tr"),
    "": ("", "Rn", "Rd", "Rm"), "2": ("2",), "1": ("1",), "infty": ("infty",),
}  # fmt: skip
"""Norms, by what may stand below them."""


def ranged(low: list[Token], upper: Token) -> tuple[list[Token], Token]:
    r"""What stands below an operator, with its end: ``i \in [n]``, ``1 \le i, j \le n``,
    ``i = 1, \dots, n`` and ``i \le n`` are ``i = 1`` up to n; ``i, j: i \ne j`` is ``i \ne j``."""
    same = {r"\leq": r"\le", r"\leqslant": r"\le", r"\neq": r"\ne", r"\lvert": "|", r"\mid": "|"}
    text = [same.get(spelled(t), spelled(t)) for t in low]
    dots = next((k for k, t in enumerate(text) if t in (r"\dots", r"\ldots", r"\cdots")), 0)
    if dots and "1" in text[:dots] and dots + 2 < len(text) + (text[-1] != r"\}"):
        at = next((k for k, t in enumerate(text) if t in ("=", r"\in")), 0)
        inner = text[at + 1 + (text[at + 1] == r"\{") : dots]
        if at and inner[0] == "1" and set(inner[1:]) <= {",", "2", "3"} and text[dots + 1] == ",":
            end = len(low) - (text[-1] == r"\}")
            return [*low[:at], "=", "1"], tuple(low[dots + 2 : end])
    if r"\in" in text:
        at = text.index(r"\in")
        inside = text[at + 1 :]
        if inside[:1] == ["["] and inside[-1:] == ["]"]:
            within = low[at + 2 : -1]
            if spelled(tuple(within[:2])) in ("1,", "1:"):
                within = within[2:]
            return [*low[:at], "=", "1"], tuple(within)
    if text[:2] == ["1", r"\le"] and len(low) > 4 and text[-2] == r"\le":
        middle = low[2:-2]
        inner = text[2:-2]
        if len(inner) == 3 and inner[1] in ("<", r"\ne"):
            return [*middle], low[-1]
        if inner and all(t == "," or is_index(m) for t, m in zip(inner, middle, strict=True)):
            return [*middle, "=", "1"], low[-1]
    if len(text) == 3 and text[1] == r"\le" and is_index(low[0]):
        return [low[0], "=", "1"], low[2]
    return _differing(low, text, upper)


def _differing(low: list[Token], text: list[str], upper: Token) -> tuple[list[Token], Token]:
    r"""``i, j: i \ne j``, ``i, j = 1, i \ne j``: two indices that differ, or one of them less."""
    sign = next((k for k, t in enumerate(text) if t in (r"\ne", "<")), 0)
    before = text[: sign - 1]
    if sign < 2 or len(text) != sign + 2 or before[-1] not in (":", ",", "|", ";"):
        return low, upper
    named_ = {t for t in before[:-1] if t not in (",", "=", "1")}
    if named_ and named_ <= {text[sign - 1], text[sign + 1]} and (len(named_) == 2):
        return low[sign - 1 :], upper
    return low, upper
