"""Operations of the quartic force in its two orders of association, for one head.  Loads no torch.

A complex product of a x b by b x c takes 8abc real operations.
"""

from __future__ import annotations


def product(a: int, b: int, c: int) -> int:
    """Real operations of a complex matrix product."""
    return 8 * a * b * c


def order_of_attention(n: int, c: int, r: int) -> int:
    """Projections, two score matrices, their products, and back: N x N is formed."""
    down, up = 4 * product(n, c, r), 2 * product(n, r, c)
    return down + 2 * product(n, r, n) + 2 * product(n, n, r) + up


def order_of_moments(n: int, c: int, r: int) -> int:
    """M, the middles of rank r and their way back, and X G."""
    middle = product(c, c, r) + product(r, c, r)
    back = product(c, r, r) + product(c, r, c)
    return product(c, n, c) + 2 * (middle + back) + product(n, c, c)
