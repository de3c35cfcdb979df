"""What several rooms of the chapter use."""

from __future__ import annotations

from fieldcheck.claim import ours, talk

TALK = talk("Legendre Transform")
TEXTBOOK = ours("the textbook's rule for that transform, its conditions left off")
