"""The free energy under a mask."""

from __future__ import annotations

from itertools import product

from fieldcheck.claim import claim, ours
from fieldcheck.domains import built, matrix, positive, root, vector
from fieldcheck.relations import Equal, Force, Zero


def _keeps_itself(xp, M):
    one = xp.eye(M.shape[0])
    return M * (1 - one) + one


@claim(
    "masked-free-energy",
    expect="proved",
    title="The free energy over the allowed keys gives masked attention",
    sources=[ours("the free energy with a mask")],
    equations=["eq-masked-free-energy"],
    given=dict(
        X=matrix("N", "C"),
        W=matrix("C", "C"),
        root_r=root("r"),
        M=built(
            "nonnegative mask with ones on its diagonal",
            ("N", "N"),
            {"x": ("N", "N")},
            lambda xp, raw: _keeps_itself(xp, raw["x"] * raw["x"]),
            strata={
                "zeros and ones": lambda raw, rng: {"x": (raw["x"] > 0).astype(float)},
                "only itself": lambda raw, rng: {"x": raw["x"] * 0},
            },
            covers="all",
        ),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
)
def masked(xp, X, W, root_r, M):
    """A weight M_jk >= 0 on every exponential gives attention weighted by M. Entries may be zero,
    as those of a mask are, as long as every row keeps a key: here, every token sees itself."""
    S = lambda X: X @ W @ xp.star(X) / root_r
    V = lambda X: root_r * xp.sum(xp.log(xp.sum(M * xp.exp(S(X)), axis=-2)))
    weights = M * xp.exp(S(X))
    P = weights / xp.sum(weights, axis=-2)
    return Force(V, X, P.T @ X @ W)


@masked.neighbour("the mask multiplies the weights after they are normalized", key="mask-after")
def _(xp, X, W, root_r, M):
    S = lambda X: X @ W @ xp.star(X) / root_r
    V = lambda X: root_r * xp.sum(xp.log(xp.sum(M * xp.exp(S(X)), axis=-2)))
    weights = xp.exp(S(X))
    P = M * (weights / xp.sum(weights, axis=-2))
    return Force(V, X, P.T @ X @ W)


@claim(
    "masked-free-energy-empty",
    expect="proved",
    title="A row without keys: a large negative number attends to what it should hide",
    sources=[ours("what a common implementation does")],
    equations=["eq-empty-row"],
    given=dict(s=vector("n"), L=positive()),
    sizes=dict(n=[1, 2, 3, 4]),
)
def empty_row(xp, s, L):
    """Subtracting the same L from every score of a row changes nothing, however large L is: a row
    whose keys are all masked by subtraction attends to all of them."""
    shifted = xp.exp(s - L)
    plain = xp.exp(s)
    return Equal(shifted * xp.sum(plain), plain * xp.sum(shifted))


@empty_row.neighbour(
    "one key is left: its weight is unchanged", key="one-key-left", sizes=dict(n=[2, 3])
)
def _(xp, s, L):
    lowered = xp.exp(xp.concat([s[:1], s[1:] - L]))
    plain = xp.exp(s)
    return Equal(lowered * xp.sum(plain), plain * xp.sum(lowered))


@empty_row.neighbour("a mask of -10^9 hides every masked key, in every row", key="minus-1e9")
def _(xp, s, L):
    n = s.shape[0]
    leaks = []
    for kept in product((0, 1), repeat=n):
        weights = xp.exp(xp.stack([s[k] - (0 if kept[k] else 10**9) for k in range(n)]) + 10**9)
        hidden = xp.stack([weights[k] * (0 if kept[k] else 1) for k in range(n)])
        leaks.append(xp.sum(hidden) if not any(kept) else s[0] * 0)
    return Zero(xp.stack(leaks))
