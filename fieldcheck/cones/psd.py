"""The projection onto the positive semidefinite cone: ReLU of the eigenvalues.

Source: N. J. Higham, Linear Algebra Appl. 103 (1988) 103, for the Frobenius norm.
"""

from __future__ import annotations


def compose(xp, u, eigenvalues):
    """U diag(eigenvalues) U*. Shapes (n, n), (n,)."""
    return (u * eigenvalues[None, :]) @ xp.star(u)


def project(xp, u, eigenvalues):
    """The nearest positive semidefinite matrix to U diag(eigenvalues) U*. Shapes (n, n), (n,)."""
    return compose(xp, u, xp.relu(eigenvalues))


def pairing(xp, a, b):
    """Re Tr(A* B), the inner product of matrices."""
    return xp.real(xp.sum(xp.conj(a) * b))
