"""The means and covariances that an article states of random vectors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction

from fieldcheck.start.article import tokens_of
from fieldcheck.start.formulas import is_symbol, spelling
from fieldcheck.start.signs import Node, Token, normal, unfonted

MOMENT = r"\\mathbb\s*\{?E|\\operatorname\s*\{(?:E|Cov|Var)\}"


class Moments:
    """What is said of random vectors: of each its mean, and its covariance if that is known."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[Node, Node | None]] = {}

    def keep(self, sides: Sequence[tuple[str, Node]], defined: Collection[str]) -> bool:
        r"""Does a formula say what the mean or the covariance of a random vector is,
        ``\mathbb{E}[\varepsilon] = 0``? It is kept, then."""
        first = sides[0][1]
        is_mean = first.op == "call" and first.args[0] in ("expectation", "Cov")
        if not is_mean or len(sides) != 2 or len(first.args[1]) != 1:
            return False
        (at,) = first.args[1]
        if at.op != "sym" or at.args[0] in defined:
            return False
        mean, covariance = self.known.get(at.args[0], (Node("num", (Fraction(0),)), None))
        value = sides[1][1]
        is_first = first.args[0] == "expectation"
        self.known[at.args[0]] = (value, covariance) if is_first else (mean, value)
        return True

    def draw(self, tex: str, parsed: Callable[[tuple[Token, ...]], Node]) -> None:
        r"""Keep what ``x \sim \mathcal{N}(\mu, \Sigma)`` says of x.

        Raises:
            Unread: its mean or its covariance cannot be parsed.
        """
        run = unfonted(normal(tokens_of(tex)))
        at = run.index(r"\sim") if r"\sim" in run else 0
        law = run[at + 1 :]
        if not at or not is_symbol(run[:at]) or law[:2] not in (["N", "("], [r"\Ncal", "("]) or (
            law[-1] != ")" or law.count(",") != 1
        ):  # fmt: skip
            return
        comma = law.index(",")
        mean, spread = (parsed(tuple(part)) for part in (law[2:comma], law[comma + 1 : -1]))
        self.known[spelling(run[:at])] = mean, spread
