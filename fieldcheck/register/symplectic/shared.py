"""What several rooms of the chapter use."""

from __future__ import annotations

from fieldcheck.domains import matrix

FIELD = dict(X=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C"))


def force_of_real(xp, X, W, A, B):
    """∂V/∂X* of V = Re Tr(XWX*) + Re Tr(XAX*XB*X*), term by term."""
    M, Ws, As, Bs = xp.star(X) @ X, xp.star(W), xp.star(A), xp.star(B)
    return X @ (W + Ws + A @ M @ Bs + Bs @ M @ A + B @ M @ As + As @ M @ B) / 2
