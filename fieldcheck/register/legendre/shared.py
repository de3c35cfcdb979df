"""What several rooms of the chapter use."""

from __future__ import annotations

from fieldcheck.claim import ours, talk

TALK = talk("Why Is iX' = ∂V/∂X* Canonical?")
TEXTBOOK = ours("the textbook's rule for that transform, its conditions left off")
