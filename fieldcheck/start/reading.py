r"""Every equation of an article as a claim, a definition, or a reason why it was not read."""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fieldcheck.claim import slug
from fieldcheck.start.announced import Announced, speaks_of_ramps, spectral_norm
from fieldcheck.start.arbitrary import functions_of
from fieldcheck.start.article import Article, Equation, tokens_of
from fieldcheck.start.cones import cones_of
from fieldcheck.start.convex import convex_of
from fieldcheck.start.factors import factors_of, product_of
from fieldcheck.start.finite import in_indices
from fieldcheck.start.formulas import (
    INDEX_NAMES,
    Declared,
    is_only_assumed,
    is_open,
    is_range,
    is_symbol,
    is_untold,
    letters,
    spelling,
)
from fieldcheck.start.grammar import POSITIVE_PART, Parser
from fieldcheck.start.guesses import KNOWN, guesses_of
from fieldcheck.start.meaning.reader import Reader
from fieldcheck.start.meaning.values import TWO, Definition, Reading
from fieldcheck.start.moments import MOMENT, Moments
from fieldcheck.start.phrases import in_formulas
from fieldcheck.start.prose import EQUALITY, Declarations, Place, end_of, words_of
from fieldcheck.start.schemes import BRACES, any_functions, schemes_of
from fieldcheck.start.scope import Scope, spoken
from fieldcheck.start.segments import statements
from fieldcheck.start.sides import (
    below_of,
    conjugated_of,
    curves_of,
    entries_behind,
    families_of,
    function_name,
    in_time,
    laplacians_of,
    left_side,
    named_below,
    once_named,
    speaks_complex,
    starred_of,
    without_space,
    without_time,
)
from fieldcheck.start.signs import (
    ACCENTS,
    FONTS,
    MEAN_CALLS,
    Environment,
    Node,
    Token,
    Unread,
    called,
    followed,
    named,
    normal,
    renamed,
    unfonted,
)
from fieldcheck.start.steps import FIRST, steps_of
from fieldcheck.start.trees import SLOPES, at_points, derived, reached, solved, variables_of
from fieldcheck.start.wording import Wording

_DOT = r"\dot"
WORDS = ("a real number", "a real vector", "a real matrix")
GUESSES = 400
"""Readings that are tried at most for the symbols that an article does not declare."""


@dataclass
class Outcome:
    """What became of an equation: one of the three."""

    equation: Equation
    claim: Reading | None = None
    definition: Definition | None = None
    reason: str = ""
    key: str = ""
    """The end of its claim's id: its label, where that makes one of its own."""


@dataclass
class Result:
    """An article, read."""

    article: Article
    outcomes: list[Outcome]
    definitions: list[Definition] = field(default_factory=list)

    def of(self, what: str) -> list[Outcome]:
        """Those that are a ``claim``, a ``definition``, or were not read (``reason``)."""
        return [o for o in self.outcomes if getattr(o, what)]


def interpret(article: Article) -> Result:
    """Read all equations in their order, with the definitions that come before them."""
    return _Interpreter(in_indices(in_formulas(article))).result()


class _Interpreter:
    def __init__(self, article: Article) -> None:
        self.article = article
        self.said = Declarations(article)
        self.definitions: list[Definition] = []
        self.lost: dict[str, str] = {}
        self.later: list[Definition] = []  # those in words that could not be read yet
        self.waiting: list[tuple[Outcome, Definition]] = []
        self.sought: dict[str, Node] = {}  # minimizers, of which a formula is still to come
        self.renamed: dict[str, str] = {}
        self.used: set[str] = set()
        self.unmade = ""  # why the formula in words that is read just now is no definition
        self.curves = curves_of(article)
        self.steps = steps_of(article)
        self.arbitrary, self.coefficients = functions_of(article)
        self.convex = convex_of(article)
        self.arbitrary += self.convex.definitions
        self.coefficients |= self.convex.parts
        self.cones = cones_of(article)
        self.arbitrary += self.cones.definitions
        self.coefficients |= self.cones.parts
        definite = {each.name for _, each in self.said.always if "spd" in each.hypotheses}
        self.factors = factors_of(article, definite)
        words = " ".join(words_of(sentence.pieces) for sentence in article.sentences)
        self.laplacians = laplacians_of(article) if re.search(r"\bconnected\b", words) else set()
        self.conjugated = conjugated_of(article)
        self.spectral = spectral_norm(article, words)
        marked = {*self.convex.marked}
        if speaks_of_ramps(article, words):
            marked.add(POSITIVE_PART)
        functions = {d.name for d in self.arbitrary if d.params}
        self.names = Announced(article, self.said, functions, marked)
        self.is_complex = speaks_complex(article)
        self.starred = starred_of(article) if self.is_complex else {}
        self.schemes = schemes_of(article, self.names.functions)
        self.sloped: set[str] = set()  # functions of which no more than a slope is said
        self.moments = Moments()
        self.wording = Wording(article)
        self.scope = Scope(
            article, self.said, self.wording, self.definitions, self.lost, self.coefficients,
            self.starred, self.moments, self.convex, self.factors, self.steps,
        )  # fmt: skip
        self.families = families_of(article, self.names.numbers())
        self.names.functions |= {f"{name}_at" for name in self.families}
        for number, sentence in enumerate(article.sentences):
            for at, (kind, tex) in enumerate(sentence.pieces):
                if kind == "math" and r"\sim" in str(tex):
                    parsed = functools.partial(self._whole, place=(number, at))
                    with contextlib.suppress(Unread), followed():
                        self.moments.draw(str(tex), parsed)
                if kind == "math" and "=" in str(tex) and re.search(MOMENT, str(tex)):
                    self._is_moment(tuple(tokens_of(str(tex))), (number, at))
        self.names.add_spectra()

    def result(self) -> Result:
        outcomes = {}
        for number, sentence in enumerate(self.article.sentences):
            self.definitions += [d for d in self.arbitrary if d.place[0] == number]
            for at, (kind, tex) in enumerate(sentence.pieces):
                if kind == "math" and "=" in tex:
                    self._inline(tex, (number, at), sentence.line)
            displays = [at for kind, at in sentence.pieces if kind == "display"]
            for at in displays:
                outcomes[at] = self._outcome(self.article.equations[at])
            for at in displays:  # what is said behind it, "where …", is known by now
                if outcomes[at].reason and len(displays) > 1:
                    outcomes[at] = self._outcome(self.article.equations[at])
        ordered = [outcomes[at] for at in sorted(outcomes)]
        taken: set[str] = set()
        for number, outcome in enumerate(ordered, 1):
            label = re.sub(r"^(?:eq|eqn|equation)[:_-]", "", outcome.equation.label)
            key = slug(label) if re.search("[A-Za-z0-9]", label) else f"equation-{number}"
            outcome.key = key if key not in taken else f"{key}-{number}"
            taken.add(outcome.key)
        return Result(self.article, ordered, self.definitions)

    # -- definitions ------------------------------------------------------------------------------
    def _inline(self, tex: str, place: Place, line: int) -> None:
        tokens, bare = once_named(without_space(tuple(tokens_of(tex))))
        is_mean = re.search(MOMENT, tex) and self._is_moment(tokens, place)
        if self._is_product(tokens) or is_range(normal(tokens)) or is_mean:
            return  # a decomposition, an index, or a random vector, which is known
        self.names.announce(tokens, place[0])
        under = self._is_substituted(tokens, place)
        anew = self.wording.is_anew(place) or self._is_value(tokens, place) or bool(under)
        self.unmade = ""
        if EQUALITY.search(words_of(self.article.sentences[place[0]].pieces[: place[1]])):
            return  # where a bound is attained
        own = {d.name for d in self.arbitrary} & set(letters(tokens[2:]))
        if self._defined_name(tokens) in own:
            return  # V = V(X), of any function
        try:
            with followed():
                sides = self._sides(tokens, place)
                is_bound = len(sides) == 3 and sides[2][0] != "=" and sides[2][1].op == "num"
                if is_bound or (len(sides) > 2 and all(s == "=" for s, _ in sides[1:])):
                    sides = sides[:2]  # d_i = … > 0; \hat y = X b = H y: what it is, and equals
                if self._is_scheme(sides, place):
                    return
                if len(sides) == 2 and (loss := self._is_upstream(sides, place)):
                    self.definitions.append(loss)
                    return
                definition = self._definition(sides, place, anew)
        except Unread as reason:
            definition = None
            self.unmade = str(reason)
            if anew:
                self._another(self._defined_name(tokens))
        if definition is None:
            if not self._is_consequence(tokens, place):
                self._lose(tokens, place)
        else:
            definition.when = self.wording.convention(place)
            if not definition.when and (under or self._is_special_case(definition, place)):
                self._hold_here(definition, place)
            definition.line, definition.printed, definition.bare = line, tex, bare
            try:
                with followed():
                    self._defined(definition)
                self.scope.understood[definition.name] = f"unread {tex}"
            except Unread:  # words may say what no formula can; or what it rests on comes later
                self.later.append(definition)

    def _is_scheme(self, sides: list[tuple[str, Node]], place: Place) -> bool:
        """Is a formula the definition of something of any functions? It is kept, then."""
        first = sides[0][1]
        if first.op != "scheme" or len(sides) != 2 or sides[1][0] != "=":
            return False
        name, *params = first.args
        if name in self.schemes.bodies or any(
            p.op not in ("sym", "function", "num") for p in params
        ):
            return False
        body = self.schemes.expanded(sides[1][1])
        self.schemes.bodies[name] = tuple(params), body
        words = words_of(self.article.sentences[place[0]].pieces)
        if name == BRACES and re.search(r"\b(?:functions?|observables?)\b", words):
            own = {p.args[0] for p in params}
            taken = (
                self.names.functions
                | (self.names.declared - own)
                | {d.name for d in self.definitions}
            )
            made, parts = any_functions(self.article, self.schemes.bodies[name], taken, place)
            self.definitions += made
            self.coefficients |= parts
        return True

    def _is_moment(self, tokens: tuple[Token, ...], place: Place) -> bool:
        """Does a formula say what the mean or the covariance of a random vector is?"""
        try:
            with followed():
                sides = self._sides(tokens, place)
        except Unread:
            return False
        return self.moments.keep(sides, {d.name for d in self.definitions})

    def _whole(self, tokens: tuple[Token, ...], place: Place) -> Node:
        """A formula without a relation, as it is parsed at a place."""
        return self._parser(tokens, place).whole()

    def _is_product(self, tokens: Sequence[Token]) -> bool:
        """Is a formula a decomposition that is known?"""
        run = unfonted(normal(tokens))
        found = product_of(run)
        if found is not None:
            return found[0] in self.factors.products
        left = unfonted(left_side(tuple(tokens)))
        is_blocks = len(run) == len(left) + 2 and isinstance(run[-1], Environment)
        return is_blocks and is_symbol(left) and spelling(left) in self.factors.blocked

    def _lose(self, tokens: tuple[Token, ...], place: Place) -> None:
        """A symbol that a sentence defines, by what is no definition here, or once more: it stands
        for that, and not for any number."""
        left = left_side(tokens)
        if _DOT in left[:-1] and not self.wording.follows(place):  # it moves by what is not read
            self.lost[f"{named(left[left.index(_DOT) + 1])}_dot"] = "a flow"
        if not is_symbol(left):
            return
        plain = named(left[-1] if left[0] in FONTS else left[0])
        name = spelling(left) if left[0] in ACCENTS else plain
        if left[-1] == "'" and name in self.names.functions:
            return  # what its derivative is
        if len(left) <= 2 and name not in self.said.at(*place) and name not in self.said.sizes:
            self.lost[name] = self.unmade or "a definition that was not read"

    def _is_substituted(self, tokens: tuple[Token, ...], place: Place) -> bool:
        """Is a formula the condition that a symbol, which was any before, is what others make: "if
        $A = Q K^\\top$"? What is claimed under it is claimed of these."""
        left = unfonted(left_side(tokens))
        right = unfonted(normal(tokens))[len(left) + 1 :]
        if not is_symbol(left) or is_symbol(right) or place[0] == 0:
            return False  # of two symbols neither is made of the other
        name = spelling(left)
        said = self.said.at(place[0] - 1).get(name)
        is_free = said is not None and said.rank is not None and not any(
            h not in ("complex", f"unread {h[7:]}") for h in said.hypotheses
        )  # fmt: skip
        if not is_free or any(d.name == name for d in self.definitions):
            return False
        return self.wording.is_condition(place)

    def _is_special_case(self, definition: Definition, place: Place) -> bool:
        """Does a formula only tell, of what symbols that are known, a symbol is here, "with $B =
        A$"? What is said anew ("let", "put") is so from there on."""
        named_ = self.said.named_by(place[0] - 1)
        known = {n: d for n, d in self.said.at(place[0] - 1).items() if n in named_}
        is_let = self.wording.is_let(place)
        names = {n for n in called(definition.body) if n not in KNOWN}
        was_free = definition.name in known and known[definition.name].rank is not None
        return was_free and not is_let and not definition.params and names <= known.keys() | {
            d.name for d in self.definitions
        }  # fmt: skip

    def _hold_here(self, definition: Definition, place: Place) -> None:
        """Let a definition hold for what stands under it: the displays that follow in its sentence,
        else the last before it; without any, what goes on from the sentence."""
        pieces = self.article.sentences[place[0]].pieces
        shown = [k for k, (kind, _) in enumerate(pieces) if kind == "display"]
        if shown:
            after = [k for k in shown if k > place[1]] or shown[-1:]
            definition.only = frozenset((place[0], k) for k in after)
        else:
            definition.ends = end_of(self.article.sentences, place[0], brief=True)

    def _is_consequence(self, tokens: tuple[Token, ...], place: Place) -> bool:
        """Does a formula only tell of a symbol that has a meaning what follows from it?"""
        name = self._defined_name(tokens)
        return any(d.name == name for d in self.definitions) and self.wording.follows(place)

    def _reach(self, base: str) -> int:
        """Over how many steps the formula reaches by which a letter moves; 0 if there is none."""
        name = self.renamed.get(f"{base}_next", f"{base}_next")
        body = next((called(d.body) for d in self.definitions if d.name == name), None)
        return 0 if body is None else 1 + any(n.endswith("_before") for n in body)

    def _is_step(self, tokens: tuple[Token, ...], place: Place) -> bool:
        """Does a formula say how something moves, and not what follows of it?

        Raises:
            Unread: it moves already, and the words say neither.
        """
        left = unfonted(left_side(self.steps.written(tokens)))
        name = f"{named(left[0])}_{named(left[2])}" if len(left) == 3 and left[1] == "_" else ""
        if not self.steps.at(name) or not any(d.name == name for d in self.definitions):
            return False
        return self.wording.is_step(place, named(left[0]))

    def _is_value(self, tokens: tuple[Token, ...], place: Place) -> bool:
        """Does a sentence say what a symbol is of which an earlier one said the shape alone?"""
        left = unfonted(left_side(tokens))
        if not is_symbol(left) or len(left) > 2:
            return False
        if self.wording.is_limited(place):
            return False
        name = named(left[0])
        return not any(d.name == name for d in self.definitions) and (
            name in self.said.named_by(place[0] - 1) - self.said.named_in(place[0])
        )

    def _defined_name(self, tokens: tuple[Token, ...]) -> str:
        left = left_side(tokens)
        name = function_name(left) or (named(left[0]) if is_symbol(left) else "")
        return self.renamed.get(name, name)

    def _another(self, name: str) -> str:
        """A new name for a symbol that has a meaning, if it has one; from now on it stands for the
        new one, which is lost until it is read."""
        if not any(d.name == name for d in self.definitions):
            return name
        typed = next((old for old, new in self.renamed.items() if new == name), name)
        count = sum(
            re.fullmatch(rf"{typed}(_again\d*)?", d.name) is not None for d in self.definitions
        )
        self.renamed[typed] = f"{typed}_again{count if count > 1 else ''}"
        self.lost[self.renamed[typed]] = "a definition that was not read"
        return self.renamed[typed]

    def _sides(self, tokens: tuple[Token, ...], place: Place) -> list[tuple[str, Node]]:
        """The sides of a formula, with the names that its symbols have here."""
        tokens, known = self._at_rest(self.steps.written(tokens, self._reach), place)
        tokens = named_below(tokens, self._numbers(place))
        sides = self._parser(tokens, place).chain()
        made = [(sign, renamed(side, self.renamed)) for sign, side in sides]
        made = [each for k, each in enumerate(made) if k != 1 or not _is_longer(made)]
        if made[0][1].op != "scheme" or made[0][1].args[0] in self.schemes.bodies:
            made = [(sign, self.schemes.expanded(side)) for sign, side in made]
        if known or any(d.name == "t" for d in self.definitions):
            return made
        flows = {d.pattern.args[0] for d in self.definitions if d.pattern.op == "rate"}
        return [
            (sign, in_time(side, bool(flows or self.curves), self._moves)) for sign, side in made
        ]

    def _at_rest(self, tokens: tuple[Token, ...], place: Place) -> tuple[tuple[Token, ...], bool]:
        """The tokens with ``x(t)`` as x, unless t is a number of which the article speaks."""
        said = self.said.at(*place).get("t")
        is_number = said is not None and "t" in self.said.named_by(place[0]) and (
            said.rank is not None or any(not is_open(h) for h in said.hypotheses)
        )  # fmt: skip
        if is_number or "t" in self.names.functions:
            return tokens, True
        return without_time(tokens, self.names.functions), False

    def _moves(self, body: Node) -> bool:
        """Does a formula speak of t by what the article defines?"""
        by_name = {d.name: d for d in self.definitions}
        names, found = list(called(body)), set()
        while names:
            name = names.pop()
            if name in by_name and name not in found:
                names += [n for n in called(by_name[name].body) if n not in by_name[name].params]
            found.add(name)
        return "t" in found

    def _numbers(self, place: Place) -> set[str]:
        """The symbols that are numbers, and no indices."""
        return {
            name for name, each in {**self.scope.beside, **self.said.at(*place)}.items()
            if each.rank == 0 and name not in self.said.sizes | INDEX_NAMES and not any(
                h.startswith(("integer", "least", "value")) for h in each.hypotheses)
            and (each.single or each.hypotheses)
        }  # fmt: skip

    def _parser(self, tokens: tuple[Token, ...], place: Place) -> Parser:
        known = {
            name: each for name, each in self.scope.known(place).items()
            if not (name.endswith("_all") and is_only_assumed(each))
        }  # fmt: skip
        for size in self.said.sizes:  # d_k, a name of its own
            if "_" in size and size not in known:
                known[size] = Declared(size, 0)
        tokens = self.cones.written(tokens) if self.cones.names else tokens
        if self.names.entries:
            tokens = entries_behind(tokens, self.names.entries)
        return Parser(
            tokens, self.names.functions, self.said.parts, known, self.names.marked, self.families,
            self.schemes.names, self.is_complex, below_of(tokens),
        )  # fmt: skip

    def _is_upstream(self, sides: list[tuple[str, Node]], place: Place) -> Definition | None:
        r"""``G = \partial L / \partial Z``, of an L of which no more is said: what is derived of it
        once is so of the linear function of Z with this slope, whatever it is."""
        first, second = sides[0][1], sides[1][1] if len(sides) == 2 else sides[0][1]
        if second.op not in ("partial", "gradient") or first.op != "sym" or sides[1][0] != "=":
            return None
        loss, wrt = second.args
        known = self.said.at(*place)
        is_any = loss.op == "sym" and not any(d.name == loss.args[0] for d in self.definitions)
        if (
            not is_any
            or wrt is None
            or wrt.op != "sym"
            or loss.args[0] in self.names.functions
            or (loss.args[0] in known and not is_untold(known[loss.args[0]]))
        ):
            return None
        reader = next(iter(self._readings([], wrt, place)))
        made = reader.value(wrt)
        name = first.args[0]
        dims = tuple(n.root.name or "" for n in made.shape)
        self.coefficients[name] = Declared(name, len(dims), dims)
        body = Node("total", (first, wrt))
        self.lost.pop(loss.args[0], None)
        self.lost.pop(name, None)
        self.sloped.add(loss.args[0])
        return Definition(loss.args[0], (), body, "", 0, loss, place=place,
                          printed=f"{loss.args[0]} is any function of {wrt.args[0]} of the slope "
                                  f"{name}: here the linear one")  # fmt: skip

    def _definition(
        self, sides: list[tuple[str, Node]], place: Place, anew: bool = False
    ) -> Definition | None:
        """The definition that a formula is, if its left side is new and not on its right side."""
        if len(sides) != 2 or sides[1][0] != "=":
            return None
        left, right = sides[0][1], sides[1][1]
        left, right = solved(left, right)
        if (
            left.op == "pow"
            and left.args[0].op == "call"
            and left.args[1] == TWO
            and (left.args[0].args[0] in self.names.functions)
        ):  # f(x)^2 = …, of a positive f
            left, right = left.args[0], Node("call", ("sqrt", (right,)))
        indices: tuple[str, ...] = ()
        if left.op == "index" and left.args[0].op in ("call", "sym", "rate"):
            left, indices = left.args
            if len(set(indices)) < len(indices):
                return None  # of a diagonal alone
        if left.op == "rate":
            return self._flow(left, right, indices, place)
        if left.op == "call":
            name, arguments = left.args
            params = tuple(a.args[0] for a in arguments if a.op == "sym")
            is_new = (
                name in self.names.functions | MEAN_CALLS
                or name in self.renamed.values()
                or (name == "commutator" and name not in self.names.functions)
            )
            if name in MEAN_CALLS and not set(params) <= set(called(right)):
                return None  # of one variable, whose mean is told
            if not is_new or len(params) != len(arguments) or len(set(params)) < len(params):
                return None
        else:
            inner = left.args[0] if left.op == "pow" and left.args[0].op == "sym" else left
            if inner.op != "sym":
                return None
            name, params = inner.args[0], ()
            known = self.said.at(*place).keys() & self.said.named_by(place[0])
            is_declared = name in known and not self._is_shape(name, indices, place)
            if is_declared and is_untold(self.said.at(*place)[name]):
                is_declared = not self.wording.is_named_so(place)
            if anew and right.op != "num" and name not in self.said.named_in(place[0]):
                is_declared = False
            if is_declared or name in self.said.sizes or (name in self.used and not anew):
                return None
            base = self.steps.at(name)
            moves = any(d.name == f"{base}_next" for d in self.definitions)
            if moves and not name.endswith((f"_{FIRST}", "_next")):
                return None  # what it is after k steps
            if name in self.names.pointless and not indices:
                params, right = at_points(right, self.definitions)
                left = Node("call", (name, tuple(Node("sym", (each,)) for each in params)))
            if left.op == "pow":
                if any(d.name == name for d in self.definitions):
                    return None  # the square of what has a meaning
                name = f"{name}_squared"
        meant = [d for d in self.definitions if d.name == name and not d.when]
        if meant and params and not any(d.params for d in meant) and not meant[-1].bare:
            anew = True  # P(X) = …, where P had no argument
        meant = [d for d in meant if not d.only or place in d.only]
        has_meaning = bool(meant) and any(
            d not in self.arbitrary or d in self.cones.definitions for d in meant
        )
        if name in self.lost and params and not anew:
            return None
        if (has_meaning and not anew) or name in called(right):
            return None
        if has_meaning and not self.scope.is_special(meant[0]):
            old, name = name, self._another(name)
            left = renamed(left, {old: name})
        return Definition(name, params, right, "", 0, left, indices, place)

    def _flow(
        self, left: Node, right: Node, indices: tuple[str, ...], place: Place
    ) -> Definition | None:
        """How a symbol moves, if no formula before says it."""
        if left.args[0].op != "sym":
            return None
        sections = [self.article.sentences[d.place[0]].section for d in self.definitions
                    if d.pattern == left]  # fmt: skip
        if sections and sections[-1] == self.article.sentences[place[0]].section:
            return None
        name = f"{left.args[0].args[0]}_dot"
        state = left.args[0].args[0]
        if state in self.names.functions | self.lost.keys() or any(
            d.name == state for d in self.definitions
        ):
            return None
        if "rate" in str(right) or name in self.said.at(*place):
            return None
        return Definition(name, (), right, "", 0, left, indices, place)

    def _is_shape(self, name: str, indices: tuple[str, ...], place: Place) -> bool:
        """Is all that the sentence says of a symbol, before its entries follow, its shape?"""
        said = self.said.at(*place).get(name)
        here = {p[1] for p, each in self.said.always if each.name == name and p[0] == place[0]}
        if said is None or said.hypotheses or not here or min(here) >= place[1]:
            return False
        return bool(indices) and len(indices) == said.rank

    def _defined(self, definition: Definition) -> None:
        """Keep a definition if it can be read."""
        try:
            if definition.body.op == "extreme" and not definition.params:
                self.sought[definition.name] = definition.body
            self.lost.pop(definition.name, None)
            self._found(definition.body)
            self._typed(definition)
        except Unread as reason:
            self.lost[definition.name] = str(reason)
            raise
        self.lost.pop(definition.name, None)
        self.definitions.append(definition)

    def _found(self, node: Node | tuple[Node, ...]) -> None:
        """Is nothing in a formula defined by what was not read?"""
        known = {d.name for d in self.definitions} | self.names.declared | self.coefficients.keys()
        for name in called(node):
            letter = name.partition("_")[0]
            if name in self.lost or (letter in self.lost and name not in known and letter != name
                                     and not self.steps.at(name)):  # fmt: skip
                reason = self.lost.get(name, "")
                is_why = 0 < len(reason) < 50 and "not read" not in reason
                why = f" ({reason})" if is_why else ""
                raise Unread(f"{name} is defined by what was not read{why}")

    def _typed(self, definition: Definition) -> None:
        """Can the defining formula be read, for some shapes of its parameters?"""
        symbol = Node(
            "call", (definition.name, tuple(Node("sym", (p,)) for p in definition.params))
        )
        target = symbol if definition.params else definition.pattern
        next(iter(self._readings([definition], target, definition.place)), None)

    # -- equations --------------------------------------------------------------------------------
    def _outcome(self, equation: Equation) -> Outcome:
        outcome = Outcome(equation)
        place = equation.sentence, equation.piece
        before = len(self.definitions)
        try:
            with followed():
                self._is_read(outcome, equation, place)
        except Unread as reason:
            if outcome.definition is not None and outcome.claim is None:
                self.waiting.append((outcome, outcome.definition))
            outcome.reason, outcome.definition = str(reason), None
        self.scope.beside = {}
        if len(self.definitions) > before:
            self._resumed()
        return outcome

    def _resumed(self) -> None:
        """Definitions that rest on what stands behind them: can they be read by now?"""
        for definition in list(self.later):
            with contextlib.suppress(Unread), followed():
                if self.lost.get(definition.name):
                    self._defined(definition)
                self.later.remove(definition)
        for outcome, definition in list(self.waiting):
            with contextlib.suppress(Unread), followed():
                self._defined(definition)
                outcome.definition, outcome.reason = definition, ""
                self.waiting.remove((outcome, definition))

    def _is_read(self, outcome: Outcome, equation: Equation, place: Place) -> None:
        """Put into the outcome the definition or the claim that an equation is."""
        self._is_claimed(place, equation)
        if self.cones.is_polar(equation.tokens):
            outcome.definition = replace(
                self.cones.definitions[0], name="polar", label=equation.label, line=equation.line,
                printed=equation.tex,
            )  # fmt: skip
            return
        parts, conditions = statements(equation.tokens, self.said.parts)
        self.scope.beside = {each.name: each for each in conditions}
        chains = []
        again: list[Definition] = []  # those that rest on what stands behind them
        for number, (tokens, is_where) in enumerate(parts):
            sides = self._sides(without_space(tokens), place)
            anew = (self.wording.is_anew(place) and not number) or self._is_step(tokens, place)
            first = sides[0][1]
            is_sought = first.op == "sym" and first.args[0] in self.sought
            if is_sought:
                chains.append(self._sought(sides, place))
            known = next((d for d in self.cones.definitions if first == d.pattern or (
                first.op == "call" and first.args[0] == d.name)), None)  # fmt: skip
            if known is not None and len(sides) == 2 and sides[1][1].op == "extreme":
                outcome.definition = replace(
                    known, label=equation.label, line=equation.line, printed=equation.tex
                )
            elif self._is_product(tokens):
                if len(sides) < 3:
                    outcome.definition = self.factors.products[first.args[0]]
                    outcome.definition.label = equation.label
                else:
                    chains.append(sides)
            elif self._is_scheme(sides, place):
                name = str(first.args[0])
                outcome.definition = Definition(
                    name, (), sides[1][1], equation.label, equation.line, first, place=place,
                    printed=equation.tex,
                )  # fmt: skip
            elif definition := self._definition(sides[:2], place, anew):
                if len(sides) > 2:  # it goes on with what is claimed of it
                    chains.append([("", sides[1][1]), *sides[2:]])
                definition.label, definition.line = equation.label, equation.line
                definition.printed = equation.tex
                outcome.definition = outcome.definition or definition
                try:
                    self._defined(definition)
                except Unread:
                    again.append(definition)
            elif is_sought:
                pass
            elif is_where:
                raise Unread("a condition that is no definition and no comparison")
            else:
                chains.append(self._sought(sides, place))
        for definition in again:
            self._defined(definition)
        if chains:
            outcome.claim = self._claim(chains, place, conditions)
            outcome.definition = None

    def _sought(self, sides: list[tuple[str, Node]], place: Place) -> list[tuple[str, Node]]:
        """A chain whose extremes know where the text says that they are taken, and in which what
        is somewhere called a minimizer stands for that."""
        made = []
        for sign, side in sides:
            if side.op == "extreme" and side.args[0] in ("max", "min"):
                side = Node("extreme", (*side.args[:4], self._taken_at(side.args[1], place)))
            made.append((sign, side))
        first = made[0][1]
        if first.op == "sym" and first.args[0] in self.sought:
            made[0] = ("", self.sought.pop(first.args[0]))
            self.lost.pop(first.args[0], None)
        return made

    def _taken_at(self, name: str, place: Place) -> Node | None:
        """Where a sentence soon after says that an extreme in a variable is taken."""
        here, at = place
        for number in range(here, min(here + 3, len(self.article.sentences))):
            pieces = self.article.sentences[number].pieces
            for k, (kind, tex) in enumerate(pieces):
                if kind != "math" or (number == here and k < at) or "=" not in str(tex):
                    continue
                left = unfonted(left_side(tuple(tokens_of(str(tex)))))
                words = words_of(pieces[max(0, k - 2) : k])
                told = re.search(r"maximi|minimi|attain|achiev|optim|maximum|minimum", words)
                if left and named(left[0]) == name and len(left) in (1, 3) and told:
                    with contextlib.suppress(Unread):
                        return self._sides(tuple(tokens_of(str(tex))), (number, k))[-1][1]
        return None

    def _is_claimed(self, place: Place, equation: Equation) -> None:
        """Is a displayed formula claimed, and not assumed? Of what it assumes nothing is known."""
        if self.wording.is_near(place):
            raise Unread("it is said to hold nearly")
        if self.wording.is_assumed(place):
            for name in letters(equation.tokens) if not self.wording.is_defining(place) else ():
                self.lost[name] = "an assumption"
            raise Unread("it is assumed, not claimed")

    def _claim(
        self,
        chains: list[list[tuple[str, Node]]],
        place: Place,
        conditions: Sequence[Declared] = (),
    ) -> Reading:
        whole = Node("chains", tuple(map(tuple, chains)))
        self._found(whole)
        for name in self.sloped:
            made = {d.name for d in self.definitions if name in called(d.body)} - {name}
            once = all(
                len(above) == 1 and above[0].op in SLOPES and above[0].args[0].args == (name,)
                for above in derived(whole, name)
            )
            if not once or any(any(derived(whole, d)) for d in made):
                raise Unread(f"of {name} a slope is said, and no more")
        begun = self._begun(whole, place)
        for reader in self._readings(begun, whole, place, conditions):
            reading = reader.statements(chains)
            for name, rank in reader.guess.items():
                if name in reading.inputs and name in self.names.explained:
                    raise Unread(f"{name} is defined elsewhere")
                if name in reading.inputs and rank and self.article.finite:
                    raise Unread(f"nothing is said of {name}: is it a distribution?")
                if name in reading.inputs and not reading.inputs[name].plain:
                    reader.note(f"{name} is not declared: taken as {WORDS[rank]}")
            self.used.update(reading.inputs)
            return reading
        raise Unread("no reading")

    def _begun(self, whole: Node, place: Place) -> list[Definition]:
        """What moves as it is after some steps, where a claim speaks of its beginning or of their
        number, or where the text says how it begins."""
        by_name = {d.name: d for d in self.scope.still(place)}
        found = reached(whole, self.scope.still(place))
        known = self.scope.known(place)
        made = []
        for base in sorted({self.steps.at(n) for n in found} & self.steps.counters.keys()):
            counter, begin = self.steps.counters[base], f"{base}_{FIRST}"
            if base in self.lost:
                raise Unread(f"{base} moves by what was not read")
            if not {counter, begin} & found and begin not in by_name and (
                not known.get(f"{base}_0", Declared("")).hypotheses
            ):  # fmt: skip
                continue
            now, after = f"{base}_now", self.renamed.get(f"{base}_next", f"{base}_next")
            if now not in found and after not in found:
                continue
            moved = self.steps.moved(by_name[after].body) if after in by_name else set()
            if moved != {base} or self._reach(base) > 1:
                raise Unread(f"the steps of {base}, and of what else moves")
            start = by_name[begin].body if begin in by_name else Node("sym", (begin,))
            body = Node("iterate", (now, by_name[after].body, start, Node("sym", (counter,))))
            line = self.article.sentences[place[0]].line
            words = f"{base} after {counter} steps"
            pattern = Node("sym", (now,))
            made.append(Definition(now, (), body, "", line, pattern, place=place, printed=words))
        return made

    def _readings(
        self,
        more: list[Definition],
        whole: Node,
        place: Place,
        conditions: Sequence[Declared] = (),
    ) -> Iterator[Reader]:
        """Readers for which the formula fits, the most usual guess first; else the first reason.

        Those that work with whole arrays go before those that loop over indices.
        """
        declared = self.scope.known(place)
        for each in conditions:
            old = declared.get(each.name)
            declared[each.name] = old.merged(each) if old else each
        definitions = spoken(whole, [*self.scope.still(place), *more])
        definitions, freed = self._freed(whole, definitions, place)
        declared |= freed
        self._are_meant(whole, definitions, place)
        defined = {d.name for d in definitions}
        definitions += [d for d in self.factors.reached(reached(whole, definitions))
                        if d.name not in defined]  # fmt: skip
        for name in reached(whole, definitions):
            old = declared.get(name)
            if (old is None or old.rank is None) and (left := self.said.left_from(place[0], name)):
                declared[name] = old.merged(left) if old else left
        condition = functools.partial(self._condition, place)
        if whole.op != "chains":  # a parameter is what its formula makes of it, and no later letter
            for name in {p for d in more for p in d.params} - self.said.named_by(place[0]):
                declared.pop(name, None)
        later = self.said.only_later(place[0])
        shorter = {name: each for name, each in declared.items() if name not in later}
        first: Unread | None = None
        elsewhere = self.said.at(*place, own=True)
        before = {n: elsewhere[n] if n in elsewhere and d.rank else d for n, d in declared.items()}
        ways = [declared, *([shorter] if later else []), *([before] if before != declared else [])]
        for known in ways:
            try:
                yield self._reader(whole, known, definitions, condition)
                return
            except Unread as reason:
                first = first or reason
        assert first is not None
        raise first

    def _are_meant(self, whole: Node, definitions: list[Definition], place: Place) -> None:
        """Do definitions rest on what stands for something else by now?"""
        names = reached(whole, definitions)
        held = {d.name for d in definitions}
        for used in definitions if whole.op == "chains" else ():
            for name in {*called(used.body)} - held - {*used.params} if used.name in names else ():
                before = [d for d in self.definitions if d.name == name and d.place < used.place]
                there = before and any(d in before for d in self.scope.still(used.place))
                if there and self.said.is_given_away(name, before[-1].place, place):
                    raise Unread(f"{used.name} rests on {name}, which stands for another by now")

    def _reader(
        self,
        whole: Node,
        declared: Mapping[str, Declared],
        definitions: list[Definition],
        condition: Callable[[str], list[tuple[str, Node]]],
    ) -> Reader:
        """A reader for which the formula fits, or the first reason why none does."""
        first: Unread | None = None
        guesses = list(
            itertools.islice(guesses_of(whole, declared, definitions, self.said.sizes), GUESSES)
        )
        own = {p for d in definitions for p in d.params} | {
            n for n, d in declared.items() if d.rank
        }
        both = sorted(name for name in own if f"{name}_all" in declared)[:3]
        subsets = [s for k in range(len(both) + 1) for s in itertools.combinations(both, k)]
        ways = itertools.product((False, True), subsets, guesses)
        for looped, entered, guess in ways:
            reader = functools.partial(
                Reader, declared, definitions, self.said.sizes, guess, looped, entered, condition,
                self.curves,
                self.spectral,
                self.laplacians,
                self.conjugated,
                self.moments.known,
            )  # fmt: skip

            try:
                if whole.op == "chains":
                    reader().statements(whole.args)
                else:
                    reader().named(whole)
            except Unread as reason:
                if first is None or (looped and guess == guesses[0] and not entered):
                    first = reason
                continue
            return reader()
        raise first or Unread("no reading")

    def _freed(
        self, whole: Node, definitions: list[Definition], place: Place
    ) -> tuple[list[Definition], dict[str, Declared]]:
        """The definitions without those of symbols in which a formula is derived, and of whose
        parts it does not speak otherwise: such a symbol is free in it, of the shape that it has."""
        freed: dict[str, Declared] = {}
        for name in sorted(variables_of(whole)):
            own = [d for d in definitions if d.name == name and not d.params]
            rest = [d for d in definitions if d.name != name]
            inside = reached(own[-1].body, definitions) if own else set()
            if not own or inside & reached(whole, rest):
                continue
            said = self.scope.known(place).get(name)
            if said is not None and said.rank is not None:
                freed[name] = said
            else:
                body = own[-1].body
                made = next(iter(self._readings([], body, own[-1].place))).value(body)
                dims = tuple(str(n.root.name or "") for n in made.shape)
                freed[name] = Declared(name, len(dims), dims)
            definitions = rest
        return definitions, freed

    def _condition(self, place: Place, tex: str) -> list[tuple[str, Node]]:
        """A comparison that the text assumes, with the names that its symbols have here."""
        tokens, _ = self._at_rest(self.steps.written(tuple(tokens_of(tex)), self._reach), place)
        sides = self._parser(tokens, place).condition()
        return [(sign, renamed(side, self.renamed)) for sign, side in sides]


def _is_longer(sides: Sequence[tuple[str, Node]]) -> bool:
    """``F(x) = F(x; W) = …``: is the second side the first one with all that it depends on?"""
    if len(sides) != 3 or sides[1][0] != "=" or sides[2][0] != "=":
        return False
    first, second = sides[0][1], sides[1][1]
    if first.op != "call" or second.op != "call" or first.args[0] != second.args[0]:
        return False
    (short, long), known = (first.args[1], second.args[1]), set(called(sides[2][1]))
    more = long[len(short) :]
    return (
        bool(more)
        and long[: len(short)] == short
        and all(each.op == "sym" and each.args[0] in known for each in more)
    )
