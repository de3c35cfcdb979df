"""A claim: one statement, its source, and its forms (printed, readings, neighbours), written once.

    @claim("my-claim", title="…", sources=[talk("…")], given=dict(x=vector("n")))
    def my_claim(xp, x, *, sign=1):
        return Equal(…, sign * …)

    my_claim.vary("one sign changed", sign=-1)

    @my_claim.neighbour("something else")
    def _(xp, x):
        return Equal(…, …)

Every form is a universal statement over its inputs, so one point can refute it.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import sys
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from fieldcheck.domains import Domain
from fieldcheck.hypotheses import names
from fieldcheck.verdict import ALL, FAILS, HOLDING, ON, REFUTED, STANDS, STRENGTH, UP_TO, Verdict

Body = Callable[..., Any]
"""A function of xp and the inputs that returns relations."""


class ClaimError(ValueError):
    """A claim is written in a way the machine cannot accept; the message names what and where."""


EXPECTATION = re.compile(r"(?:(proved up to) (\w+(?:, \w+)* = \d+(?:; \w+(?:, \w+)* = \d+)*)|(.+))")


@dataclass(frozen=True)
class Expectation:
    """The verdict that the register states: a word, and the sizes that must be reached.

    "proved", "proved up to N, C = 6", "proved on" (the form's box), "stands", "refuted"; "holds"
    is met by any of the first four.  A weaker word or a shorter list does not meet it.
    """

    word: str
    sizes: Mapping[str, int] = field(default_factory=dict)
    box: str | None = None

    @classmethod
    def read(cls, text: str) -> Expectation:
        """From its words; ValueError if they are none."""
        match = EXPECTATION.fullmatch(text.strip())
        if match and match[1]:
            sizes = {}
            for group in match[2].split("; "):
                names, _, largest = group.partition(" = ")
                sizes.update(dict.fromkeys(names.split(", "), int(largest)))
            return cls(UP_TO, sizes)
        if text not in (*STRENGTH, REFUTED, "holds"):
            raise ValueError(text)
        return cls(text)

    @property
    def holds(self) -> bool:
        """Is the statement expected to hold?"""
        return self.word != REFUTED

    def met(self, verdict: Verdict, relations: Sequence[Any] = ()) -> bool:
        """Does a verdict say at least as much?"""
        if self.word == REFUTED:
            allowed = verdict.verdict == FAILS and any(not r.certifiable for r in relations)
            return verdict.verdict == REFUTED or allowed
        if self.word == "holds":
            return verdict.verdict in HOLDING
        if STRENGTH.get(verdict.verdict, 0) < STRENGTH[self.word]:
            return False
        reached = verdict.scope.sizes if verdict.scope else {}
        return all(
            reached.get(name, ALL) == ALL or max(reached[name], default=0) >= largest
            for name, largest in self.sizes.items()
        )

    def record(self) -> dict[str, Any]:
        return {"word": str(self.word), "sizes": dict(self.sizes), "box": self.box}

    def __str__(self) -> str:
        listed = ", ".join(f"{name} = {n}" for name, n in self.sizes.items())
        return f"{self.word} {listed}".strip()


SAID = ("printed", "reading")
"""Roles of what a source says: in its formula, or in words as we read them."""

HOLDS = Expectation("holds")
FALSE = Expectation(str(REFUTED))


@dataclass(frozen=True)
class Source:
    """Where a statement is printed."""

    work: str
    place: str


def talk(place: str) -> Source:
    return Source("talk", place)


def poster(place: str) -> Source:
    return Source("poster", place)


def paper(place: str) -> Source:
    return Source("paper", place)


def colu_paper(place: str) -> Source:
    return Source("CoLU paper", place)


def ours(place: str = "consequence drawn here") -> Source:
    return Source("this book", place)


@dataclass(frozen=True)
class Form:
    """One statement the machine runs."""

    key: str
    role: str  # claim | printed | reading | neighbour | dropped
    title: str
    body: Body
    given: Mapping[str, Domain]
    sizes: Mapping[str, Sequence[int]]
    expect: Expectation | None
    tex: str = ""
    hypothesis: str | None = None
    box: Mapping[str, Any] | None = None
    listed: bool = False
    where: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Integer parameters are sizes of their own, of which the statement speaks."""
        counted = {n: d for n, d in self.given.items() if d.range is not None}
        if wrong := [n for n in counted if not (n.isascii() and n.isalpha())]:
            raise ClaimError(f"{self.key}: the integer {wrong[0]!r} needs a name of letters only")
        if counted:
            ranges = {n: range(d.range[0], d.range[1] + 1) for n, d in counted.items() if d.range}
            named = {n: d.called(n) for n, d in counted.items()}
            object.__setattr__(self, "sizes", {**ranges, **self.sizes})
            object.__setattr__(self, "given", {**self.given, **named})
        for text in self.where:
            try:
                unknown = names(text) - set(self.given)
            except ValueError as fault:
                raise ClaimError(f"{self.key}: {fault}") from None
            if unknown:
                raise ClaimError(f"{self.key}: where speaks of {min(unknown)!r}, which is no input")

    @property
    def integers(self) -> dict[str, tuple[int, ...]]:
        """The integer parameters, with all their values."""
        given = ((n, d.range) for n, d in self.given.items())
        return {n: tuple(range(r[0], r[1] + 1)) for n, r in given if r is not None}

    @property
    def claim_id(self) -> str:
        return self.key.split("/")[0]

    def words(self) -> dict[str, Any]:
        """What a ledger's row says of a form and no evidence is."""
        return {
            "key": self.key,
            "role": self.role,
            "title": self.title,
            "tex": self.tex,
            "hypothesis": self.hypothesis,
            **({"where": list(self.where)} if self.where else {}),
            "expected": self.expect.record() if self.expect else None,
        }

    def size_names(self) -> list[str]:
        names: list[str] = []
        for domain in self.given.values():
            for name in sorted(domain.sizes(), key=lambda s: (s != "N", s)):
                if name not in names:
                    names.append(name)
        return names + [n for n in self.sizes if n not in names]


@dataclass
class Claim:
    """A statement with its sources, its place in the book and its forms."""

    id: str
    title: str
    statement: str
    sources: tuple[Source, ...]
    chapter: str
    equations: tuple[str, ...]
    given: Mapping[str, Domain]
    needs: tuple[str, ...]
    expect: Expectation
    sizes: Mapping[str, Sequence[int]]
    tex: str
    module: str
    listed: bool = False
    differs: str = ""
    where: tuple[str, ...] = ()
    forms: dict[str, Form] = field(default_factory=dict)

    # -- other forms -------------------------------------------------------------------------
    def printed(
        self,
        title: str,
        *,
        key: str | None = None,
        tex: str = "",
        expect: str | None = None,
        given: Mapping[str, Domain] | None = None,
        sizes: Mapping[str, Sequence[int]] | None = None,
        box: Mapping[str, Any] | None = None,
    ) -> Callable[[Body], Body]:
        """The source's formula up to notation (expected refuted unless said otherwise).

        Which statement of which source it is, fieldcheck.sources says.
        """
        return self._form("printed", title, key, tex, expect, given, sizes, box)

    def reading(
        self,
        title: str,
        *,
        key: str | None = None,
        tex: str = "",
        expect: str | None = None,
        given: Mapping[str, Domain] | None = None,
        sizes: Mapping[str, Sequence[int]] | None = None,
        box: Mapping[str, Any] | None = None,
    ) -> Callable[[Body], Body]:
        """Our reading of words that the source puts no formula to; expected like a printed form."""
        return self._form("reading", title, key, tex, expect, given, sizes, box)

    def neighbour(
        self,
        title: str,
        *,
        key: str | None = None,
        tex: str = "",
        given: Mapping[str, Domain] | None = None,
        sizes: Mapping[str, Sequence[int]] | None = None,
        box: Mapping[str, Any] | None = None,
    ) -> Callable[[Body], Body]:
        """A form one change away whose verdict must be the opposite of the claim's."""
        return self._form("neighbour", title, key, tex, None, given, sizes, box)

    def vary(
        self,
        title: str,
        *,
        key: str | None = None,
        role: str = "neighbour",
        tex: str = "",
        expect: str | None = None,
        given: Mapping[str, Domain] | None = None,
        sizes: Mapping[str, Sequence[int]] | None = None,
        box: Mapping[str, Any] | None = None,
        **choices: Any,
    ) -> None:
        """A neighbour, or with ``role`` a printed form or a reading, that has the claim's own body.

        choices: other values of the body's keyword-only parameters; one that ``given`` describes
                 becomes an input instead

        Raises ClaimError for a choice that the body does not have.
        """
        where = f"{self.id}/{key or title!r}"
        if role not in ("neighbour", *SAID):
            raise ClaimError(f"{where}: a variant is a neighbour, printed or reading, not {role!r}")
        if not any((choices, given, sizes, box)):
            raise ClaimError(f"{where}: the variant is the claim itself; give it another choice")
        body = _choosing(self.forms[f"{self.id}/claim"].body, choices, where)
        self._form(role, title, key, tex, expect, given, sizes, box)(body)

    def _form(self, role, title, key, tex, expect, given, sizes, box) -> Callable[[Body], Body]:
        optional = {"key": key, "expect": expect, "given": given, "sizes": sizes, "box": box}
        given_here = {name: value for name, value in optional.items() if value is not None}
        _is_meant(f"{self.id}/{key or role}", title=title, tex=tex, **given_here)
        key = key or (role if role in SAID else slug(title))
        where = f"{self.id}/{key}"
        if expect is not None:
            expected = _expectation(where, expect)
        else:
            expected = FALSE if role in SAID or self.expect.holds else HOLDS
        own = dict(given or {})
        merged = {**self.given, **own}

        def attach(body: Body) -> Body:
            wanted = _inputs(body, own, where)
            if extra := own.keys() - self.given.keys() - set(wanted):
                raise ClaimError(
                    f"{where}: given names {sorted(extra)} that its body does not take"
                )
            if missing := [n for n in wanted if n not in merged]:
                raise ClaimError(f"{where}: the body takes {missing}, which no `given` describes")
            inputs = {n: merged[n] for n in wanted}
            sized = {**self.sizes, **(sizes or {})}
            self._add(role, key, title, body, inputs, expected, tex, sized, None, box)
            return body

        return attach

    def _add(
        self, role, key, title, body, given, expect, tex, sizes, hypothesis, box=None, where=None
    ):
        full = f"{self.id}/{key}"
        if full in self.forms:
            raise ClaimError(f"{full}: two forms have this key; give one of them key=…")
        _lint(body, full)
        listed, where = self.listed, self.where if where is None else where
        self.forms[full] = Form(
            full, role, title, body, given, sizes, expect, tex, hypothesis, box, listed, where
        )

    def finish(self) -> None:
        """Called when the register is loaded: derived forms, and what a claim must have."""
        if not any(f.role == "neighbour" for f in self.forms.values()):
            raise ClaimError(
                f"{self.id}: no neighbour; a check that nothing false is shown to "
                "fail proves nothing (add @….neighbour)"
            )
        self._know_sizes()
        main = self.forms[f"{self.id}/claim"]
        if not self.expect.holds:
            return  # what fails with a hypothesis fails without it: nothing to learn by dropping it
        for name, domain in main.given.items():
            if domain.relaxed is not None:
                self._drop(
                    main,
                    name,
                    f"{name} not a {domain.name}: any {domain.relaxed.name}",
                    {name: domain.relaxed},
                    f"{name}: {domain.name}",
                )
        for k, text in enumerate(self.where):
            key, rest = f"drop-where-{k + 1}", (*self.where[:k], *self.where[k + 1 :])
            if f"{self.id}/{key}" not in self.forms:
                self._add(
                    *("dropped", key, f"not only where {text}", main.body, dict(main.given), None),
                    *("", main.sizes, text),
                    where=rest,
                )
        # Where nothing else is assumed, that the inputs are real is the one hypothesis there is.
        real = {n: d.extended for n, d in main.given.items() if d.extended is not None}
        if real and not self.where and not any(d.relaxed for d in main.given.values()):
            names = ", ".join(real)
            self._drop(main, "real", f"{names} not real: complex", real, f"{names}: real")

    def _know_sizes(self) -> None:
        """A size that no domain has would restrict nothing, and the verdict would not say so."""
        inputs = [pair for form in self.forms.values() for pair in form.given.items()]
        known = {n for name, d in inputs for n in (name, d.symbol, *d.sizes())}
        for form in self.forms.values():
            if strange := [n for n in form.sizes if n not in known]:
                raise ClaimError(f"{form.key}: sizes has {strange[0]!r}, and no domain has it")

    def words(self) -> dict[str, Any]:
        """What a ledger's row says of a claim and no evidence is."""
        return {
            "id": self.id,
            "title": self.title,
            "chapter": self.chapter,
            "sources": [{"work": s.work, "place": s.place} for s in self.sources],
            "equations": list(self.equations),
            "needs": list(self.needs),
            "none_dropped_because": self.none_dropped_because(),
        }

    def none_dropped_because(self) -> str | None:
        """Why no form leaves out a hypothesis; None where some do."""
        if any(form.role == "dropped" for form in self.forms.values()):
            return None
        if not self.expect.holds:
            return "what fails with a hypothesis fails without it"
        if not self.given:
            return "the statement has no inputs"
        kept = {d.name for d in self.given.values() if not d.arbitrary and not d.extended}
        if not kept:
            return "nothing is assumed of the inputs"
        return f"no relaxation is declared for: {', '.join(sorted(kept))}"

    def _drop(
        self, main: Form, what: str, title: str, instead: Mapping[str, Domain], hypothesis: str
    ) -> None:
        """The claim without one hypothesis: a form of its own, and without the claim's box, whose
        ranges are of parameters that mean other values now."""
        key = f"drop-{what}"
        if f"{self.id}/{key}" in self.forms:
            return
        given = {**main.given, **instead}
        self._add("dropped", key, title, main.body, given, None, "", main.sizes, hypothesis)


def _inputs(body: Body, described: Collection[str], where: str) -> list[str]:
    """What a body takes after xp: all but its choices, and of these the ones that are described."""
    names = []
    for name, parameter in list(inspect.signature(body).parameters.items())[1:]:
        if parameter.kind is parameter.KEYWORD_ONLY:
            if parameter.default is parameter.empty:
                raise ClaimError(f"{where}: the choice {name!r} needs a default: the claim's own")
            if name not in described:
                continue
        names.append(name)
    return names


def _choosing(body: Body, choices: Mapping[str, Any], where: str) -> Body:
    """The same function with other defaults for some of its choices."""
    known: Mapping[str, Any] = getattr(body, "__kwdefaults__", None) or {}
    unknown = [name for name in choices if name not in known]
    if unknown:
        has = f"its choices are {list(known)}" if known else "it has none (name them after a *)"
        raise ClaimError(f"{where}: the body has no choice {unknown[0]!r}; {has}")
    for name, value in choices.items():
        if _has_float((value,)):
            raise ClaimError(f"{where}: the choice {name} = {value!r} is a float; take integers")
    plain = cast(types.FunctionType, body)
    made = types.FunctionType(
        plain.__code__, plain.__globals__, plain.__name__, plain.__defaults__, plain.__closure__
    )
    made.__kwdefaults__ = {**known, **choices}
    return made


def _chapter(body: Body) -> str:
    """The chapter of a body: its file in the register, or the folder that its file lies in."""
    inside = body.__module__.partition("fieldcheck.register.")[2]
    return inside.partition(".")[0] or Path(inspect.getfile(inspect.unwrap(body))).stem


def _expectation(where: str, text: str) -> Expectation:
    try:
        return Expectation.read(text)
    except ValueError:
        words = ", ".join(f"{word!r}" for word in ("proved", "proved up to N, C = 6", ON, STANDS))
        raise ClaimError(
            f"{where}: expect is {text!r}, which is none of {words}, 'holds' and 'refuted'"
        ) from None


def slug(title: str) -> str:
    """A key from a title: lower case words joined by hyphens."""
    words = re.findall(r"[a-z0-9]+", title.lower().replace("π", "pi"))
    return "-".join(words)[:60] or "form"


DIFFERS = {
    "more": "more than the equation",
    "less": "a part or a case of the equation",
    "otherwise": "in another form than the equation",
    "denied": "what the equation denies",
}
"""What a claim checks that names one equation and has a formula of its own, in words."""


_LISTS: dict[str, Any] = {"sources": Source, "equations": str, "needs": str}
_TABLES: dict[str, Any] = {"given": Domain, "box": object}


def _is_meant(where: str, **said: Any) -> None:
    """Refuse what is of another kind than its name says, and words that no file could hold."""
    for name, value in said.items():
        if name in _LISTS:
            kind, words = _LISTS[name], f"as a list of {_LISTS[name].__name__}"
            fits = isinstance(value, list | tuple) and all(isinstance(x, kind) for x in value)
        elif name in _TABLES:
            kind, words = _TABLES[name], "as a dictionary, by name"
            fits = isinstance(value, Mapping) and all(
                isinstance(k, str) and isinstance(v, kind) for k, v in value.items()
            )
        elif name == "sizes":
            words = "as a dictionary, to each name a list of whole numbers"
            fits = isinstance(value, Mapping) and all(map(_are_counts, value.values()))
        else:
            fits, words = isinstance(value, str), "as text"
        if not fits:
            raise ClaimError(f"{where}: {name} is {value!r}; give it {words}")
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError as fault:
                raise ClaimError(f"{where}: {name} has half a character in it ({fault})") from None


def _are_counts(value: Any) -> bool:
    """Are these sizes that something can have, and is there one?"""
    return (
        isinstance(value, Sequence)
        and bool(value)
        and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in value)
    )


_registered: dict[str, Claim] = {}


def claim(
    id: str,
    *,
    title: str,
    sources: Sequence[Source],
    given: Mapping[str, Domain],
    chapter: str | None = None,
    equations: Sequence[str] = (),
    needs: Sequence[str] = (),
    expect: str = "holds",
    sizes: Mapping[str, Sequence[int]] | None = None,
    tex: str = "",
    box: Mapping[str, Any] | None = None,
    listed: bool = False,
    differs: str = "",
    where: Sequence[str] = (),
) -> Callable[[Body], Claim]:
    """Register a claim; the decorated body becomes its first form.

    id:        permanent, lower case with hyphens
    given:     parameter name -> domain, in the order of the body's parameters after xp; its
               keyword-only parameters are choices that `.vary` changes
    chapter:   where not the file's own
    equations: labels of the displayed formulas this claim checks
    tex:       the statement as a formula, where it is not the one equation that the claim names
    differs:   how that formula differs from the one equation: a key of ``DIFFERS``
    needs:     ids of the claims it rests on
    expect:    "proved", "proved up to N, C = 6", "proved on" (its box), "stands", or "holds" for
               any of them; "refuted" for a no-go row stated as the universal claim it denies
    sizes:     allowed values of a size, where not 1..6
    box:       raw box for an enclosure (see fieldcheck.evidence.enclose)
    where:     hypotheses on the inputs beside their domains, as "x > y" or "0 <= a < b"; every
               form has them (see fieldcheck.hypotheses)
    listed:    the statement speaks of the listed sizes only, as a table does: proved at these, it
               is proved
    """
    if not isinstance(id, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise ClaimError(f"{id!r} is no claim id: use lower case words joined by hyphens")
    optional = {"chapter": chapter, "sizes": sizes, "box": box}
    given_here = {name: value for name, value in optional.items() if value is not None}
    _is_meant(id, title=title, sources=sources, given=given, equations=equations, needs=needs,
              expect=expect, tex=tex, differs=differs, **given_here)  # fmt: skip
    expected = _expectation(id, expect)
    if differs and (differs not in DIFFERS or not tex or len(equations) != 1):
        raise ClaimError(
            f"{id}: differs is {differs!r}; it is one of {', '.join(DIFFERS)}, and says how `tex` "
            "differs from the one equation that the claim names"
        )
    if not sources:
        raise ClaimError(f"{id}: a claim needs a source (ours() if it is drawn here)")

    def register(body: Body) -> Claim:
        if id in _registered:
            raise ClaimError(f"{id}: this id is taken by {_registered[id].module}; ids are unique")
        wanted = _inputs(body, (), id)
        if wanted != list(given):
            raise ClaimError(
                f"{id}: the body takes {wanted} after xp, but given describes {list(given)}"
            )
        if not (body.__doc__ or "").strip():
            raise ClaimError(f"{id}: the body needs a docstring: the statement in words")
        made = Claim(
            id,
            title,
            inspect.cleandoc(body.__doc__ or ""),
            tuple(sources),
            chapter or _chapter(body),
            tuple(equations),
            dict(given),
            tuple(needs),
            expected,
            dict(sizes or {}),
            tex,
            body.__module__,
            listed,
            differs,
            (where,) if isinstance(where, str) else tuple(where),
        )
        made._add(
            "claim", "claim", title, body, dict(given), expected, tex, dict(sizes or {}), None, box
        )
        _registered[id] = made
        return made

    return register


def registered() -> dict[str, Claim]:
    """All claims registered so far, in order of registration."""
    return _registered


def _lint(body: Body, where: str) -> None:
    """Refuse what would make a body mean different things in different arithmetics."""
    plain = inspect.unwrap(body)
    code = getattr(plain, "__code__", None)
    choices = getattr(plain, "__kwdefaults__", None) or {}
    constants = (code, getattr(plain, "__defaults__", None), tuple(choices.values()))
    if code is None or not _has_float(constants):
        return  # what is not a function has the arithmetic's own refusals
    ends, floats = _outline(code.co_filename)
    last = ends.get(code.co_firstlineno, 0)  # unknown if typed at a prompt
    for line, value in floats:
        if code.co_firstlineno <= line <= last:
            raise ClaimError(
                f"{where}: float literal {value!r} in the body (line {line}); write a fraction "
                "such as xp.one / 2"
            )


def _has_float(constant: Any) -> bool:
    """Whether compiled constants hold a float (or one folded from 1 / 2: the source decides)."""
    if isinstance(constant, types.CodeType):
        return any(_has_float(inner) for inner in constant.co_consts)
    if isinstance(constant, (tuple, frozenset)):
        return any(_has_float(inner) for inner in constant)
    return isinstance(constant, (float, complex))


_outlines: dict[str, tuple[list[str], dict[int, int], list[tuple[int, Any]]]] = {}


def _outline(filename: str) -> tuple[dict[int, int], list[tuple[int, Any]]]:
    """First to last line of every function of a file, and where its float literals stand.

    A file is parsed once for all its bodies: a register has hundreds.
    """
    lines = linecache.getlines(filename)
    known = _outlines.get(filename)
    if known is not None and known[0] is lines:
        return known[1], known[2]
    ends: dict[int, int] = {}
    floats: list[tuple[int, Any]] = []
    try:
        tree: ast.AST = ast.parse("".join(lines))
    except SyntaxError:
        tree = ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
            first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            ends[first] = max(node.end_lineno or first, ends.get(first, 0))
        elif isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            floats.append((node.lineno, node.value))
    _outlines[filename] = lines, ends, floats
    return ends, floats


class _Decorator(types.ModuleType):
    """``from fieldcheck import claim`` finds this module once it has been imported: it is the
    decorator, too."""

    __call__ = staticmethod(claim)


sys.modules[__name__].__class__ = _Decorator
