"""What several rooms of the chapter use."""

from __future__ import annotations

from fieldcheck.claim import talk

WHY_SOFTMAX = talk("Why Softmax = LogSumExp Potential?")

SMALL = dict(N=[1, 2, 3], C=[1, 2])
"""Shapes for statements that display a whole Jacobian: a witness should be readable."""

ALL = dict(N=[1, 2, 3, 4, 5, 6], C=[1, 2, 3, 4, 5, 6])
