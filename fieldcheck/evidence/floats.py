"""How false a statement looks in double precision, over a batch of points.

Floats propose: nothing here is a verdict.
"""

from __future__ import annotations

import torch

from fieldcheck.arithmetic.floating import batched
from fieldcheck.evidence.statement import Statement


def residuals(
    statement: Statement, raws: dict[str, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Normalized residual of every point and pointwise part, positive where the statement looks
    false (minus infinity where it is not finite); and a fingerprint of either side, to see sides
    that never move.

    Equality: largest |l - r| over the entries, relative to the largest side.  Order: largest
    l - r, relative likewise (negative where it holds).
    """

    def body(xp, values):
        out, prints = [], []
        for sides in statement.sides(xp, values):
            gap = sides.left - sides.right
            if sides.order and gap.data.is_complex():
                raise TypeError("an order between complex values; take xp.real first")
            zero = gap * 0
            left, right = (sides.left + zero).data, (sides.right + zero).data
            size = torch.maximum(left.abs().amax(), right.abs().amax())
            if sides.exempt:
                size = torch.clamp(size, min=1.0)
            worst = gap.data.amax() if sides.order else gap.data.abs().amax()
            finite = torch.isfinite(worst) & torch.isfinite(size)
            ratio = worst / torch.where(size == 0, torch.ones_like(size), size)
            out.append(torch.where(finite, ratio, torch.full_like(ratio, -torch.inf)))
            prints.append(torch.stack([_fingerprint(left), _fingerprint(right)]))
        return torch.stack(out), torch.stack(prints)

    return batched(body, raws)


def _fingerprint(side: torch.Tensor) -> torch.Tensor:
    flat = side.reshape(-1)
    weights = torch.arange(1, flat.shape[0] + 1, dtype=torch.float64).sqrt()
    if flat.is_complex():
        return (flat.real * weights).sum() + 2 * (flat.imag * weights).sum()
    return (flat * weights).sum()
