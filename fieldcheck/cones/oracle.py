"""Nearest points by a convex solver that knows no formula: an independent opinion.

Each is the quadratic program: minimize ½‖y - x‖² for y in the cone, solved by Clarabel's
interior-point method (P. J. Goulart and Y. Chen, 2024).  Its defaults leave about 1e-7; with less
regularization and more refinement it reaches about 1e-10.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _solved(x: np.ndarray, scale: Any, cone: Any, offset: int) -> np.ndarray:
    """Minimize ½‖y - x‖² subject to (scale y) in the cone."""
    import clarabel
    from scipy import sparse

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    settings.static_regularization_constant = 1e-14
    settings.iterative_refinement_abstol = settings.iterative_refinement_reltol = 1e-16
    size = len(x)
    problem = clarabel.DefaultSolver(
        sparse.identity(size, format="csc"),
        -np.asarray(x, dtype=float),
        sparse.csc_matrix(-scale),
        np.zeros(offset),
        [cone],
        settings,
    )
    return np.array(problem.solve().x)


def orthant(x: np.ndarray) -> np.ndarray:
    """The nearest point with nonnegative entries. Shape (n,)."""
    import clarabel

    return _solved(x, np.eye(len(x)), clarabel.NonnegativeConeT(len(x)), len(x))


def second_order(x: np.ndarray, a: float) -> np.ndarray:
    """The nearest point of ‖w‖ <= a t to x = (t, w). Shape (n,)."""
    import clarabel

    scale = np.diag([a] + [1.0] * (len(x) - 1))
    return _solved(x, scale, clarabel.SecondOrderConeT(len(x)), len(x))


def semidefinite(matrix: np.ndarray) -> np.ndarray:
    """The nearest positive semidefinite matrix to a real symmetric one. Shape (n, n)."""
    import clarabel

    n = len(matrix)
    rows, columns = np.triu_indices(n)
    order = np.lexsort((rows, columns))  # the solver stacks the columns of the upper triangle
    rows, columns = rows[order], columns[order]
    weight = np.where(rows == columns, 1.0, np.sqrt(2.0))
    vector = matrix[rows, columns] * weight  # the Frobenius norm becomes the Euclidean one
    near = _solved(vector, np.eye(len(vector)), clarabel.PSDTriangleConeT(n), len(vector)) / weight
    out = np.zeros((n, n))
    out[rows, columns] = near
    out[columns, rows] = near
    return out
