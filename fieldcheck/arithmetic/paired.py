"""Arrays whose every entry is a pair: (value, conjugate) residues, or (real, imaginary) rationals.

The pair lies along a leading axis of length two, so that one numpy call serves both halves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fieldcheck.arithmetic.base import Arithmetic


def entrywise(f: Callable[..., Any], *arrays: np.ndarray) -> np.ndarray:
    """A scalar function over object arrays with broadcasting; always an array back."""
    out = np.frompyfunc(f, len(arrays), 1)(*arrays)
    if isinstance(out, np.ndarray):
        return out
    box = np.empty((), dtype=object)
    box[()] = out
    return box


def pair(re: Any, im: Any) -> np.ndarray:
    """Real and imaginary parts as one array (numpy's own stack costs more than the arithmetic)."""
    re = np.asarray(re, dtype=object)
    out = np.empty((2, *re.shape), dtype=object)
    out[0, ...], out[1, ...] = re, im
    return out


class Paired(Arithmetic):
    """Shape operations shared by the prime field and the Gaussian rationals."""

    def shape_of(self, data: np.ndarray) -> tuple[int, ...]:
        return data.shape[1:]

    def _settle(self, data: np.ndarray) -> np.ndarray:
        """Bring entries to normal form after ring operations."""
        return data

    @staticmethod
    def _aligned(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give both operands the same number of axes (behind the pair axis)."""
        grow = b.ndim - a.ndim
        if grow > 0:
            a = a.reshape(a.shape[:1] + (1,) * grow + a.shape[1:])
        elif grow < 0:
            b = b.reshape(b.shape[:1] + (1,) * -grow + b.shape[1:])
        return a, b

    def _add(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = self._aligned(a, b)
        return self._settle(a + b)

    def _sub(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = self._aligned(a, b)
        return self._settle(a - b)

    def _neg(self, a: np.ndarray) -> np.ndarray:
        return self._settle(-a)

    def _getitem(self, d: np.ndarray, index: Any) -> np.ndarray:
        index = index if isinstance(index, tuple) else (index,)
        return d[(slice(None), *index)]

    def _transpose(self, d: np.ndarray) -> np.ndarray:
        return d.swapaxes(-1, -2)

    def _permute(self, d: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        return d.transpose((0, *(k + 1 for k in axes)))

    def _reshape(self, d: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        return d.reshape(d.shape[:1] + shape)

    def _sum(self, d: np.ndarray, axis: int) -> np.ndarray:
        if not d.shape[axis]:  # numpy's empty sum is a Python 0, not a number of this arithmetic
            left = list(d.shape)
            left.pop(axis)
            return self._full(tuple(left[1:]), 0)
        return self._settle(d.sum(axis=axis))

    def _diagonal(self, d: np.ndarray) -> np.ndarray:
        return np.diagonal(d, axis1=-2, axis2=-1).copy()

    def _concat(self, items: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.concatenate(items, axis=axis if axis < 0 else axis + 1)

    def _stack(self, items: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.stack(items, axis=axis if axis < 0 else axis + 1)

    def _eye(self, n: int) -> np.ndarray:
        return np.stack(
            [
                self._integer(1)[..., None, None] if r == c else self._integer(0)[..., None, None]
                for r in range(n)
                for c in range(n)
            ],
            axis=-1,
        ).reshape(2, n, n)

    def _full(self, shape: tuple[int, ...], n: int) -> np.ndarray:
        one = self._integer(n)
        return np.broadcast_to(one.reshape((2,) + (1,) * len(shape)), (2, *shape)).copy()

    @classmethod
    def _as_matrices(
        cls, a: np.ndarray, b: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, Callable[[np.ndarray], np.ndarray]]:
        """numpy would read the pair axis as rows, or as one of a stack: vectors become matrices
        first, and stacks are aligned behind it."""
        left, right = a.ndim == 2, b.ndim == 2
        a, b = cls._aligned(a[:, None, :] if left else a, b[:, :, None] if right else b)

        def undo(c: np.ndarray) -> np.ndarray:
            c = c[..., 0, :] if left else c
            return c[..., 0] if right else c

        return a, b, undo


class Gaussian(Paired):
    """Numbers a + bi with a and b from one ring; data hold (a, b) along the leading axis."""

    def _mul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = self._aligned(a, b)
        return pair(
            np.asarray(a[0] * b[0] - a[1] * b[1], dtype=object),
            np.asarray(a[0] * b[1] + a[1] * b[0], dtype=object),
        )

    def _matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b, undo = self._as_matrices(a, b)
        return undo(pair(a[0] @ b[0] - a[1] @ b[1], a[0] @ b[1] + a[1] @ b[0]))

    def _conj(self, d: np.ndarray) -> np.ndarray:
        return pair(d[0], -d[1])

    def _real(self, d: np.ndarray) -> np.ndarray:
        return pair(d[0], d[1] * 0)

    def _imag(self, d: np.ndarray) -> np.ndarray:
        return pair(d[1], d[1] * 0)

    def _real_only(self, data: np.ndarray) -> bool:
        return not np.any(data[1] != 0)
