"""Does F jump?  Then its derivatives do not tell what it does between two states; works do.

Of a step, of hard attention, of whatever rounds, autograd gives the slope of the pieces, and often
zero.  Whatever rests on a Jacobian alone is then no answer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..answer import NO, UNDECIDED, YES, Answer, Answers
from ..subject import Subject
from . import line

STEEP = 100.0
"""A piece that is steeper than its whole segment by this is looked at."""
SMALLEST = 1e-5
"""A smaller jump, beside F, is taken for rounding."""
SURE = 10.0
"""So many times the quadrature's doubt a work must be, to be one."""
CRUDE = 0.01
"""With more doubt than this nothing is decided."""

NOTE = "F jumps, which its derivatives do not see"


def jumps(s: Subject) -> bool:
    """Whether halving a segment again and again leaves a difference that no derivative explains."""
    return any(_jumps_along(s, 60 + k) for k in range(1 if s.lean else 3))


def _jumps_along(s: Subject, salt: int) -> bool:
    a, step = s.x, s.size * s.normal(salt)
    value = lambda t: s.real(s.fresh(a + t * step)).double()
    low, high = 0.0, 1.0
    below, above = value(low), value(high)
    slope, length = float((above - below).norm()), 1.0
    while length > s.eps**0.5:
        length /= 2
        middle = value(low + length)
        if float((middle - below).norm()) >= float((above - middle).norm()):
            above = middle
        else:
            low, below = low + length, middle
    gap = above - below
    size, left = float(below.norm()) + float(above.norm()), float(gap.norm())
    if not torch.isfinite(gap).all():
        return False
    if left <= max(STEEP * slope * length, max(SMALLEST, 100 * s.eps) * size):
        return False
    ends = [_linear(s, a + t * step, length * step) for t in (low, low + length)]
    return _beside(gap, ends) > 0.5 * left


def _linear(s: Subject, z: Tensor, apart: Tensor) -> Tensor:
    """What the derivative at z says of the difference; zero where there is none."""
    h = s.real(apart).double()
    try:
        p = s.products(z)
        return torch.zeros_like(h) if p.note else p.push(h)
    except ValueError:
        return torch.zeros_like(h)


def _beside(gap: Tensor, ends: list[Tensor]) -> float:
    """The distance of the gap from all that lies between the two."""
    a, b = ends
    along = b - a
    whole = float(along.norm()) ** 2
    t = min(1.0, max(0.0, float(((gap - a) * along).sum()) / whole)) if whole else 0.0
    return float((gap - a - t * along).norm())


def by_works(s: Subject) -> Answer:
    """Is a force that jumps a gradient?  By the works around large rectangles, of values alone."""
    detail = {"jumps": True}
    if s.lean:
        return Answer(UNDECIDED, note=NOTE, detail=detail)
    found = [_around(s, 70 + 2 * k) for k in range(4)]
    doubt = max(d for _, d, _ in found)
    work, _, size = max(found, key=lambda f: abs(f[0]))
    limit = max(SURE * doubt, s.tol)
    if abs(work) > limit:
        witness = {
            "loop": "a rectangle of the state's size", "work around it": work * size,
            "work of its sides": size, "its doubt": doubt * size, "certain": True,
        }  # fmt: skip
        return Answer(NO, abs(work), limit, "by works: F jumps", witness, detail)
    if doubt > CRUDE:
        return Answer(UNDECIDED, abs(work), limit, NOTE, None, detail)
    return Answer(YES, abs(work), limit, "by works: F jumps", None, detail)


def _around(s: Subject, salt: int) -> tuple[float, float, float]:
    """(the work around a rectangle beside its sides', its doubt, what its sides' works are)."""
    r = s.real(s.x)
    u, v = (s.size * s.normal(salt + k, like=r) for k in (0, 1))
    corners = [r, r + u, r + u + v, r + v, r]
    (few, _), (many, size) = (line.closed(s, corners, count) for count in (61, 97))
    return (many / size, abs(many - few) / size, size) if size else (0.0, 0.0, 0.0)


def doubted(answer: Answer, so_far: Answers) -> Answer:
    """A yes of derivatives alone, of a force that jumps, is none."""
    if answer.verdict == YES and "jumps" in so_far["gradient"].detail:
        return Answer(UNDECIDED, answer.measured, answer.limit, NOTE)
    return answer
