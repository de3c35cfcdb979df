"""Fieldcheck: a statement is written once; evidence and verdict are derived from it.

    from fieldcheck import Equal, Force, claim, examine, matrix, ours, vector

    verdict, evidence = examine(lambda xp, x: Equal(x + x, 2 * x), x=vector("n"))
    print(verdict.verdict, verdict.scope)

    @claim("my-first", title="…", sources=[ours()], given=dict(X=matrix("N", "C")))
    def squared_norm(xp, X, *, factor=1):
        '''With X and X* independent, no factor of two appears.'''
        return Force(lambda X: xp.trace(xp.star(X) @ X), X, factor * X)

    squared_norm.vary("the factor two of the real gradient", factor=2)

`fieldcheck verify --from FILE.py` judges the claims of a file.  A name is imported when it is asked
for: ``import fieldcheck`` by itself loads nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldcheck.claim import (
        Claim,
        ClaimError,
        Source,
        claim,
        colu_paper,
        ours,
        paper,
        poster,
        talk,
    )
    from fieldcheck.domains import (
        Domain,
        between,
        built,
        cone_vector,
        hermitian,
        integer,
        invertible,
        matrix,
        nonnegative,
        number,
        orthogonal,
        positive,
        real,
        real_invertible,
        real_matrix,
        root,
        rotation,
        simplex,
        skew_hermitian,
        spd,
        spectral,
        stacked,
        symmetric,
        unit_vector,
        unitary,
        vector,
    )
    from fieldcheck.evidence.run import examine
    from fieldcheck.relations import (
        AtMost,
        Equal,
        Force,
        Gradient,
        Law,
        Piece,
        Rank,
        Rate,
        Solutions,
        Zero,
        at_most,
    )

# fmt: off
__all__ = [
    "AtMost", "Claim", "ClaimError", "Domain", "Equal", "Force", "Gradient", "Law", "Piece",
    "Rank", "Rate", "Solutions", "Source", "Zero", "at_most", "between", "built", "claim",
    "colu_paper", "cone_vector", "examine", "hermitian", "integer", "invertible", "matrix",
    "nonnegative", "number", "orthogonal", "ours", "paper", "positive", "poster", "real",
    "real_invertible", "real_matrix", "root", "rotation", "simplex", "skew_hermitian", "spd",
    "spectral", "stacked", "symmetric", "talk", "unit_vector", "unitary", "vector",
]
# fmt: on
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in ("domains", "relations", "claim", "evidence.run"):
            module = import_module(f"fieldcheck.{home}")
            if hasattr(module, name):  # claim, once imported, is its module, which is the decorator
                return globals().get(name) or getattr(module, name)
    raise AttributeError(f"module 'fieldcheck' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
