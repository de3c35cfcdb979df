"""Arrays of scalar objects (balls, multiprecision numbers) behind the protocol.

The data are numpy object arrays; numpy supplies shapes and loops, the scalar type the arithmetic.
A subclass names the scalar functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fieldcheck.arithmetic.base import Arithmetic


def boxed(value: Any) -> np.ndarray:
    """Any scalar or object array as an object array (numpy unwraps 0-d results)."""
    if isinstance(value, np.ndarray):
        return value
    box = np.empty((), dtype=object)
    box[()] = value
    return box


def each(f: Callable[..., Any], *arrays: np.ndarray) -> np.ndarray:
    """Apply a scalar function entry by entry, with broadcasting."""
    return boxed(np.frompyfunc(f, len(arrays), 1)(*arrays))


class Objects(Arithmetic):
    """Shared part of all arithmetics over numpy object arrays."""

    def shape_of(self, data: np.ndarray) -> tuple[int, ...]:
        return data.shape

    def _scalar(self, n: int) -> Any:
        raise NotImplementedError

    def _integer(self, n: int) -> np.ndarray:
        return boxed(self._scalar(n))

    def _full(self, shape: tuple[int, ...], n: int) -> np.ndarray:
        return each(lambda _: self._scalar(n), np.empty(shape, dtype=object))

    def _eye(self, n: int) -> np.ndarray:
        out = self._full((n, n), 0)
        for k in range(n):
            out[k, k] = self._scalar(1)
        return out

    def _add(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return boxed(a + b)

    def _sub(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return boxed(a - b)

    def _mul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return boxed(a * b)

    def _div(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return boxed(a / b)

    def _neg(self, a: np.ndarray) -> np.ndarray:
        return boxed(-a)

    def _matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return boxed(a @ b)

    def _getitem(self, d: np.ndarray, index: Any) -> np.ndarray:
        return boxed(d[index])

    def _transpose(self, d: np.ndarray) -> np.ndarray:
        return d.swapaxes(-1, -2)

    def _permute(self, d: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        return d.transpose(axes)

    def _reshape(self, d: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return d.reshape(shape)

    def _sum(self, d: np.ndarray, axis: int) -> np.ndarray:
        return boxed(d.sum(axis=axis)) if d.shape[axis] else self._full(d.shape[:-1], 0)

    def _diagonal(self, d: np.ndarray) -> np.ndarray:
        return np.diagonal(d, axis1=-2, axis2=-1).copy()

    def _concat(self, items: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.concatenate(items, axis=axis)

    def _stack(self, items: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.stack(items, axis=axis)

    def _solve(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Gauss-Jordan elimination, pivoting on the entry surest to be nonzero."""
        n = a.shape[0]
        m = np.concatenate([a, b], axis=1).copy()
        for c in range(n):
            p = max(range(c, n), key=lambda r: self._pivot(m[r, c]))
            m[[c, p]] = m[[p, c]]
            m[c] = m[c] / m[c, c]
            for r in range(n):
                if r != c:
                    m[r] = m[r] - m[c] * m[r, c]
        return m[:, n:]

    def _pivot(self, x: Any) -> Any:
        raise NotImplementedError
