"""The questions of an audit, as data, in the order in which they are asked."""

from __future__ import annotations

from ..answer import NO, YES, Question
from . import (
    balance,
    degree,
    equivariance,
    expansion,
    finite,
    gradient,
    interaction,
    metric,
    potential,
    sameness,
    symplectic,
)

BOTH = frozenset({YES, NO})
NEITHER: frozenset[str] = frozenset()
DEFECT = "defect"

_symmetry = lambda key, title, group: Question(key, title, equivariance.asked(group), DEFECT)

QUESTIONS: tuple[Question, ...] = (
    Question("deterministic", "Twice the same answer?", sameness.deterministic, DEFECT,
             fault="noise"),
    Question("modes", "The same in train and eval mode?", sameness.modes, DEFECT, fault="mode"),
    Question("zero", "Finite at zero?", finite.at_zero, "share not finite", BOTH, "pole"),
    Question("huge", "Finite at huge input?", finite.huge, "share not finite", BOTH, "pole"),
    Question("degenerate", "Finite at degenerate input?", finite.degenerate, "share not finite",
             BOTH, "pole"),
    Question("gradient", "A gradient field?", gradient.gradient, "|A|/|J|", NEITHER),
    Question("diagonal", "A gradient with weighted channels?", metric.diagonal, DEFECT, NEITHER),
    Question("token", "A gradient with weighted tokens?", metric.token, DEFECT, NEITHER),
    Question("potential", "Does its potential give it back?", potential.potential, DEFECT, NEITHER),
    Question("balance", "Is the flow's work that of a detour?", balance.balance, DEFECT),
    Question("norm", "Does the flow keep |x|²?", balance.norm, "cosine of x and F"),
    Question("hamiltonian", "A Hamiltonian field?", symplectic.hamiltonian, DEFECT, NEITHER),
    Question("symplectic", "A symplectic map?", symplectic.symplectic, DEFECT, NEITHER),
    Question("homogeneous", "Homogeneous?", degree.homogeneous, DEFECT),
    Question("taylor", "Analytic at zero?", degree.taylor, "interpolation's defect", NEITHER),
    Question("interaction", "Do tokens interact?", interaction.interaction, "largest change",
             frozenset({YES})),
    _symmetry("S_N", "Commutes with permuted tokens, S(N)?", equivariance.token_permutations),
    _symmetry("U_N", "Commutes with rotated tokens, O(N), U(N)?", equivariance.token_rotations),
    _symmetry("shift", "Commutes with cyclic shifts of tokens?", equivariance.shifts),
    _symmetry("S_C", "Commutes with permuted channels, S(C)?", equivariance.channel_permutations),
    _symmetry("U_C", "Commutes with rotated channels, O(C), U(C)?",
              equivariance.channel_rotations),
    Question("groups", "Commutes with groups of channels?", equivariance.channel_groups, DEFECT),
    _symmetry("phase", "Commutes with a sign, a phase?", equivariance.phase),
    _symmetry("token_phases", "With signs, phases of each token?", equivariance.token_phases),
    _symmetry("channel_phases", "With signs, phases of each channel?",
              equivariance.channel_phases),
    _symmetry("scaling", "Commutes with positive scalings?", equivariance.scalings),
    Question("add_channels", "A constant in all channels passes?", equivariance.added(-1), DEFECT),
    Question("add_tokens", "A constant in all tokens passes?", equivariance.added(-2), DEFECT),
    Question("idempotent", "Idempotent?", expansion.idempotent, DEFECT),
    Question("nonexpansive", "Nonexpansive?", expansion.nonexpansive, "Lipschitz constant",
             fault="stretch"),
    Question("monotone", "Monotone?", expansion.monotone, "least cosine, with a minus",
             fault="pull"),
    Question("firm", "Firmly nonexpansive?", expansion.firm, "Lipschitz constant of 2F - 1",
             fault="stretch"),
    Question("projection", "A projection?", expansion.projection, DEFECT),
    Question("prox", "A proximal map?", expansion.prox, DEFECT),
)  # fmt: skip

BY_KEY = {q.key: q for q in QUESTIONS}
