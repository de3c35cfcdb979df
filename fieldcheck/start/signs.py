"""The signs of formulas, a formula's tokens, and the tree that is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


class Unread(ValueError):
    """A formula, or a part of it, that has no reading; the message says which and why."""


@contextmanager
def followed() -> Iterator[None]:
    """A formula that is nested deeper than it can be followed has no reading."""
    try:
        yield
    except RecursionError:
        raise Unread("it is nested deeper than can be read") from None


@dataclass(frozen=True)
class Node:
    """A part of a formula: what it is, and of which parts it is made."""

    op: str
    args: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.args))})"


def symbols(node: Any) -> Iterator[str]:
    """The names in a formula, in order, with repetitions."""
    if not isinstance(node, Node):
        if isinstance(node, tuple):
            for each in node:
                yield from symbols(each)
        return
    if node.op == "sym":
        yield node.args[0]
    for each in node.args:
        yield from symbols(each)


def called(node: Any) -> list[str]:
    """The names of symbols and of functions in a tree."""
    if not isinstance(node, Node):
        return [n for each in node for n in called(each)] if isinstance(node, tuple) else []
    if node.op == "label":
        return [f"{node.args[0]}_all"]
    own = [node.args[0]] if node.op in ("sym", "call") else []
    rest = node.args[1:] if own else node.args
    bound = {"corners": node.args[:1], "extreme": node.args[1:2]}.get(node.op, ())
    return [*own, *(n for each in rest for n in called(each) if n not in bound)]


def renamed(node: Any, names: Mapping[str, str]) -> Any:
    """A tree whose symbols and functions have other names."""
    if isinstance(node, tuple):
        return tuple(renamed(each, names) for each in node)
    if not isinstance(node, Node) or not names:
        return node
    if node.op in ("sym", "call"):
        first, *rest = node.args
        return Node(node.op, (names.get(first, first), *renamed(tuple(rest), names)))
    return Node(node.op, renamed(node.args, names))


@dataclass(frozen=True)
class Environment:
    """``\\begin{pmatrix} … \\end{pmatrix}``."""

    name: str
    tokens: tuple[Any, ...]


Token = Any
"""A command or a sign (str), a group (tuple of tokens), or an environment."""

RELATIONS = {
    "=": "=", r"\equiv": "=", r"\le": "<=", r"\leq": "<=", r"\leqslant": "<=", "<": "<",
    r"\ge": ">=", r"\geq": ">=", r"\geqslant": ">=", ">": ">", ":=": "=", r"\coloneqq": "=",
    r"\triangleq": "=",
}  # fmt: skip
_OTHER_RELATIONS = (
    r"\approx \sim \simeq \propto \to \rightarrow \mapsto \longrightarrow \preceq \succeq \prec "
    r"\succ \ll \gg \subset \subseteq \supset \iff \Leftrightarrow \implies \Rightarrow \neq \ne "
    r"\in \notin \longmapsto \cong \xrightarrow \leftarrow \gets"
)
OTHER_RELATIONS = frozenset(_OTHER_RELATIONS.split())
FUNCTIONS = {
    "exp": "exp", "log": "log", "ln": "log", "tanh": "tanh", "sin": "sin", "cos": "cos",
    "sinh": "sinh", "cosh": "cosh", "arctan": "arctan", "atan": "arctan", "erf": "erf",
    "tr": "trace", "Tr": "trace", "trace": "trace", "Trace": "trace", "det": "det", "diag": "diag",
    "Diag": "diag", "softmax": "softmax", "Softmax": "softmax", "SoftMax": "softmax",
    "softplus": "softplus", "relu": "relu", "ReLU": "relu", "vec": "vec", "sigmoid": "logistic",
    "logsumexp": "lse", "LSE": "lse", "lse": "lse",
    "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "coth": "coth", "sech": "sech",
    "csch": "csch", "arsinh": "arsinh", "asinh": "arsinh", "arcsinh": "arsinh", "arcosh": "arcosh",
    "acosh": "arcosh", "arccosh": "arcosh", "artanh": "artanh", "atanh": "artanh",
    "arctanh": "artanh", "Re": "real", "Im": "imag",
    "sign": "sign", "sgn": "sign", "risingeigenvalues": "rising_eigenvalues",
    "fallingeigenvalues": "eigenvalues",
}  # fmt: skip
"""Functions that need no definition, by the name that is typed."""
INVERSES = {"tan": "arctan", "sinh": "arsinh", "tanh": "artanh"}
UNDONE = frozenset(("sin", "cos", "cosh", "cot", "sec", "csc", "coth", "sech", "csch"))
"""Functions whose exponent -1 is meant for the inverse function; of some it has a reading."""
SPECTRA = {"lam": "eigenvalues", "lam_max": "top_eigenvalue", "lam_min": "least_eigenvalue"}
"""Functions of symmetric matrices, where an article speaks of eigenvalues."""
MEANS = {"E": "expectation", "average": "average", "Var": "Var", "Cov": "Cov"}
"""Means over a finite set, of what has a value at each of its members."""
MEAN_CALLS = {*MEANS.values(), *(f"{name}_of" for name in MEANS.values())}
TEXT = frozenset((r"\text", r"\textrm", r"\mbox", r"\textnormal"))
OPERATORS = frozenset((r"\sum", r"\prod", r"\max", r"\min"))
_FONTS = (
    r"\mathbf \bm \boldsymbol \mathrm \mathsf \mathcal \mathit \mathbb \mathfrak \mathscr \bf \rm "
    r"\operatorname \text \textrm \vec \pmb \mathnormal \textbf \textsf"
)
FONTS = frozenset(_FONTS.split())
ACCENTS = {
    r"\bar": "bar", r"\hat": "hat", r"\tilde": "tilde", r"\overline": "bar", r"\widehat": "hat",
    r"\widetilde": "tilde", r"\check": "check",
}  # fmt: skip
SPACES = frozenset(
    (r"\,", r"\;", r"\:", r"\!", r"\ ", "~", "&", r"\displaystyle", r"\textstyle", r"\limits",
     r"\nolimits", r"\nonumber", r"\notag", r"\mleft", r"\mright", r"\phantom", r"\strut")
)  # fmt: skip
_SIZED = (
    r"\big \Big \bigg \Bigg \bigl \Bigl \biggl \Biggl \bigr \Bigr \biggr \Biggr \bigm " r"\Bigm"
)
SIZED = frozenset(_SIZED.split())
WIDE = frozenset((r"\quad", r"\qquad"))
OPENING = {"(": ")", "[": "]", r"\{": r"\}", r"\lbrack": r"\rbrack"}
BARS = {
    r"\|": r"\|", r"\Vert": r"\Vert", r"\lVert": r"\rVert", "|": "|", r"\vert": r"\vert",
    r"\lvert": r"\rvert", r"\langle": r"\rangle",
}  # fmt: skip
SEPARATORS = frozenset((",", ";", "|", r"\|", r"\mid", r"\Vert", r"\vert", r"\lVert", r"\rVert",
                        r"\lvert", r"\rvert"))  # fmt: skip
"""What stands between the arguments of a function."""
CLOSING = frozenset((*OPENING.values(), r"\rVert", r"\rvert", r"\rangle"))
_GREEK = (
    r"\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa "
    r"\lambda \mu \nu \xi \rho \varrho \sigma \tau \upsilon \phi \varphi \chi \psi \omega \Gamma "
    r"\Delta \Theta \Lambda \Xi \Sigma \Upsilon \Phi \Psi \Omega \ell \pi \Pi"
)
CALLIGRAPHIC = frozenset(rf"\{letter}cal" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""Letters in a font of their own, where an article has the same letters in another too."""
GREEK = frozenset(_GREEK.split()) | CALLIGRAPHIC
MARKS = {"+": "plus", "*": "star", r"\ast": "star", r"\star": "star", r"\prime": "prime"}
"""What stands above a letter and makes another symbol of it, where an article says so."""
TRANSPOSE = frozenset(("T", r"\top", r"\intercal"))
ADJOINT = frozenset(("H", r"\dagger", "*", r"\ast", r"\star"))
UNKNOWN = {
    r"\int": "an integral", r"\iint": "an integral", r"\oint": "an integral", r"\lim": "a limit",
    r"\infty": "an infinite range", r"\dots": "an ellipsis", r"\ldots": "an ellipsis",
    r"\cdots": "an ellipsis",
    r"\Pr": "a probability",
    r"\forall": "a quantifier",
    r"\exists": "a quantifier", r"\cup": "sets", r"\cap": "sets", r"\ast": "a convolution",
    r"\star": "a star", r"\oplus": "a direct sum", r"\pm": "a ±",
    r"\mp": "a ±", r"\not": "a negation", r"\overset": "a sign over another",
    r"\unsaid": "a function of which is not said what it is",
    r"\unsaidvariable": "a random variable, or a set",
    r"\substack": "an index condition", r"\underbrace": "a brace below", r"\wedge": "a wedge",
}  # fmt: skip
"""Signs that this grammar has no reading for, in words."""


TWO_VALUES = {"-1,1": -1, "-1,+1": -1, "+1,-1": -1, "1,-1": -1, r"\pm1": -1, "0,1": 0, "1,0": 0}
"""Pairs of values that a sum or a variable may run over, by the lesser; the other is 1."""


def normal(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without what is spacing only; sized bars say whether they open or close."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if token in (r"\left", r"\right") or (isinstance(token, str) and token in SIZED):
            side = "l" if token == r"\left" or token.endswith("l") else "r"
            kind = {r"\|": "Vert", r"\Vert": "Vert", "|": "vert", r"\vert": "vert"}.get(
                after if isinstance(after, str) else ""
            )
            if token.endswith(("big", "Big", "bigg", "Bigg", "m")):  # of no side
                found.append(after)
                at += 1
            elif kind:
                found.append(rf"\{side}{kind}")
                at += 1
            elif after == ".":
                at += 1
        elif token == r"\middle":
            found.append(r"\mid" if after == "|" else after)
            at += 1
        elif token in ("_", "^") and after == ():
            at += 1
        elif token == ":" and after == "=":
            found.append("=")
            at += 1
        elif token in (r"\label", r"\tag", r"\vspace", r"\hspace"):
            at += 1
        elif isinstance(token, str) and (token.isspace() or token in SPACES):
            pass
        else:
            found.append(token)
        at += 1
    return found


def unfonted(tokens: Sequence[Token]) -> list[Token]:
    r"""The tokens with ``\mathbf{x}`` as ``x``: single letters without their font."""
    found: list[Token] = []
    for token in tokens:
        letter = spelled(token).strip()
        if found and found[-1] in FONTS and is_index(letter):
            found[-1] = letter
        else:
            found.append(token)
    return found


def spelled(token: Token) -> str:
    """Tokens as the text that they were."""
    if isinstance(token, tuple):
        return "".join(map(spelled, token))
    return token.name if isinstance(token, Environment) else str(token)


def named(token: Token) -> str:
    r"""A name that Python takes: ``\theta`` as theta, ``\lambda`` as lam."""
    text = spelled(token).strip().replace(" ", "")
    for mark in (*FONTS, "{", "}", "\\", "(", ")"):
        text = text.replace(mark, "")
    made = "".join(c if c.isalnum() and c.isascii() else "_" for c in text).strip("_")
    return {"lambda": "lam", "in": "in_", "is": "is_", "as": "as_", "xp": "xp_"}.get(made, made)


def is_index(token: Token) -> bool:
    """May a token be an index: is it one letter?"""
    return isinstance(token, str) and ((len(token) == 1 and token.isalpha()) or token in GREEK)
