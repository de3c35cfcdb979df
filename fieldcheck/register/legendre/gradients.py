"""Gradients that undo each other."""

from __future__ import annotations

from fieldcheck.claim import claim
from fieldcheck.domains import nonnegative, positive, real, real_invertible, simplex, vector
from fieldcheck.fields.duality import (
    binary_entropy,
    chance,
    inverse_kinetic,
    kinetic,
    negative_entropy,
)
from fieldcheck.register.legendre.shared import TALK, TEXTBOOK
from fieldcheck.relations import Equal, Zero


@claim(
    "legendre-gradients-inverse",
    expect="proved up to n = 4",
    title="For a kinetic energy ∇L* is the inverse of ∇L: the mass matrix and its inverse",
    sources=[TALK],
    equations=["eq-gradients-inverse", "eq-hessians-inverse"],
    given=dict(A=real_invertible("n"), v=vector("n"), p=vector("n")),
    needs=["legendre-definition"],
    sizes=dict(n=[1, 2, 3, 4]),
    tex=r"\nabla L^*(\nabla L(v))=v,\qquad\nabla L(\nabla L^*(p))=p,\qquad "
    r"\nabla^2L^*\,\nabla^2L=I",
)
def gradients_inverse(xp, A, v, p):
    """For L(v) = ½⟨v, Mv⟩ with M positive definite: the gradients of L and L* undo each other, in
    both orders, and the second derivative of L* (at p) undoes that of L (at v) on every vector,
    here p."""
    L = lambda v: kinetic(xp, A, v)
    Ls = lambda p: inverse_kinetic(xp, A, p)
    grad = lambda f, x: xp.gradient(f, x)
    push_momentum = xp.push(lambda y: grad(L, y), v, p)
    return (
        Equal(grad(Ls, grad(L, v)), v),
        Equal(grad(L, grad(Ls, p)), p),
        Equal(xp.push(lambda y: grad(Ls, y), p, push_momentum), p),
    )


@gradients_inverse.neighbour("half: L* without its ½", key="half")
def _(xp, A, v, p):
    L = lambda v: kinetic(xp, A, v)
    Ls = lambda p: 2 * inverse_kinetic(xp, A, p)
    return Equal(xp.gradient(Ls, xp.gradient(L, v)), v)


@gradients_inverse.neighbour("∇L* is the inverse of L, not of ∇L", key="value-not-gradient")
def _(xp, A, v, p):
    L = lambda v: kinetic(xp, A, v)
    return Equal(inverse_kinetic(xp, A, xp.gradient(L, v)), xp.sum(v))


@claim(
    "legendre-gradients-inverse-type",
    title="Gradients of the pairs of Legendre type undo each other",
    sources=[TALK],
    equations=["eq-gradients-inverse-exp", "eq-gradients-inverse-softplus"],
    given=dict(q=real(), t=positive(), x=real(), p=chance()),
    needs=["legendre-definition-exp", "legendre-definition-softplus"],
    tex=r"\log(e^q)=q,\quad e^{\log t}=t,\quad \operatorname{logit}(\sigma(x))=x,"
    r"\quad\sigma(\operatorname{logit}(p))=p",
)
def gradients_inverse_type(xp, q, t, x, p):
    """For exp and t log t − t, and for softplus and the binary entropy: the derivative of one
    undoes the derivative of the other, in both orders."""
    ts = lambda t: t * xp.log(t) - t
    soft = lambda x: xp.log(1 + xp.exp(x))
    coin = lambda p: binary_entropy(xp, p)
    slope = lambda f, x: xp.gradient(f, x)
    return (
        Equal(slope(ts, slope(xp.exp, q)), q),
        Equal(slope(xp.exp, slope(ts, t)), t),
        Equal(slope(coin, slope(soft, x)), x),
        Equal(slope(soft, slope(coin, p)), p),
    )


@gradients_inverse_type.neighbour("the sign of the entropy", key="entropy-sign")
def _(xp, q, t, x, p):
    soft = lambda x: xp.log(1 + xp.exp(x))
    return Equal(xp.gradient(lambda p: -binary_entropy(xp, p), xp.gradient(soft, x)), x)


@gradients_inverse_type.neighbour("half the log-odds", key="half")
def _(xp, q, t, x, p):
    soft = lambda x: xp.log(1 + xp.exp(x))
    return Equal(xp.gradient(lambda p: binary_entropy(xp, p), xp.gradient(soft, x)) / 2, x)


@claim(
    "legendre-gradients-inverse-lse",
    title="For log-sum-exp and Σ p log p the gradients undo each other in one order only",
    sources=[TEXTBOOK],
    equations=["eq-gradients-inverse-lse"],
    given=dict(x=vector("n"), p=simplex("n")),
    needs=["legendre-definition-lse"],
    tex=r"L^*=\textstyle\sum p\log p:\quad\nabla L(\nabla L^*(p))=p,\qquad "
    r"\nabla L^*(\nabla L(x))=x+(1-\operatorname{lse}(x))\mathbf 1",
    differs="more",
    sizes=dict(n=[1, 2, 3, 4]),
)
def gradients_inverse_lse(xp, x, p):
    """With L = lse and L* = Σ p log p for all positive p (the conjugate itself is infinite off the
    simplex): softmax undoes ∇L* on the simplex, but ∇L* after softmax gives x back only up to a
    constant on all entries, 1 − lse(x). Nothing gives it back: softmax forgets a constant."""
    L = lambda x: xp.logsumexp(x)
    Ls = lambda p: negative_entropy(xp, p)
    back = xp.gradient(Ls, xp.gradient(L, x))
    return (
        Equal(xp.gradient(L, xp.gradient(Ls, p)), p),
        Equal(back, x + 1 - L(x)),
        Equal(xp.gradient(L, x + p[0]), xp.gradient(L, x)),
    )


@gradients_inverse_lse.neighbour(
    "the inverse, also for log-sum-exp", key="holds-for-lse", tex=r"\nabla L^*=(\nabla L)^{-1}"
)
def _(xp, x):
    L = lambda x: xp.logsumexp(x)
    return Equal(xp.gradient(lambda p: negative_entropy(xp, p), xp.gradient(L, x)), x)


@gradients_inverse_lse.neighbour("the constant is lse(x), not 1 − lse(x)", key="constant")
def _(xp, x):
    L = lambda x: xp.logsumexp(x)
    return Equal(xp.gradient(lambda p: negative_entropy(xp, p), xp.gradient(L, x)), x - L(x))


@claim(
    "legendre-gradients-inverse-cone",
    expect="proved",
    title="For a cone the pairs (x, y) with equality are those of Moreau, and no function",
    sources=[TEXTBOOK],
    equations=["eq-moreau-pairs"],
    given=dict(z=vector("n"), s=nonnegative()),
    needs=["legendre-definition-cone"],
    tex=r"\langle s\,z_+,\,-(-z)_+\rangle=0\quad\text{for all } s\ge0",
    differs="less",
)
def gradients_inverse_cone(xp, z, s):
    """z = x + y with x = z₊ in the orthant, y = −(−z)₊ in its polar and ⟨x, y⟩ = 0: equality in
    Fenchel-Young.  It holds for s x too, with the same y and every s ≥ 0: y does not fix x."""
    x, y = xp.relu(z), -xp.relu(-z)
    return (Equal(x + y, z), Zero(xp.sum(s * x * y)))


@gradients_inverse_cone.neighbour(
    "y fixes x: the gradient of one indicator inverts the other's",
    key="inverse",
    tex=r"\nabla L^*=(\nabla L)^{-1}",
)
def _(xp, z, s):
    x = xp.relu(z)
    return Equal(s * x, x)


@gradients_inverse_cone.neighbour("y in the cone itself", key="polar")
def _(xp, z, s):
    return Zero(xp.sum(s * xp.relu(z) * xp.relu(z)))
