"""Time-sliced path integrals of quadratic actions: their matrices, and slices put together."""

from __future__ import annotations


def cyclic_shift(xp, n: int):
    """The n x n matrix S with (Sx)_k = x_(k-1), indices modulo n: one step back in time."""
    return xp.constant([[int((k - j) % n == 1 % n) for j in range(n)] for k in range(n)])


def normal_ordered(xp, H, h):
    """The matrix A in exp(-x*Ax) for exp(iS), normal order: each x_k* meets x_(k-1).

    iS = sum over k of -x_k*(x_k - x_(k-1)) - i h_k x_k* H x_(k-1), on a closed path. H is C x C,
    h holds n slice widths, A is nC x nC.  Source: Klauder and Skagerstam, Coherent States (1985).
    """
    n, C = h.shape[0], H.shape[0]
    S, one = cyclic_shift(xp, n), xp.eye(C)
    return xp.eye(n * C) - xp.kron(S, one) + xp.i * xp.kron(xp.diag(h) @ S, H)


def midpoint(xp, H, h):
    """The matrix A in exp(-x*Ax) for exp(iS), with the symmetric kinetic term and midpoints.

    iS = sum over k of (x_k* x_(k-1) - x_(k-1)* x_k)/2 - i h_k m_k* H m_k, m_k = (x_k + x_(k-1))/2.
    H is C x C, h holds n slice widths, A is nC x nC.
    """
    n, C = h.shape[0], H.shape[0]
    S, one = cyclic_shift(xp, n), xp.eye(C)
    mean = (xp.eye(n) + S) / 2
    kinetic = xp.kron((S.T - S) / 2, one)
    return kinetic + xp.i * xp.kron(mean.T @ xp.diag(h) @ mean, H)


def first_slice(xp, w, h):
    """(factor, a, b, c) of one slice's kernel, factor * exp(i(a x² - 2b x y + c y²)/2).

    A particle of mass 1 in the potential w²x²/2 moves from y to x in the time h; half of the
    potential is taken at either end.
    """
    a = 1 / h - h * w**2 / 2
    return 1 / xp.sqrt(2 * xp.pi * xp.i * h), a, 1 / h, a


def compose(xp, first, second):
    """Two kernels one after the other: the integral over the point between, by Fresnel's formula.

    ∫ exp(i s z²/2) dz = sqrt(2πi/s), with the principal root for either sign of s.
    """
    s, *exponent = join(first[1:], second[1:])
    root = xp.sqrt(2 * xp.pi * xp.i / s)
    return first[0] * second[0] * root, *exponent


def join(first, second):
    """(s, a, b, c): the point between has (i/2)s z² in the exponent, the ends keep a, b and c.

    Both arguments are triples (a, b, c) of an exponent (i/2)(a x² - 2b x y + c y²).
    """
    a, b, c = first
    a2, b2, c2 = second
    s = a + c2
    return s, a2 - b2**2 / s, b * b2 / s, c - b**2 / s


def sliced_kernel(xp, w, T, n: int, x, y):
    """The oscillator's kernel from y to x in time T, put together from n equal slices.

    The points between may be integrated in any order. Halves first keeps balls narrow.
    """

    def together(count):
        if count == 1:
            return first_slice(xp, w, T / n)
        half = together(count // 2)
        both = compose(xp, half, half)
        return compose(xp, both, first_slice(xp, w, T / n)) if count % 2 else both

    factor, a, b, c = together(n)
    return factor * xp.exp(xp.i * (a * x**2 - 2 * b * x * y + c * y**2) / 2)
