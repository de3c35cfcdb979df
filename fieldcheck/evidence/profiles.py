"""How much work a run does.  A profile changes budgets, never the rules of decision."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    name: str
    bound: float  # log2 of an exact method's error: primes are drawn until it is reached
    points: int  # generic points of the ladder
    proposals: int  # points that look false in floats, certified for each part and stratum
    rungs: tuple[int, ...]  # decimal digits of the ladder, before it takes more
    batch: int  # instances per shape in the float search, shared among the strata
    starts: int  # starts of the gradient-guided search
    steps: int
    cells: int  # cells an enclosure may use
    seconds: int  # of processor time that one method may take on one form


PROFILES = {
    "quick": Profile("quick", -101.0, 2, 3, (30, 60), 64, 128, 20, 2_000, 20),
    "standard": Profile("standard", -101.0, 4, 6, (60, 120), 256, 1024, 40, 20_000, 60),
    "deep": Profile("deep", -250.0, 12, 16, (120, 240), 4096, 4096, 200, 400_000, 600),
}
