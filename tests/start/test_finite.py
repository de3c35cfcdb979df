"""Functions on finite sets: distributions, kernels, families, entropies of random variables."""

from __future__ import annotations

import pytest

pytest.importorskip("pylatexenc")

from fieldcheck.start import reading, writing
from fieldcheck.start.signs import Unread
from tests.start.test_kinds import returned
from tests.start.test_reading import outcomes

SET = r"Let $\mathcal{X}$ be a finite set with $|\mathcal{X}| = k \ge 2$. "
LAWS = rf"{SET} All distributions on $\mathcal{{X}}$ are positive. "
PAIR = (
    r"Let $\mathcal X$ and $\mathcal Y$ be finite sets, and let $X$ and $Y$ be random variables "
    r"with joint distribution $p(x,y)$ and marginals $p(x)$ and $p(y)$. "
)


def last(said: str, tex: str) -> reading.Outcome:
    return outcomes(rf"{said} \begin{{equation}} {tex} \label{{x}} \end{{equation}}", "")[-1]


def given(outcome: reading.Outcome) -> str:
    text = writing._claim(outcome, "a.tex")
    return next(line.strip() for line in text.splitlines() if "given=" in line)


DIVERGENCE = (
    r"\begin{equation} D(p\,\|\,q) = \sum_{x\in\mathcal{X}} p(x)\log\frac{p(x)}{q(x)} "
    r"\label{d} \end{equation}"
)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"D(p\,\|\,q) \ge 0", "AtMost(*(0, D(xp, p, q))[::way])"),
        (r"\sum_x \sqrt{p(x) q(x)} \le 1", "AtMost(*(xp.sum(xp.sqrt(p * q)), 1)[::way])"),
        (r"p(x) \le 1, \qquad x \in \mathcal{X}", "AtMost(*(p, 1)[::way])"),
        (r"\sum_{x\in\mathcal{X}} p(x)^2 \ge \frac{1}{|\mathcal{X}|}",
         "AtMost(*(xp.one / k, xp.sum(p**2))[::way])"),
    ],
)  # fmt: skip
def test_distributions_are_probability_vectors(tex: str, expected: str) -> None:
    outcome = last(LAWS + DIVERGENCE, tex)
    assert returned(outcome) == expected
    assert 'p=simplex("k")' in given(outcome)
    assert "sizes=dict(k=range(2, 7))" in writing._claim(outcome, "a.tex")


@pytest.mark.parametrize(
    ("said", "domain"),
    [
        (r"Let $f:\mathcal{X}\to\mathbb{R}$ be given.", 'f=vector("k")'),
        (r"Let $f$ be a function on $\mathcal{X}$.", 'f=vector("k")'),
        (r"Let $f$ be a distribution on $\mathcal{X}$.", 'f=simplex("k")'),
        (r"Fix distributions $f$ and $g$ on $\mathcal{X}$.", 'f=simplex("k")'),
    ],
)
def test_what_is_said_of_a_function(said: str, domain: str) -> None:
    outcome = last(SET + said, r"\sum_{x\in\mathcal{X}} f(x)^2 \ge 0")
    assert domain in given(outcome)


@pytest.mark.parametrize(
    ("said", "tex", "reason"),
    [
        (LAWS, r"\sum_{x\in\mathcal{X}} g(x) = 1", "not said what it is"),
        (LAWS, r"\sum_{x\in\mathcal{X}} p_1(x) p_2(x) \le 1", "not said what it is"),
        (LAWS, r"\sum_{x\in\mathcal{X}} p(x) \sum_{y} p(x + y) \le 1", "not said what it is"),
        (LAWS, r"p(\mathcal{X}) = \sum_x p(x)", "not said what it is"),
        (LAWS, r"H(X) \le \log |\mathcal{X}| + \sum_x p(x)", "a random variable"),
        (r"Let $f: \mathbb{N}\to\mathbb{R}$.", r"\sum_{x\in\mathcal{X}} f(x) = 1", "condition"),
        (SET, r"\sum_{x\in\mathcal{X}} p(x) \log p(x) \le 0", "not said what it is"),
    ],
)
def test_a_function_of_which_nothing_is_said_is_not_read(said: str, tex: str, reason: str) -> None:
    outcome = last(said, tex)
    assert outcome.claim is None
    assert reason in outcome.reason


def test_the_uniform_distribution_is_what_it_is() -> None:
    said = rf"{LAWS} {DIVERGENCE} If $u$ is the uniform distribution on $\mathcal{{X}}$,"
    outcome = last(said, r"D(p\,\|\,u) \le \log k")
    assert returned(outcome) == "AtMost(*(D(xp, p, xp.ones(k) / k), xp.log(k))[::way])"


def test_a_kernel_has_a_row_for_what_it_is_given() -> None:
    said = (
        rf"{LAWS} {DIVERGENCE} Let $W(y\mid x)$ be a channel to a finite set $\mathcal{{Y}}$, "
        r"that is $W(y\mid x)\ge0$ and $\sum_{y\in\mathcal{Y}} W(y\mid x)=1$, and let "
        r"$(pW)(y)=\sum_x p(x)W(y\mid x)$. Then"
    )
    outcome = last(said, r"D(pW\,\|\,qW)\le D(p\,\|\,q)")
    assert returned(outcome) == "AtMost(*(D(xp, W.T @ p, W.T @ q), D(xp, p, q))[::way])"
    assert 'W=stacked("k", simplex("m")' in given(outcome)
    outcome = last(said, r"\sum_y W(y\mid x)^2 \le 1")
    assert returned(outcome) == "AtMost(*(xp.sum(W**2, axis=1), 1)[::way])"


def test_means_of_functions_of_a_random_variable() -> None:
    said = rf"{LAWS} {DIVERGENCE} For every $f:\mathcal{{X}}\to\mathbb{{R}}$"
    outcome = last(said, r"(\mathbb{E}_p[f(X)])^2 \le \mathbb{E}_p[f(X)^2 + p(X)]")
    assert returned(outcome) == "AtMost(*(xp.sum(p * f)**2, xp.sum(p * (f**2 + p)))[::way])"


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"I(X;Y) = H(X) + H(Y) - H(X,Y)",
         "Equal(IofXandY(xp, p), HofX(xp, p) + HofY(xp, p) - HofXandY(xp, p) + more)"),
        (r"H(X \mid Y) \le H(X)", "AtMost(*(HofXgivenY(xp, p), HofX(xp, p))[::way])"),
        (r"\sum_y p(x,y) = p(x)", "Equal(xp.sum(p, axis=1), xp.sum(p, axis=1) + more)"),
        (r"p(x) p(y \mid x) = p(x, y)", None),
    ],
)  # fmt: skip
def test_a_joint_distribution_has_marginals_and_entropies(tex: str, expected: str | None) -> None:
    said = (
        rf"{PAIR} The entropy is $H(X) = -\sum_{{x\in\mathcal X}} p(x)\log p(x)$, with "
        r"$H(X,Y) = -\sum_{x,y} p(x,y)\log p(x,y)$, $H(Y\mid X) = -\sum_{x,y} p(x,y)\log p(y"
        r"\mid x)$ and $I(X;Y) = \sum_{x\in\mathcal X}\sum_{y\in\mathcal Y} p(x,y)\log\frac{p(x,y)}"
        r"{p(x)p(y)}$. Then"
    )
    outcome = last(said, tex)
    assert "joint distribution with positive entries" in given(outcome)
    assert expected is None or returned(outcome) == expected


def test_laws_of_random_variables_by_their_names() -> None:
    said = (
        r"Let $(X,Y)$ be a random pair with values in $\mathcal{X}\times\mathcal{Y}$, where "
        r"$\mathcal{X}$ and $\mathcal{Y}$ are finite, with joint distribution $p_{XY}$ and "
        r"marginals $p_X$ and $p_Y$. All distributions $p$ and $q$ on $\mathcal{X}$ are positive. "
        rf"{DIVERGENCE} For $h(p) = \sum_{{x\in\mathcal{{X}}}} p(x)^2$ write $H(X) = h(p_X)$. Then"
    )
    outcome = last(said, r"D(p_{XY}\,\|\,p_X\otimes p_Y) \ge H(X) - H(Y)")
    assert "xp.flatten(pXY.T)" in returned(outcome)
    assert "HofX(xp, pXY) - HofY(xp, pXY)" in returned(outcome)


def test_a_family_of_distributions_is_a_function_of_its_index() -> None:
    said = (
        r"Let $S$ be a finite set and $E: S\to\mathbb{R}$ an energy. For $\beta > 0$ put "
        r"$Z(\beta) = \sum_{s\in S} e^{-\beta E(s)}$ and "
        r"\begin{equation} p_\beta(s) = \frac{e^{-\beta E(s)}}{Z(\beta)}. \label{p} \end{equation}"
    )
    outcome = last(f"{said} Then", r"-\frac{d}{d\beta} \log Z(\beta) = \sum_s p_\beta(s) E(s)")
    assert returned(outcome) == (
        "Equal(-xp.gradient(lambda beta: xp.log(Z(xp, beta, E)), beta), "
        "xp.sum(pof(xp, beta, E) * E) + more)"
    )
    anew = rf"{said} Now let $\{{p_\theta\}}$ be an arbitrary family. Then"
    assert last(anew, r"\sum_s p_\theta(s) E(s) = 1").claim is None


@pytest.mark.parametrize(
    ("said", "tex", "reason"),
    [
        (
            r"Let $\pi$ be the stationary distribution of a chain.",
            r"\sum_x \pi(x)^2 \le 1",
            "not said",
        ),
        (r"Let $\mu$ and $\nu$ be signed measures.", r"\sum_x \mu(x) \nu(x) \le 1", "not said"),
        (r"If $p(x) \le 1/2$ for all $x$, then", r"\sum_x p(x)^2 \le 1", "what is assumed"),
        (r"Let $w$ be with $w(x) \ne 0$.", r"\sum_x w(x)^2 \le 1", "not said"),
        (r"Then", r"D(p\,\|\,r_0) \ge 0", "nothing is said of r_0"),
        (r"Then", r"p(y) \le 1", "not said"),
    ],
)
def test_what_is_said_otherwise_is_not_forgotten(said: str, tex: str, reason: str) -> None:
    outcome = last(f"{LAWS} {DIVERGENCE} {said}", tex)
    assert outcome.claim is None
    assert reason in outcome.reason


def test_a_distribution_need_not_be_taken_at_an_element() -> None:
    said = rf"{SET} Let $p$ and $q$ be distributions on $\mathcal{{X}}$ and $r = \frac12 (p + q)$."
    outcome = last(said, r"\sum_{x\in\mathcal{X}} r(x) p(x) \le 1")
    assert 'p=simplex("k"), q=simplex("k")' in given(outcome)
    assert returned(outcome) == "AtMost(*(xp.sum(r(xp, p, q) * p), 1)[::way])"


@pytest.mark.parametrize(
    ("said", "domains"),
    [
        (r"Let $f:\mathcal{X}\to\mathbb{R}$ be nonnegative.", 'f=nonnegative("k")'),
        (r"Let $f, g:\mathcal{X}\to(0,\infty)$.", 'f=positive("k")'),
        (r"Let $g, f:\mathcal{X}\to\mathbb{R}$.", 'f=vector("k")'),
    ],
)
def test_what_is_said_of_a_map_is_kept(said: str, domains: str) -> None:
    outcome = last(SET + said, r"\sum_{x\in\mathcal{X}} f(x)^2 \ge 0")
    assert domains in given(outcome)


@pytest.mark.parametrize(
    ("words", "is_read"),
    [
        ("Then", True),
        ("If $X$ and $Y$ are independent, then", False),
        ("Let $X$ and $Y$ be i.i.d. Then", False),
        ("With equality if and only if $X$ and $Y$ are independent,", True),
        ("If $X$ and $Y$ are independent, all is easy.\n\nIn general,", True),
    ],
)
def test_random_variables_of_which_more_is_known_are_not_read(words: str, is_read: bool) -> None:
    said = (
        rf"{PAIR} Write $H(X) = -\sum_{{x\in\mathcal X}} p(x)\log p(x)$ and $H(X,Y) = "
        r"-\sum_{x,y} p(x,y)\log p(x,y)$."
    )
    outcome = last(f"{said}\n\n{words}", r"H(X,Y) \le H(X) + H(Y)")
    assert (outcome.claim is not None) is is_read


def test_a_uniform_distribution_is_no_distribution_of_any_kind() -> None:
    outcome = last(rf"{LAWS} {DIVERGENCE} Let $p$ be uniform.", r"\sum_x p(x)^2 \le 1")
    assert outcome.claim is None


def test_an_element_is_a_number_only_in_a_set_of_numbers() -> None:
    mean = r"\sum_{x\in\mathcal{X}} x p(x) \le k"
    assert last(LAWS, mean).claim is None
    said = r"Let $\mathcal{X} = \{1, \dots, k\}$ and $p$ be a distribution on $\mathcal{X}$."
    outcome = last(said, mean)
    assert returned(outcome) == ("AtMost(*(sum((x + 1) * p[x] for x in range(k)), k)[::way])")
    assert 'p=simplex("k")' in given(outcome)


def test_a_distribution_is_no_number() -> None:
    said = r"Let $p$ be a probability distribution and $a$ be a real number. Then"
    outcome = last(said, r"a p \le a")
    with pytest.raises(Unread, match="distribution"):
        writing._claim(outcome, "a.tex")
