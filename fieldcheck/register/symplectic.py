"""Complex fields, action, symplectic form: chapter ``symplectic``."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, poster, talk
from fieldcheck.domains import (
    between,
    hermitian,
    matrix,
    number,
    positive,
    real,
    real_matrix,
    root,
    skew_hermitian,
    vector,
)
from fieldcheck.fields.actions import (
    euler_lagrange,
    newton_action,
    newton_lagrangian,
    phase_space_action,
    phase_space_lagrangian,
    pinned,
)
from fieldcheck.fields.integrability import euclidean_pairing
from fieldcheck.fields.potentials import (
    double_trace_force,
    field_matrix,
    linear_attention,
    quadratic,
    quartic,
    real_force,
    real_potential,
    softmax_attention,
    softmax_force,
)
from fieldcheck.fields.symplectic import (
    exterior,
    exterior_of_two_form,
    form_matrix,
    omega,
    phase,
    symplectic_defect,
    theta,
)
from fieldcheck.relations import AtMost, Equal, Force, Gradient, Rank, Rate, Zero, at_most

CANONICAL = "Why Is iX' = ∂V/∂X* Canonical?"
FIELD = dict(X=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C"))


# -- phase space and the kinetic term --------------------------------------------------------------
@claim(
    "phase-space-kinetic",
    title="The kinetic term is p q' up to a total derivative",
    sources=[talk(CANONICAL)],
    equations=["eq-kinetic-repaired"],
    given=dict(
        q=real_matrix("N", "C"),
        p=real_matrix("N", "C"),
        q_dot=real_matrix("N", "C"),
        p_dot=real_matrix("N", "C"),
    ),
    tex=r"\operatorname{Tr}\tfrac{i}{2}(X^*\dot X-\dot X^*X)"
    r"=\sum p\,\dot q-\tfrac12\tfrac{d}{dt}\sum p\,q,\quad X=\tfrac{q+ip}{\sqrt2}",
)
def kinetic(xp, q, p, q_dot, p_dot, *, sign=1, boundary=-1):
    """With X = (q + ip)/√2, the trace of (i/2)(X*X' − X*'X) is Σ p q' less half the time
    derivative of Σ p q. The sums run over all tokens and channels."""
    X, X_dot = phase(xp, q, p), phase(xp, q_dot, p_dot)
    left = sign * xp.trace(xp.i * (xp.star(X) @ X_dot - xp.star(X_dot) @ X) / 2)
    return Equal(left, xp.sum(p * q_dot) + boundary * xp.sum(p_dot * q + p * q_dot) / 2)


@kinetic.printed(
    "the chain of three expressions, read with traces",
    tex=r"\tfrac12(\dot XX^*-X\dot X^*)=\tfrac{i}{2}(X^*\dot X-\dot X^*X)=p\dot q",
)
def _(xp, q, p, q_dot, p_dot):
    X, X_dot = phase(xp, q, p), phase(xp, q_dot, p_dot)
    first = xp.trace(X_dot @ xp.star(X) - X @ xp.star(X_dot)) / 2
    second = xp.trace(xp.i * (xp.star(X) @ X_dot - xp.star(X_dot) @ X) / 2)
    return Equal(first, second), Equal(second, xp.sum(p * q_dot))


kinetic.vary("the total derivative dropped", key="no-total-derivative", boundary=0)
kinetic.vary("the total derivative added instead of taken away", key="sign", boundary=1)
kinetic.vary("the two products of the kinetic term in the other order", key="order", sign=-1)


@claim(
    "phase-space-kinetic-cyclic",
    title="The token and channel forms of the kinetic term agree under the trace",
    sources=[talk(CANONICAL)],
    equations=["eq-kinetic-cyclic"],
    given=dict(X=matrix("N", "C"), X_dot=matrix("N", "C")),
    tex=r"\operatorname{Tr}\tfrac{i}{2}(\dot XX^*-X\dot X^*)"
    r"=\operatorname{Tr}\tfrac{i}{2}(X^*\dot X-\dot X^*X)",
)
def kinetic_cyclic(xp, X, X_dot, *, unit=lambda xp: xp.i):
    """The N x N expression X'X* − XX*' and the C x C expression X*X' − X*'X have the same trace;
    both carry the factor i/2."""
    left = xp.trace(X_dot @ xp.star(X) - X @ xp.star(X_dot))
    right = xp.trace(xp.star(X) @ X_dot - xp.star(X_dot) @ X)
    return Equal(unit(xp) * left / 2, xp.i * right / 2)


kinetic_cyclic.vary(
    "the factor i missing on the left",
    role="printed",
    tex=r"\tfrac12(\dot XX^*-X\dot X^*)=\tfrac{i}{2}(X^*\dot X-\dot X^*X)",
    unit=lambda xp: xp.one,
)


@kinetic_cyclic.neighbour(
    "the traces left off, for N = C",
    key="no-trace",
    given=dict(X=matrix("N", "N"), X_dot=matrix("N", "N")),
)
def _(xp, X, X_dot):
    left = X_dot @ xp.star(X) - X @ xp.star(X_dot)
    right = xp.star(X) @ X_dot - xp.star(X_dot) @ X
    return Equal(xp.i * left / 2, xp.i * right / 2)


# -- the symplectic form ---------------------------------------------------------------------------
TANGENTS = dict(X=matrix("N", "C"), H=matrix("N", "C"), K=matrix("N", "C"))


@claim(
    "symplectic-form",
    title="i dX∧dX* is minus the derivative of the talk's one-form, and dq∧dp",
    sources=[talk("Symplectic Form")],
    equations=["eq-symplectic-form"],
    given=dict(
        q=real_matrix("N", "C"),
        p=real_matrix("N", "C"),
        h_q=real_matrix("N", "C"),
        h_p=real_matrix("N", "C"),
        k_q=real_matrix("N", "C"),
        k_p=real_matrix("N", "C"),
    ),
    tex=r"\theta=\tfrac{i}{2}\operatorname{Tr}(dX\,X^*-X\,dX^*),\quad "
    r"-d\theta=i\operatorname{Tr}dX\wedge dX^*=\sum dq\wedge dp",
)
def symplectic_form(xp, q, p, h_q, h_p, k_q, k_p):
    """With d(f a) = df ∧ a, the one-form θ = (i/2) Tr(dX X* − X dX*) satisfies
    −dθ = i Tr dX∧dX* = Σ dq∧dp, applied to two tangent vectors H and K."""
    X, H, K = phase(xp, q, p), phase(xp, h_q, h_p), phase(xp, k_q, k_p)
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    wedge = xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H))
    return Equal(minus, xp.i * wedge), Equal(minus, xp.sum(h_q * k_p - k_q * h_p))


@symplectic_form.printed(
    "the derivative without the minus sign (the usual d)",
    tex=r"\omega=\tfrac{i}{2}((dX)X^*-X\,dX^*),\quad d\omega=i\,dX\wedge dX^*",
)
def _(xp, q, p, h_q, h_p, k_q, k_p):
    X, H, K = phase(xp, q, p), phase(xp, h_q, h_p), phase(xp, k_q, k_p)
    plus = exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    return Equal(plus, xp.i * (xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H))))


@symplectic_form.neighbour("−dθ = dp∧dq, the sign of the pair turned", key="sign")
def _(xp, q, p, h_q, h_p, k_q, k_p):
    X, H, K = phase(xp, q, p), phase(xp, h_q, h_p), phase(xp, k_q, k_p)
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    return Equal(minus, xp.sum(h_p * k_q - k_p * h_q))


@symplectic_form.neighbour("a factor 2: X = q + ip without the root", key="factor-two")
def _(xp, q, p, h_q, h_p, k_q, k_p):
    X, H, K = q + xp.i * p, h_q + xp.i * h_p, k_q + xp.i * k_p
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    return Equal(minus, xp.sum(h_q * k_p - k_q * h_p))


@symplectic_form.neighbour("the factor i missing", key="missing-i")
def _(xp, q, p, h_q, h_p, k_q, k_p):
    X, H, K = phase(xp, q, p), phase(xp, h_q, h_p), phase(xp, k_q, k_p)
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    return Equal(minus, xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H)))


@claim(
    "symplectic-form-one-form",
    title="The talk's ω is the one-form ½ Σ (p dq − q dp)",
    sources=[talk("Symplectic Form")],
    equations=["eq-one-form"],
    given=dict(
        q=real_matrix("N", "C"),
        p=real_matrix("N", "C"),
        h_q=real_matrix("N", "C"),
        h_p=real_matrix("N", "C"),
    ),
    tex=r"\tfrac{i}{2}\operatorname{Tr}(dX\,X^*-X\,dX^*)=\tfrac12\sum(p\,dq-q\,dp)",
)
def one_form(xp, q, p, h_q, h_p):
    """What the talk calls ω is a one-form, θ = ½ Σ (p dq − q dp): it differs from Σ p dq by the
    differential of ½ Σ p q."""
    X, H = phase(xp, q, p), phase(xp, h_q, h_p)
    left = xp.i * xp.trace(H @ xp.star(X) - X @ xp.star(H)) / 2
    return Equal(left, xp.sum(p * h_q - q * h_p) / 2)


@one_form.neighbour("p dq, the differential forgotten", key="p-dq")
def _(xp, q, p, h_q, h_p):
    X, H = phase(xp, q, p), phase(xp, h_q, h_p)
    left = xp.i * xp.trace(H @ xp.star(X) - X @ xp.star(H)) / 2
    return Equal(left, xp.sum(p * h_q))


@one_form.neighbour("the paper's one-form, without the i", key="missing-i")
def _(xp, q, p, h_q, h_p):
    X, H = phase(xp, q, p), phase(xp, h_q, h_p)
    return Equal(xp.trace(H @ xp.star(X) - X @ xp.star(H)) / 2, xp.sum(p * h_q - q * h_p) / 2)


@claim(
    "symplectic-form-paper",
    title="The paper's one-form is imaginary and its derivative is −dX∧dX*",
    sources=[paper("Definition 2")],
    equations=["eq-paper-one-form"],
    given=TANGENTS,
    tex=r"\alpha=\tfrac12\operatorname{Tr}(dX\,X^*-X\,dX^*)\in i\mathbb R,\quad "
    r"d\alpha=-\operatorname{Tr}dX\wedge dX^*",
)
def paper_form(xp, X, H, K):
    """The paper's α = ½ Tr(dX X* − X dX*) takes imaginary values, and dα = −Tr dX∧dX*. Multiplied
    by i it is the talk's one-form."""
    alpha = lambda Y, U: xp.trace(U @ xp.star(Y) - Y @ xp.star(U)) / 2
    wedge = xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H))
    return (
        Equal(exterior(xp, alpha, X, H, K), -wedge),
        Zero(xp.real(alpha(X, H))),
        Equal(xp.i * alpha(X, H), theta(xp, X, H)),
    )


@paper_form.printed("dα = dX∧dX* (the paper prints X* for dX*)", tex=r"d\alpha=dX\wedge X^*")
def _(xp, X, H, K):
    alpha = lambda Y, U: xp.trace(U @ xp.star(Y) - Y @ xp.star(U)) / 2
    wedge = xp.trace(H @ xp.star(K)) - xp.trace(K @ xp.star(H))
    return Equal(exterior(xp, alpha, X, H, K), wedge)


@paper_form.neighbour("α real", key="real")
def _(xp, X, H, K):
    return Zero(xp.imag(xp.trace(H @ xp.star(X) - X @ xp.star(H)) / 2))


SMALL = dict(N=[1, 2], C=[1, 2])


@claim(
    "symplectic-nondegenerate",
    title="The two-form is nondegenerate",
    sources=[talk("Symplectic Form")],
    equations=["eq-nondegenerate"],
    given=dict(X=matrix("N", "C")),
    needs=["symplectic-form"],
    sizes=SMALL,
    tex=r"\operatorname{rank}\,i\operatorname{Tr}dX\wedge dX^*=2NC",
)
def nondegenerate(xp, X):
    """−dθ has full rank 2NC on the real space of complex N x C states: no direction is invisible
    to it, so a real potential determines its flow."""
    form = lambda H, K: -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, K)
    N, C = X.shape
    return Rank(form_matrix(xp, form, X.shape), 2 * N * C)


@nondegenerate.neighbour(
    "a one-form that sees a single mixture of channels",
    key="rank-deficient",
    given=dict(v=matrix("C")),
)
def _(xp, X, v):
    form = lambda H, K: omega(xp, H @ v, K @ v)
    N, C = X.shape
    return Rank(form_matrix(xp, form, X.shape), 2 * N * C)


@claim(
    "symplectic-nondegenerate-compatible",
    title="On H and iH the two-form is twice the squared norm",
    sources=[ours()],
    equations=["eq-compatible"],
    given=dict(X=matrix("N", "C"), H=matrix("N", "C")),
    needs=["symplectic-form"],
    tex=r"\omega(H,iH)=2\lVert H\rVert^2",
)
def compatible(xp, X, H, *, sign=1):
    """With ω = −dθ, ω(H, iH) = 2‖H‖² at every size: so no H but zero is invisible to ω."""
    minus = -exterior(xp, lambda Y, U: theta(xp, Y, U), X, H, sign * xp.i * H)
    return Equal(minus, 2 * xp.real(xp.trace(H @ xp.star(H))))


compatible.vary("−iH for iH", key="sign", sign=-1)


@claim(
    "symplectic-nondegenerate-closed",
    title="The two-form is closed",
    sources=[talk("Symplectic Form")],
    equations=["eq-closed"],
    given=dict(**TANGENTS, L=matrix("N", "C")),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
    tex=r"d(i\operatorname{Tr}dX\wedge dX^*)=0",
)
def closed(xp, X, H, K, L):
    """The exterior derivative of −dθ vanishes on any three tangent vectors."""
    form = lambda Y, U, V: -exterior(xp, lambda Z, T: theta(xp, Z, T), Y, U, V)
    return Zero(exterior_of_two_form(xp, form, X, H, K, L))


@closed.neighbour("the same form scaled by ‖X‖²", key="rescaled")
def _(xp, X, H, K, L):
    form = lambda Y, U, V: xp.norm2(Y) * omega(xp, U, V)
    return Zero(exterior_of_two_form(xp, form, X, H, K, L))


@claim(
    "symplectic-nondegenerate-real-states",
    title="Real states carry no symplectic form",
    sources=[ours()],
    equations=["eq-real-lagrangian"],
    given=dict(h=real_matrix("N", "C"), k=real_matrix("N", "C")),
    tex=r"i\operatorname{Tr}(hk^\top-kh^\top)=0\quad(h,k\text{ real})",
)
def real_states(xp, h, k):
    """On two real tangent vectors the form is zero: the real states are a Lagrangian subspace, all
    position and no momentum."""
    return Zero(xp.i * (xp.trace(h @ xp.star(k)) - xp.trace(k @ xp.star(h))))


real_states.vary(
    "complex tangent vectors", key="complex", given=dict(h=matrix("N", "C"), k=matrix("N", "C"))
)


# -- the equation of motion ------------------------------------------------------------------------
MOTION = dict(
    X=matrix("N", "C"),
    X_dot=matrix("N", "C"),
    X_ddot=matrix("N", "C"),
    H=matrix("N", "C"),
    W=matrix("C", "C"),
    A=matrix("C", "C"),
    B=matrix("C", "C"),
)


def _force(xp, X, W, A, B):
    """∂V/∂X* of V = Re Tr(XWX*) + Re Tr(XAX*XB*X*), term by term."""
    M, Ws, As, Bs = xp.star(X) @ X, xp.star(W), xp.star(A), xp.star(B)
    return X @ (W + Ws + A @ M @ Bs + Bs @ M @ A + B @ M @ As + As @ M @ B) / 2


@claim(
    "euler-lagrange-schroedinger",
    title="The phase-space action of a real V is stationary iff iX' = ∂V/∂X*",
    sources=[talk("Euler-Lagrange Eq, Schrödinger Eq"), talk("In-Context Learning")],
    equations=["eq-first-variation"],
    given=MOTION,
    needs=["phase-space-kinetic-cyclic"],
    tex=r"\delta S(H)=\int 2\operatorname{Re}\operatorname{Tr}H^*"
    r"\Bigl(i\dot X-\frac{\partial V}{\partial X^*}\Bigr)dt,\quad V\text{ real}",
)
def schroedinger(xp, X, X_dot, X_ddot, H, W, A, B, *, sign=1, factor=1):
    """For real V (here the real part of any quadratic plus quartic of the theory) the first
    variation of the action along H, ends held, is the integral of 2 Re Tr H*(iX' − ∂V/∂X*): so
    it vanishes for all H exactly on solutions of iX' = ∂V/∂X*."""
    V = lambda Y: real_potential(xp, Y, W, A, B)
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    defect = sign * xp.i * X_dot - factor * _force(xp, X, W, A, B)
    left = euler_lagrange(xp, L, X, X_dot, X_ddot, H)
    return Equal(left, 2 * xp.real(xp.trace(xp.star(H) @ defect)))


@schroedinger.printed(
    "the talk's own V, with weights as they come: its action is stationary along its flow",
    tex=r"V=\tfrac i2\operatorname{Tr}(XWX^*)+\tfrac i2\operatorname{Tr}(XAX^*XB^*X^*)",
)
def _(xp, X, X_ddot, H, W, A, B):
    V = lambda Y: xp.i * (quadratic(xp, Y, W) + quartic(xp, Y, A, B)) / 2
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    M = xp.star(X) @ X
    X_dot = X @ (W + A @ M @ xp.star(B) + xp.star(B) @ M @ A) / 2
    return Zero(euler_lagrange(xp, L, X, X_dot, X_ddot, H))


schroedinger.vary("−iX' for iX'", key="sign", sign=-1)
schroedinger.vary("V doubled", key="doubled", factor=2)


@schroedinger.neighbour(
    "generic W taken as consistent: V = (i/2) Tr(XWX*) with X' = ½ XW", key="generic-weights"
)
def _(xp, X, X_ddot, H, W):
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, lambda Z: xp.i * quadratic(xp, Z, W) / 2)
    return Zero(euler_lagrange(xp, L, X, X @ W / 2, X_ddot, H))


@claim(
    "euler-lagrange-schroedinger-complex",
    title="A complex V gives two equations, X' = ½XW and X' = −½XW*",
    sources=[talk("In-Context Learning"), ours()],
    equations=["eq-two-equations"],
    given=dict(
        X=matrix("N", "C"),
        X_dot=matrix("N", "C"),
        X_ddot=matrix("N", "C"),
        H=matrix("N", "C"),
        W=matrix("C", "C"),
    ),
    tex=r"\delta S(H)=i\operatorname{Tr}H^*\bigl(\dot X-\tfrac12XW\bigr)"
    r"-i\operatorname{Tr}\bigl(\dot X+\tfrac12XW^*\bigr)^*H",
)
def two_equations(xp, X, X_dot, X_ddot, H, W, *, other=lambda xp, X, W: -X @ xp.star(W) / 2):
    """With the talk's V = (i/2) Tr(XWX*), the part of the first variation antilinear in H demands
    X' = ½XW and the part linear in H demands X' = −½XW*. Both can hold only if X(W + W*) = 0."""
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, lambda Z: xp.i * quadratic(xp, Z, W) / 2)
    first = xp.i * xp.trace(xp.star(H) @ (X_dot - X @ W / 2))
    second = -xp.i * xp.trace(xp.star(X_dot - other(xp, X, W)) @ H)
    return Equal(euler_lagrange(xp, L, X, X_dot, X_ddot, H), first + second)


two_equations.vary(
    "the second equation X' = −½XW, without the star",
    key="no-star",
    other=lambda xp, X, W: -X @ W / 2,
)
two_equations.vary(
    "both parts ask for X' = ½XW", key="consistent", other=lambda xp, X, W: X @ W / 2
)


@claim(
    "euler-lagrange-schroedinger-residue",
    title="The action of a complex V fails to be stationary by the force of Im V",
    sources=[ours()],
    equations=["eq-residue"],
    given=dict(
        X=matrix("N", "C"),
        X_ddot=matrix("N", "C"),
        H=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
    ),
    needs=["euler-lagrange-schroedinger"],
    tex=r"i\dot X=\frac{\partial V}{\partial X^*}\;\Rightarrow\;"
    r"\delta S(H)=\int -2i\,\overline{\operatorname{Tr}H^*\frac{\partial\,\mathrm{Im}V}"
    r"{\partial X^*}}\,dt",
)
def residue(xp, X, X_ddot, H, W, A, B, *, conjugated=True):
    """Along iX' = ∂V/∂X* with any complex quadratic plus quartic V, the first variation is
    −2i times the conjugate of Tr H* ∂(Im V)/∂X*: it vanishes for all H iff Im V exerts no force."""
    V = lambda Y: quadratic(xp, Y, W) + quartic(xp, Y, A, B)
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    M, Ws, As, Bs = xp.star(X) @ X, xp.star(W), xp.star(A), xp.star(B)
    X_dot = -xp.i * X @ (W + A @ M @ Bs + Bs @ M @ A)
    G = -xp.i * X @ (W - Ws + A @ M @ Bs + Bs @ M @ A - B @ M @ As - As @ M @ B) / 2
    left = euler_lagrange(xp, L, X, X_dot, X_ddot, H)
    overlap = xp.trace(xp.star(H) @ G)
    return Equal(left, -2 * xp.i * (xp.conj(overlap) if conjugated else overlap))


@residue.neighbour("no residue: stationary for every V", key="no-residue")
def _(xp, X, X_ddot, H, W, A, B):
    V = lambda Y: quadratic(xp, Y, W) + quartic(xp, Y, A, B)
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    M, Bs = xp.star(X) @ X, xp.star(B)
    X_dot = -xp.i * X @ (W + A @ M @ Bs + Bs @ M @ A)
    return Zero(euler_lagrange(xp, L, X, X_dot, X_ddot, H))


residue.vary("the residue not conjugated", key="conjugate", conjugated=False)


@claim(
    "euler-lagrange-schroedinger-skew",
    title="The talk's action is consistent for weights that make its V real",
    sources=[talk("In-Context Learning"), ours()],
    equations=["eq-skew-weights"],
    given=dict(
        X=matrix("N", "C"),
        X_ddot=matrix("N", "C"),
        H=matrix("N", "C"),
        W=skew_hermitian("C"),
        A=hermitian("C"),
        B=skew_hermitian("C"),
    ),
    needs=["euler-lagrange-schroedinger-residue"],
    tex=r"W^*=-W,\ A^*=A,\ B^*=-B:\quad \delta S=0\text{ along }"
    r"\dot X=\tfrac12XW+\tfrac12(XAMB^*+XB^*MA)",
)
def skew_weights(xp, X, X_ddot, H, W, A, B):
    """The talk's V = (i/2)(Tr XWX* + Tr XAX*XB*X*) is real for skew-Hermitian W, Hermitian A and
    skew-Hermitian B; then its action is stationary along its flow."""
    V = lambda Y: xp.i * (quadratic(xp, Y, W) + quartic(xp, Y, A, B)) / 2
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    M = xp.star(X) @ X
    X_dot = X @ (W + A @ M @ xp.star(B) + xp.star(B) @ M @ A) / 2
    return Zero(euler_lagrange(xp, L, X, X_dot, X_ddot, H))


@skew_weights.neighbour("Hermitian W", key="hermitian", given=dict(W=hermitian("C")))
def _(xp, X, X_ddot, H, W):
    V = lambda Y: xp.i * quadratic(xp, Y, W) / 2
    L = lambda Y, U: phase_space_lagrangian(xp, Y, U, V)
    return Zero(euler_lagrange(xp, L, X, X @ W / 2, X_ddot, H))


@claim(
    "euler-lagrange-schroedinger-ends",
    title="Any two ends are joined by a stationary path",
    sources=[talk("Euler-Lagrange Eq, Schrödinger Eq"), poster("The Approach")],
    equations=["eq-ends"],
    given=dict(a=number(), b=number(), w=real(), t=real()),
    expect="refuted",
    tex=r"x(t)=e^{-iwt}x(0),\quad x(0)=a,\ x(1)=b\text{ for any }a,b",
)
def ends(xp, a, b, w, t):
    """Denied: for one token, one channel and V = w|x|², the solution x of ix' = wx that starts at a
    ends at b, whatever b is. A first-order equation takes one end, not two."""
    path = lambda s: xp.exp(-xp.i * w * s) * a
    return (
        Zero(xp.i * xp.push(path, t, xp.one) - w * path(t)),
        Zero(path(xp.one * 0) - a),
        Zero(path(xp.one) - b),
    )


@ends.neighbour("the far end moved by the flow itself", key="joined-by-the-flow")
def _(xp, a, w, t):
    path = lambda s: xp.exp(-xp.i * w * s) * a
    return (
        Zero(xp.i * xp.push(path, t, xp.one) - w * path(t)),
        Zero(path(xp.one * 0) - a),
        Zero(path(xp.one) - (xp.cos(w) - xp.i * xp.sin(w)) * a),
    )


# -- the paper's pair of equations -----------------------------------------------------------------
def _linear_part(xp, V, X, H):
    """Tr(∂V/∂X H): the part of dV that is linear in H."""
    return (xp.push(V, X, H) - xp.i * xp.push(V, X, xp.i * H)) / 2


PAIR = dict(
    X=matrix("N", "C"),
    H=matrix("N", "C"),
    W=matrix("C", "C"),
    A=matrix("C", "C"),
    B=matrix("C", "C"),
    c=real(),
)


@claim(
    "euler-lagrange-pair",
    title="X' = ∂V/∂X* and −X*' = ∂V/∂X are one equation for imaginary V",
    sources=[paper("Definition 2")],
    equations=["eq-pair"],
    given=PAIR,
    tex=r"V=iR+c:\quad-\Bigl(\frac{\partial V}{\partial X^*}\Bigr)^*=\frac{\partial V}{\partial X}",
)
def pair(xp, X, H, W, A, B, c, *, sign=-1):
    """For V = iR + c with R real (here any quadratic plus quartic) and c a constant, the paper's
    two equations are conjugates of each other: with X' = ∂V/∂X*, −X*' equals ∂V/∂X."""
    V = lambda Y: xp.i * real_potential(xp, Y, W, A, B) + c
    X_dot = xp.i * _force(xp, X, W, A, B)
    return Equal(sign * xp.trace(xp.star(X_dot) @ H), _linear_part(xp, V, X, H))


@pair.printed(
    "equivalent for any potential",
    tex=r"\dot X=\frac{\partial V}{\partial X^*}"
    r"\ \text{or equivalently}\ -\dot X^*=\frac{\partial V}{\partial X}",
)
def _(xp, X, H, W, A, B):
    V = lambda Y: quadratic(xp, Y, W) + quartic(xp, Y, A, B)
    M, Bs = xp.star(X) @ X, xp.star(B)
    X_dot = X @ (W + A @ M @ Bs + Bs @ M @ A)
    return Equal(-xp.trace(xp.star(X_dot) @ H), _linear_part(xp, V, X, H))


@pair.neighbour("a real potential", key="real-potential")
def _(xp, X, H, W, A, B):
    V = lambda Y: real_potential(xp, Y, W, A, B)
    X_dot = _force(xp, X, W, A, B)
    return Equal(-xp.trace(xp.star(X_dot) @ H), _linear_part(xp, V, X, H))


pair.vary("without the minus sign", key="sign", sign=1)


@claim(
    "euler-lagrange-pair-defect",
    title="The paper's two equations differ by twice the force of Re V",
    sources=[paper("Definition 2"), ours()],
    equations=["eq-pair-defect"],
    given=dict(
        X=matrix("N", "C"),
        H=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
    ),
    tex=r"\frac{\partial V}{\partial X}+\Bigl(\frac{\partial V}{\partial X^*}\Bigr)^*"
    r"=2\Bigl(\frac{\partial\,\mathrm{Re}V}{\partial X^*}\Bigr)^*",
)
def pair_defect(xp, X, H, W, A, B, *, real=True, factor=2):
    """For any quadratic plus quartic V, ∂V/∂X + (∂V/∂X*)* is twice the conjugate force of Re V: the
    two equations agree exactly where that force vanishes, and everywhere iff Re V is constant."""
    V = lambda Y: quadratic(xp, Y, W) + quartic(xp, Y, A, B)
    M, Bs = xp.star(X) @ X, xp.star(B)
    F = X @ (W + A @ M @ Bs + Bs @ M @ A)
    R = _force(xp, X, W, A, B) if real else F
    both = _linear_part(xp, V, X, H) + xp.trace(xp.star(F) @ H)
    return Equal(both, factor * xp.trace(xp.star(R) @ H))


pair_defect.vary("twice the force of V itself", key="whole-force", real=False)
pair_defect.vary("once the force of Re V", key="factor-two", factor=1)


# -- dissipative and conservative ------------------------------------------------------------------
@claim(
    "complex-splits",
    title="Under X' = ∂V/∂X*, a real V climbs and an imaginary V is conserved",
    sources=[paper("Definition 2"), talk("Complex Field = Dissipative + Conservative")],
    equations=["eq-ascent"],
    given=FIELD,
    tex=r"\dot X=\frac{\partial R}{\partial X^*}\Rightarrow\dot R=2\Bigl\lVert"
    r"\frac{\partial R}{\partial X^*}\Bigr\rVert^2;\qquad "
    r"\dot X=\frac{\partial (iR)}{\partial X^*}\Rightarrow\dot R=0",
)
def splits(xp, X, W, A, B):
    """In the paper's convention: along the flow of a real R, R rises at the rate 2‖∂R/∂X*‖²; along
    the flow of iR, R stays. So Re V is the dissipative part and Im V the conservative one."""
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = _force(xp, X, W, A, B)
    return (
        Equal(xp.push(R, X, F), 2 * xp.real(xp.trace(xp.star(F) @ F))),
        Zero(xp.push(R, X, xp.i * F)),
    )


@splits.neighbour("the factor 2 missing", key="factor-two")
def _(xp, X, W, A, B):
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = _force(xp, X, W, A, B)
    return Equal(xp.push(R, X, F), xp.real(xp.trace(xp.star(F) @ F)))


@splits.neighbour("a real potential conserved", key="conserved-for-real")
def _(xp, X, W, A, B):
    return Zero(xp.push(lambda Y: real_potential(xp, Y, W, A, B), X, _force(xp, X, W, A, B)))


@splits.neighbour("descent in place of ascent", key="descent")
def _(xp, X, W, A, B):
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = _force(xp, X, W, A, B)
    return Equal(xp.push(R, X, F), -2 * xp.real(xp.trace(xp.star(F) @ F)))


@claim(
    "complex-splits-talk",
    title="Under iX' = ∂V/∂X*, the roles of Re V and Im V are exchanged",
    sources=[talk("Complex Field = Dissipative + Conservative")],
    equations=["eq-talk-roles"],
    given=FIELD,
    tex=r"i\dot X=\frac{\partial R}{\partial X^*}\Rightarrow\dot R=0;\qquad "
    r"i\dot X=\frac{\partial (iR)}{\partial X^*}\Rightarrow\dot R=2\Bigl\lVert"
    r"\frac{\partial R}{\partial X^*}\Bigr\rVert^2",
)
def splits_talk(xp, X, W, A, B):
    """In the talk's convention: along iX' = ∂R/∂X* with R real, R stays; along
    iX' = ∂(iR)/∂X*, R rises at the rate 2‖∂R/∂X*‖²."""
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = _force(xp, X, W, A, B)
    along = lambda V_force: xp.push(R, X, -xp.i * V_force)
    return (Zero(along(F)), Equal(along(xp.i * F), 2 * xp.real(xp.trace(xp.star(F) @ F))))


@splits_talk.neighbour("the paper's roles in the talk's equation", key="paper-roles")
def _(xp, X, W, A, B):
    R = lambda Y: real_potential(xp, Y, W, A, B)
    F = _force(xp, X, W, A, B)
    along = lambda V_force: xp.push(R, X, -xp.i * V_force)
    return (Equal(along(F), 2 * xp.real(xp.trace(xp.star(F) @ F))), Zero(along(xp.i * F)))


@claim(
    "complex-splits-weights",
    title="Re V takes the Hermitian part of W, Im V the skew-Hermitian part",
    sources=[paper("Definition 2")],
    equations=["eq-weight-split"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C")),
    tex=r"\frac{\partial}{\partial X^*}\mathrm{Re}\operatorname{Tr}XWX^*=X\tfrac{W+W^*}{2},\quad "
    r"\frac{\partial}{\partial X^*}\,i\,\mathrm{Im}\operatorname{Tr}XWX^*=X\tfrac{W-W^*}{2}",
)
def weight_split(xp, X, W, *, sign=1):
    """For V = Tr(XWX*) the force of Re V is X(W + W*)/2 and the force of i Im V is X(W − W*)/2."""
    V = lambda Y: xp.trace(Y @ W @ xp.star(Y))
    return (
        Force(lambda Y: xp.real(V(Y)), X, X @ (W + sign * xp.star(W)) / 2),
        Force(lambda Y: xp.i * xp.imag(V(Y)), X, X @ (W - sign * xp.star(W)) / 2),
    )


weight_split.vary("Hermitian and skew-Hermitian part swapped", key="swapped", sign=-1)


@weight_split.neighbour("the star without conjugation", key="transpose")
def _(xp, X, W):
    return Force(lambda Y: xp.real(xp.trace(Y @ W @ xp.star(Y))), X, X @ (W + W.T) / 2)


# -- real states -----------------------------------------------------------------------------------
@claim(
    "real-field-symmetric",
    title="A real quadratic potential gives symmetric weights",
    sources=[talk("Otherwise we will get self-adjoint / symmetric weights")],
    equations=["eq-real-field"],
    given=dict(X=real_matrix("N", "C"), W=real_matrix("C", "C")),
    tex=r"\nabla\,\tfrac12\operatorname{Tr}(XWX^\top)=X\,\tfrac{W+W^\top}{2}",
)
def real_field(xp, X, W):
    """For real X the gradient of ½ Tr(XWXᵀ) is X(W + Wᵀ)/2: the antisymmetric part of W is lost."""
    return Gradient(lambda Y: xp.trace(Y @ W @ Y.T) / 2, X, X @ (W + W.T) / 2)


@real_field.neighbour("XW for generic W", key="generic-weights")
def _(xp, X, W):
    return Gradient(lambda Y: xp.trace(Y @ W @ Y.T) / 2, X, X @ W)


@claim(
    "real-field-symmetric-only",
    title="No real linear field X ↦ XU but the symmetric ones is a gradient",
    sources=[ours()],
    equations=["eq-real-asymmetry"],
    given=dict(
        X=real_matrix("N", "C"),
        U=real_matrix("C", "C"),
        H=real_matrix("N", "C"),
        K=real_matrix("N", "C"),
    ),
    tex=r"\langle K,HU\rangle-\langle H,KU\rangle=\langle K,H(U-U^\top)\rangle",
)
def real_only(xp, X, U, H, K):
    """The asymmetry of the derivative of X ↦ XU, in the directions H and K, is ⟨K, H(U − Uᵀ)⟩.
    A gradient has none, so XU is one only if U = Uᵀ."""
    pairing = lambda P, Q: euclidean_pairing(xp, lambda Y: Y @ U, X, P, Q)
    return Equal(pairing(H, K) - pairing(K, H), xp.sum(K * (H @ (U - U.T))))


@real_only.neighbour("symmetric derivative for generic U", key="generic-accepted")
def _(xp, X, U, H, K):
    pairing = lambda P, Q: euclidean_pairing(xp, lambda Y: Y @ U, X, P, Q)
    return Equal(pairing(H, K), pairing(K, H))


# -- the flow keeps the form -----------------------------------------------------------------------
@claim(
    "flow-symplectic",
    title="The flow of iX' = ∂V/∂X*, V real, keeps the form and the norm",
    sources=[ours()],
    equations=["eq-flow-form", "eq-flow-norm"],
    given=dict(
        X=matrix("N", "C"),
        H=matrix("N", "C"),
        K=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
    ),
    needs=["symplectic-form", "euler-lagrange-schroedinger"],
    tex=r"\tfrac{d}{dt}\omega(H,K)=0,\quad\tfrac{d}{dt}\lVert X\rVert^2=0",
)
def flow(xp, X, H, K, W, A, B):
    """Tangent vectors carried along iX' = ∂V/∂X* with V real (here the real part of any quadratic
    plus quartic) keep ω(H, K), so JᵀΩJ = Ω; and V(exp(ia)X) = V(X) makes ‖X‖² constant."""
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    return Zero(symplectic_defect(xp, f, X, H, K)), Zero(xp.push(xp.norm2, X, f(X)))


@flow.neighbour("an explicit Euler step of size one", key="explicit-euler")
def _(xp, X, H, K, W, A, B):
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    step = lambda U: U + xp.push(f, X, U)
    return Equal(omega(xp, step(H), step(K)), omega(xp, H, K))


@flow.neighbour("the dissipative flow X' = ∂V/∂X*", key="dissipative")
def _(xp, X, H, K, W, A, B):
    return Zero(symplectic_defect(xp, lambda Y: real_force(xp, Y, W, A, B), X, H, K))


@flow.neighbour("the norm without the phase symmetry: V = Re Tr(XGXᵀ)", key="no-phase-symmetry")
def _(xp, X, W):
    V = lambda Y: xp.real(xp.trace(Y @ W @ Y.T))
    field = -xp.i * xp.conj(X @ (W + W.T)) / 2
    return Force(V, X, xp.i * field), Zero(xp.push(xp.norm2, X, field))


@claim(
    "flow-symplectic-midpoint",
    title="Implicit midpoint keeps the form and the norm exactly",
    sources=[ours()],
    equations=["eq-midpoint"],
    given=dict(
        m=matrix("N", "C"),
        H=matrix("N", "C"),
        K=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
        h=real(),
    ),
    needs=["flow-symplectic"],
    tex=r"X_\pm=m\pm\tfrac h2f(m):\quad\omega(H_+,K_+)=\omega(H_-,K_-),\ "
    r"\lVert X_+\rVert=\lVert X_-\rVert",
)
def midpoint(xp, m, H, K, W, A, B, h):
    """A step of the implicit midpoint rule of any size h, written by its midpoint m: it takes
    m − ½h f(m) to m + ½h f(m), and tangent vectors likewise. It keeps ω and ‖X‖ exactly."""
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    at = lambda U, sign: U + sign * h * xp.push(f, m, U) / 2
    end = lambda sign: m + sign * h * f(m) / 2
    middle = (at(H, 1) + at(H, -1)) / 2
    return (
        Equal(omega(xp, at(H, 1), at(K, 1)), omega(xp, at(H, -1), at(K, -1))),
        Equal(xp.norm2(end(1)), xp.norm2(end(-1))),
        Equal(end(1) - end(-1), h * f((end(1) + end(-1)) / 2)),
        Equal(at(H, 1) - at(H, -1), h * xp.push(f, m, middle)),
    )


@midpoint.neighbour("explicit Euler", key="explicit-euler")
def _(xp, m, H, K, W, A, B, h):
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    at = lambda U: U + h * xp.push(f, m, U)
    return Equal(omega(xp, at(H), at(K)), omega(xp, H, K))


@midpoint.neighbour("the energy kept exactly as well", key="energy")
def _(xp, m, W, A, B, h):
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    V = lambda Y: real_potential(xp, Y, W, A, B)
    return Equal(V(m + h * f(m) / 2), V(m - h * f(m) / 2))


@claim(
    "flow-symplectic-gauss",
    title="The fourth-order Gauss-Legendre step is unitary on a linear field",
    sources=[ours()],
    equations=["eq-gauss"],
    given=dict(X=matrix("N", "C"), W=hermitian("C"), h=real()),
    needs=["flow-symplectic"],
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3]),
    tex=r"X_1(1+\tfrac12Z+\tfrac1{12}Z^2)=X(1-\tfrac12Z+\tfrac1{12}Z^2),\ Z=ihW:\quad "
    r"X_1X_1^*=XX^*",
)
def gauss(xp, X, W, h):
    """One step of size h of the two-stage Gauss-Legendre method for iX' = XW, W Hermitian, keeps
    every inner product of rows; hence ω and the norm."""
    Z, one = xp.i * h * W, xp.eye(W.shape[0])
    bottom, top = one + Z / 2 + Z @ Z / 12, one - Z / 2 + Z @ Z / 12
    X1 = xp.solve(bottom.T, (X @ top).T).T
    return Equal(X1 @ xp.star(X1), X @ xp.star(X))


@gauss.neighbour("the classical Runge-Kutta step", key="rk4")
def _(xp, X, W, h):
    Z, one = -xp.i * h * W, xp.eye(W.shape[0])
    X1 = X @ (one + Z + Z @ Z / 2 + Z @ Z @ Z / 6 + Z @ Z @ Z @ Z / 24)
    return Equal(X1 @ xp.star(X1), X @ xp.star(X))


@gauss.neighbour("explicit Euler", key="explicit-euler")
def _(xp, X, W, h):
    X1 = X - xp.i * h * X @ W
    return Equal(X1 @ xp.star(X1), X @ xp.star(X))


@claim(
    "flow-symplectic-cooper",
    title="A Gauss-Legendre step keeps the inner products that its slopes keep, on any field",
    sources=[ours("Cooper's theorem, for this product")],
    equations=["eq-cooper"],
    given=dict(X=matrix("N", "C"), K=matrix(2, "N", "C"), h=real(), s=real()),
    sizes=dict(N=[1, 2, 3], C=[1, 2]),
    needs=["flow-symplectic-gauss"],
    tex=r"X_1X_1^*-XX^*=\tfrac h2\textstyle\sum_i(K_iY_i^*+Y_iK_i^*),\quad"
    r" Y_i=X+h\sum_ja_{ij}K_j,\ X_1=X+\tfrac h2(K_1+K_2)",
)
def cooper(xp, X, K, h, s):
    """Two stages with weights ½, a₁₁ = a₂₂ = ¼, a₁₂ = ¼ − s and a₂₁ = ¼ + s (Gauss-Legendre for
    s = √3/6) satisfy b_i a_ij + b_j a_ji = b_i b_j. So whatever the slopes K_i are, XX* changes by
    what they would change at the stages Y_i: by nothing, where d/dt XX* = 0."""
    quarter = xp.one / 4
    return Equal(*_inner_products(xp, X, K, h, [[quarter, quarter - s], [quarter + s, quarter]]))


def _inner_products(xp, X, K, h, a):
    """The change of XX* in a step with weights ½, and the sum over its stages."""
    end = X + h * (K[0] + K[1]) / 2
    stages = [X + h * (row[0] * K[0] + row[1] * K[1]) for row in a]
    rates = [k @ xp.star(y) + y @ xp.star(k) for k, y in zip(K, stages, strict=True)]
    return end @ xp.star(end) - X @ xp.star(X), h * (rates[0] + rates[1]) / 2


@cooper.neighbour("Heun's explicit step, with the same weights", key="heun")
def _(xp, X, K, h):
    return Equal(*_inner_products(xp, X, K, h, [[0, 0], [1, 0]]))


@claim(
    "flow-symplectic-rk4",
    title="A classical Runge-Kutta step loses the norm at sixth order",
    sources=[ours()],
    equations=["eq-rk4-loss"],
    given=dict(w=real()),
    tex=r"1-\lvert x_1/x_0\rvert^2=\tfrac{(wh)^6}{72}+O(h^8)",
)
def rk4_loss(xp, w, *, order=6):
    """One step of size h of the classical Runge-Kutta method for ix' = wx loses (wh)⁶/72 of |x|²,
    to leading order: over a fixed depth the drift is of fifth order and always downwards."""

    def loss(n):
        z = -xp.i * w / n
        return 1 - xp.abs2(1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24)

    return Rate(loss, order, w**6 / 72 if order == 6 else None)


rk4_loss.vary(
    "fifth order, as the local error of a fourth-order method would suggest",
    key="fifth-order",
    order=5,
)


@rk4_loss.neighbour("explicit Euler as good", key="explicit-euler")
def _(xp, w):
    return Rate(lambda n: xp.abs2(1 - xp.i * w / n) - 1, 6)


@rk4_loss.neighbour("nothing lost: implicit midpoint has no rate", key="midpoint")
def _(xp, w):
    half = xp.i * w / 2
    return Rate(lambda n: 1 - xp.abs2((1 - half / n) / (1 + half / n)), 6)


# -- what the isometry axiom freezes ---------------------------------------------------------------
@claim(
    "gram-frozen",
    title="Token inner products are frozen along iX' = ∂V/∂X*",
    sources=[ours("consequence of the isometry axiom")],
    equations=["eq-gram-frozen"],
    given=dict(
        X=matrix("N", "C"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
        D=hermitian("C"),
        E=hermitian("C"),
    ),
    needs=["euler-lagrange-schroedinger"],
    tex=r"\tfrac{d}{dt}XX^*=0\ \text{ along }\ i\dot X=\frac{\partial V}{\partial X^*},\ "
    r"V\text{ real},\ V(UX)=V(X)",
)
def gram(xp, X, W, A, B, D, E):
    """For every real V of degree at most four that depends on X only through X*X (a quadratic, a
    single-trace and a double-trace quartic, and by linearity all their sums), iX' = ∂V/∂X* gives
    d/dt XX* = 0: each inner product of two tokens is constant in depth."""
    F = _force(xp, X, W, A, B) + double_trace_force(xp, X, D, E)
    return Zero(xp.push(lambda Y: Y @ xp.star(Y), X, -xp.i * F))


@gram.neighbour(
    "the real softmax field, only permutation-invariant",
    key="softmax-field",
    given=dict(W=hermitian("C"), root_r=root("r")),
)
def _(xp, X, W, root_r):
    return Zero(xp.push(lambda Y: Y @ xp.star(Y), X, -xp.i * softmax_force(xp, X, W, root_r)))


@gram.neighbour(
    "softmax attention as practised", key="softmax-attention", given=dict(root_r=root("r"))
)
def _(xp, X, W, root_r):
    return Zero(xp.push(lambda Y: Y @ xp.star(Y), X, softmax_attention(xp, X, W, root_r)))


@gram.neighbour("the dissipative flow X' = ∂V/∂X*", key="dissipative")
def _(xp, X, W, A, B):
    return Zero(xp.push(lambda Y: Y @ xp.star(Y), X, _force(xp, X, W, A, B)))


@gram.neighbour(
    "a quartic that is invariant under permutations only: Σ‖x_n‖⁴", key="permutation-only"
)
def _(xp, X):
    F = 2 * xp.expand(xp.norm2(X, axis=-1), -1) * X
    V = lambda Y: xp.sum(xp.norm2(Y, axis=-1) ** 2)
    return Force(V, X, F), Zero(xp.push(lambda Y: Y @ xp.star(Y), X, -xp.i * F))


@claim(
    "gram-frozen-noether",
    title="Noether: a token inner product moves as V does under the token rotation",
    sources=[ours()],
    equations=["eq-noether"],
    given=dict(
        X=matrix("N", "C"),
        Y=hermitian("N"),
        L=matrix("N", "N"),
        W=matrix("C", "C"),
        A=matrix("C", "C"),
        B=matrix("C", "C"),
    ),
    needs=["euler-lagrange-schroedinger"],
    tex=r"\tfrac{d}{dt}\operatorname{Tr}(YXX^*)=dV(iYX),\quad V\text{ real},\ Y=Y^*",
)
def noether(xp, X, Y, L, W, A, B):
    """For real V, invariant or not (here with a token mixer L that breaks the symmetry), along
    iX' = ∂V/∂X* the quantity Tr(Y XX*) changes at the rate at which V changes along iYX. If V is
    invariant under all token rotations, all of XX* is constant."""
    V = lambda Z: xp.real(xp.trace(L @ Z @ W @ xp.star(Z))) + xp.real(quartic(xp, Z, A, B))
    Ls, Ws = xp.star(L), xp.star(W)
    M, As, Bs = xp.star(X) @ X, xp.star(A), xp.star(B)
    F = (L @ X @ W + Ls @ X @ Ws + X @ (A @ M @ Bs + Bs @ M @ A + B @ M @ As + As @ M @ B)) / 2
    left = xp.push(lambda Z: xp.real(xp.trace(Y @ Z @ xp.star(Z))), X, -xp.i * F)
    return Equal(left, xp.push(V, X, xp.i * Y @ X))


@noether.neighbour("the sign of the generator", key="sign")
def _(xp, X, Y, L, W):
    V = lambda Z: xp.real(xp.trace(L @ Z @ W @ xp.star(Z)))
    F = (L @ X @ W + xp.star(L) @ X @ xp.star(W)) / 2
    left = xp.push(lambda Z: xp.real(xp.trace(Y @ Z @ xp.star(Z))), X, -xp.i * F)
    return Equal(left, -xp.push(V, X, xp.i * Y @ X))


@noether.neighbour("conserved even where a token mixer breaks the symmetry", key="broken-symmetry")
def _(xp, X, Y, L, W):
    F = (L @ X @ W + xp.star(L) @ X @ xp.star(W)) / 2
    return Zero(xp.push(lambda Z: xp.real(xp.trace(Y @ Z @ xp.star(Z))), X, -xp.i * F))


@claim(
    "gram-frozen-midpoint",
    title="Implicit midpoint freezes the inner products at every discrete depth",
    sources=[ours()],
    equations=["eq-gram-midpoint"],
    given=dict(
        m=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C"), h=real()
    ),
    needs=["gram-frozen"],
    tex=r"X_\pm=m\pm\tfrac h2f(m):\quad X_+X_+^*=X_-X_-^*",
)
def gram_midpoint(xp, m, W, A, B, h):
    """A step of the implicit midpoint rule of any size h, from m − ½h f(m) to m + ½h f(m), leaves
    XX* as it was: a layered network of such steps freezes the inner products too."""
    f = lambda Y: -xp.i * real_force(xp, Y, W, A, B)
    end = lambda sign: m + sign * h * f(m) / 2
    return (
        Equal(end(1) @ xp.star(end(1)), end(-1) @ xp.star(end(-1))),
        Equal(end(1) - end(-1), h * f((end(1) + end(-1)) / 2)),
    )


@gram_midpoint.neighbour("a residual layer X + h f(X)", key="residual-layer")
def _(xp, m, W, A, B, h):
    end = m - xp.i * h * real_force(xp, m, W, A, B)
    return Equal(end @ xp.star(end), m @ xp.star(m))


TWO_LAYERS = dict(Y=matrix("k", "C"), a=matrix("k"), layers=matrix(6, "C", "C"))


def _two_layers(xp, X, layers, attention, mlp):
    """Two residual layers with weights of their own: X + mlp(X)W_k + attention(X, A_k, B_k)."""
    for k in (0, 1):
        W, A, B = layers[3 * k], layers[3 * k + 1], layers[3 * k + 2]
        X = X + mlp(xp, X) @ W + attention(xp, X, A, B)
    return X


@claim(
    "orbit-theorem",
    title="Linear layers freeze every linear relation between tokens",
    sources=[ours()],
    equations=["eq-orbit-layers"],
    given=TWO_LAYERS,
    sizes=dict(k=[1, 2, 3], C=[1, 2, 3]),
    needs=["orbit-theorem-form"],
    tex=r"x_{N}=\textstyle\sum_n a_nx_n\ \text{before}\;\Rightarrow\;"
    r"x_{N}=\sum_n a_nx_n\ \text{after any linear layers}",
)
def orbit(xp, Y, a, layers, *, attention=linear_attention, mlp=lambda xp, Z: Z):
    """If the last token is a linear combination of the others, it is the same combination
    after two residual layers of linear MLP plus linear attention with untied weights, different in
    each layer; by repetition at every depth."""
    X = xp.concat([Y, xp.stack([a @ Y])])
    out = _two_layers(xp, X, layers, attention, mlp)
    return Equal(out[-1], a @ out[:-1])


orbit.vary(
    "softmax attention",
    key="softmax",
    attention=lambda xp, Z, A, B: xp.softmax(Z @ A @ xp.star(Z)) @ Z @ B,
)
orbit.vary(
    "a ReLU in the MLP, real tokens",
    key="relu",
    given=dict(Y=real_matrix("k", "C"), a=vector("k"), layers=real_matrix(6, "C", "C")),
    mlp=lambda xp, Z: xp.relu(Z),
)
orbit.vary(
    "each token normalized before the MLP",
    key="layer-norm",
    given=dict(Y=real_matrix("k", "C"), a=vector("k"), layers=real_matrix(6, "C", "C")),
    mlp=lambda xp, Z: xp.unit(Z),
)


@claim(
    "orbit-theorem-form",
    title="Linear MLP plus linear attention is X G(X*X), with untied weights",
    sources=[ours()],
    equations=["eq-orbit-form"],
    given=dict(
        X=matrix("N", "C"),
        U=matrix("C", "C"),
        V=matrix("C", "C"),
        Q=matrix("C", "r"),
        K=matrix("C", "r"),
        P=matrix("C", "r"),
        O=matrix("C", "r"),
    ),
    sizes=dict(N=[1, 2, 3], C=[1, 2, 3], r=[1, 2]),
    tex=r"XW_{\rm in}W_{\rm out}^*+(XQ)(XK)^*(XV)O^*=X\,G(X^*X),\ "
    r"G(M)=W_{\rm in}W_{\rm out}^*+QK^*MVO^*",
)
def orbit_form(xp, X, U, V, Q, K, P, O, *, conjugated=True):
    """A linear MLP with matrices U, V and a linear attention head computed from queries XQ, keys XK
    and values XP equals X times a C x C matrix that depends on X only through M = X*X. So
    X(t) = X(0) g(t)."""
    heads = ((X @ Q) @ xp.star(X @ K)) @ (X @ P) @ xp.star(O)
    M = (xp.star(X) if conjugated else X.T) @ X
    G = U @ xp.star(V) + Q @ xp.star(K) @ M @ P @ xp.star(O)
    return Equal((X @ U) @ xp.star(V) + heads, X @ G)


@orbit_form.neighbour(
    "g unitary in general: inner products frozen with untied weights", key="unitary"
)
def _(xp, X, U, V, Q, K, P, O):
    field = (X @ U) @ xp.star(V) + ((X @ Q) @ xp.star(X @ K)) @ (X @ P) @ xp.star(O)
    return Zero(xp.push(lambda Z: Z @ xp.star(Z), X, field))


orbit_form.vary("M = XᵀX, without conjugation", key="transpose", conjugated=False)


@claim(
    "lax-pair",
    title="X*X obeys a Lax equation: its spectrum is constant while it moves",
    sources=[ours()],
    equations=["eq-lax", "eq-lax-powers"],
    given=FIELD,
    needs=["euler-lagrange-schroedinger"],
    tex=r"i\dot M=[M,F(M)],\quad M=X^*X,\quad\tfrac{d}{dt}\operatorname{Tr}M^k=0",
)
def lax(xp, X, W, A, B):
    """The real quadratic and quartic V have the force X F(M), and along iX' = X F(M) the channels'
    Gram matrix M = X*X obeys iM' = [M, F]: the traces of M, M² and M³ are constant, as they are for
    every power."""
    M = xp.star(X) @ X
    F = field_matrix(xp, M, W, A, B)
    along = lambda f: xp.push(f, X, -xp.i * X @ F)
    return (
        Force(lambda Z: real_potential(xp, Z, W, A, B), X, X @ F),
        Equal(xp.i * along(lambda Z: xp.star(Z) @ Z), M @ F - F @ M),
        Zero(along(lambda Z: _powers(xp, Z))),
    )


def _powers(xp, Z):
    """Traces of the first three powers of Z*Z."""
    M1 = xp.star(Z) @ Z
    M2 = M1 @ M1
    return xp.real(xp.stack([xp.trace(M1), xp.trace(M2), xp.sum(M2 * M1.T)]))


@lax.neighbour(
    "the real softmax field, only permutation-invariant",
    key="softmax",
    given=dict(W=hermitian("C"), root_r=root("r")),
)
def _(xp, X, W, root_r):
    return Zero(xp.push(lambda Z: _powers(xp, Z), X, -xp.i * softmax_force(xp, X, W, root_r)))


@lax.neighbour("the dissipative flow", key="dissipative")
def _(xp, X, W, A, B):
    M = xp.star(X) @ X
    F = field_matrix(xp, M, W, A, B)
    M_dot = xp.push(lambda Z: xp.star(Z) @ Z, X, X @ F)
    return Equal(xp.i * M_dot, M @ F - F @ M)


@lax.neighbour("M itself constant", key="constant")
def _(xp, X, W, A, B):
    F = field_matrix(xp, xp.star(X) @ X, W, A, B)
    return Zero(xp.push(lambda Z: xp.star(Z) @ Z, X, -xp.i * X @ F))


@lax.neighbour("the commutator the other way round", key="sign")
def _(xp, X, W, A, B):
    M = xp.star(X) @ X
    F = field_matrix(xp, M, W, A, B)
    M_dot = xp.push(lambda Z: xp.star(Z) @ Z, X, -xp.i * X @ F)
    return Equal(xp.i * M_dot, F @ M - M @ F)


# -- stationary, not least -------------------------------------------------------------------------
@claim(
    "geodesic-minimal",
    title="The stationary path makes the action least",
    sources=[poster("The Approach: optimal path (geodesic) minimizing an action")],
    equations=["eq-saddle"],
    given=dict(start=matrix("C"), A=matrix("C", "C"), H=matrix("K", "C"), h=positive()),
    sizes=dict(K=[2, 3], C=[1, 2]),
    expect="refuted",
    tex=r"S(X)\le S(X+H)\ \text{for every }H\text{ that vanishes at the ends}",
)
def geodesic(xp, start, A, H, h):
    """Denied: along a path on which the phase-space action is stationary, it is least among the
    paths with the same ends. The potential is V = −‖xA‖², the sign that raises the action most;
    the path is the midpoint rule's, for which the discrete action is stationary."""
    W = -A @ xp.star(A)
    one, half = xp.eye(W.shape[0]), xp.i * h * W / 2
    path = [start]
    for _ in range(H.shape[0] + 1):
        path.append(xp.solve((one + half).T, xp.stack([path[-1] @ (one - half)]).T)[:, 0])
    X = xp.stack(path)
    S = lambda Z: phase_space_action(xp, Z, h, lambda x: xp.sum((x @ W) * xp.conj(x)))
    return AtMost(S(X), S(X + pinned(xp, H)))


@geodesic.neighbour(
    "kinetic minus potential energy, where a Jacobi field has no zero",
    key="before-the-first-conjugate-point",
    given=dict(s=positive("m+2"), xi=vector("m")),
    sizes=dict(m=[1, 2, 3, 4, 5, 6]),
)
def _(xp, s, xi):
    k = (2 * s[1:-1] - s[:-2] - s[2:]) / s[1:-1]
    path = pinned(xp, xi)
    second = xp.sum((path[1:] - path[:-1]) ** 2) - xp.sum(k * xi**2)
    ratio = s[1:] / s[:-1]
    return at_most(0, second, room=xp.sum((path[1:] - ratio * path[:-1]) ** 2 / ratio))


@geodesic.neighbour(
    "the free particle of kinetic minus potential energy",
    key="free-particle",
    given=dict(a=vector("n"), b=vector("n"), z=real_matrix("K", "n"), h=positive()),
)
def _(xp, a, b, z, h):
    K = z.shape[0] + 1
    line = xp.stack([a + k * (b - a) / K for k in range(K + 1)])
    S = lambda Z: newton_action(xp, Z, h, lambda x: xp.sum(x) * 0)
    d = pinned(xp, z)
    return at_most(S(line), S(line + d), room=xp.norm2(d[1:] - d[:-1]) / (2 * h))


@claim(
    "geodesic-minimal-signature",
    title="The phase-space kinetic action has as many rising as falling directions",
    sources=[ours()],
    equations=["eq-signature"],
    given=dict(H=matrix("K", "C")),
    tex=r"Q(\bar H)=-Q(H),\quad Q(H)=\textstyle\sum_k\operatorname{Re}\,"
    r"i\,(H_{k+1}-H_k)\,\tfrac{(H_{k+1}+H_k)^*}{2}",
)
def signature(xp, H, *, sign=-1):
    """Conjugating a variation turns the sign of the kinetic part of the second variation: its
    Hessian has equally many positive and negative eigenvalues."""
    Q = lambda Z: phase_space_action(xp, pinned(xp, Z), xp.one * 0, lambda x: xp.sum(x) * 0)
    return Equal(Q(xp.conj(H)), sign * Q(H))


signature.vary("conjugation leaves it alone", key="sign", sign=1)


@claim(
    "geodesic-minimal-rank",
    title="The phase-space kinetic Hessian has rank 2·2⌊K/2⌋ for K inner points",
    sources=[ours()],
    equations=["eq-kinetic-rank"],
    given=dict(H=matrix("K")),
    needs=["geodesic-minimal-signature"],
    tex=r"\operatorname{rank}Q''=4\lfloor K/2\rfloor",
)
def kinetic_rank(xp, H, *, rank=lambda K: 4 * (K // 2)):
    """With K inner points of one complex coordinate, the Hessian of the kinetic action has 2K real
    dimensions and rank 4⌊K/2⌋; with the equal numbers of both signs, 2⌊K/2⌋ directions go up and
    2⌊K/2⌋ go down."""
    Q = lambda Z: phase_space_action(xp, pinned(xp, Z), xp.one * 0, lambda x: x * 0)
    hessian = lambda U, V: xp.push(lambda Y: xp.push(Q, Y, U), H, V)
    return Rank(form_matrix(xp, hessian, H.shape), rank(H.shape[0]))


kinetic_rank.vary("full rank at every K", key="full-rank", rank=lambda K: 2 * K)


@claim(
    "geodesic-minimal-jacobi",
    title="No conjugate point, no falling direction",
    sources=[ours()],
    equations=["eq-picone"],
    given=dict(s=positive("m+2"), xi=vector("m")),
    tex=r"\textstyle\sum(\xi_{j+1}-\xi_j)^2-\sum k_j\xi_j^2"
    r"=\sum\frac{s_j}{s_{j+1}}\bigl(\xi_{j+1}-\tfrac{s_{j+1}}{s_j}\xi_j\bigr)^2\ge0",
)
def jacobi(xp, s, xi):
    """Let k be the curvatures of a potential along a path, times the squared step, and s a positive
    solution of the Jacobi equation: k(j) s(j) = 2 s(j) − s(j−1) − s(j+1). Then the second variation
    of kinetic minus potential energy is a sum of squares, and the path is a minimum."""
    k = (2 * s[1:-1] - s[:-2] - s[2:]) / s[1:-1]
    path = pinned(xp, xi)
    second = xp.sum((path[1:] - path[:-1]) ** 2) - xp.sum(k * xi**2)
    ratio = s[1:] / s[:-1]
    return at_most(0, second, room=xp.sum((path[1:] - ratio * path[:-1]) ** 2 / ratio))


@jacobi.neighbour(
    "minimal for all T: any curvature", key="any-curvature", given=dict(k=vector("m"))
)
def _(xp, k, xi):
    path = pinned(xp, xi)
    return AtMost(0, xp.sum((path[1:] - path[:-1]) ** 2) - xp.sum(k * xi**2))


@claim(
    "geodesic-minimal-index",
    title="The oscillator's index goes up by one at each multiple of π/w",
    sources=[ours()],
    equations=["eq-index"],
    given=dict(a=vector("m"), w=real(), T=positive()),
    needs=["geodesic-minimal-jacobi"],
    tex=r"\int_0^T(\dot\xi^2-w^2\xi^2)dt=\tfrac T2\sum_ka_k^2\bigl((\tfrac{k\pi}{T})^2-w^2\bigr),"
    r"\quad\xi=\sum_ka_k\sin\tfrac{k\pi t}{T}",
)
def index(xp, a, w, T):
    """The second variation of ∫ ½(x'² − w²x²), doubled, is diagonal on sines: mode k turns negative
    when T passes kπ/w. The integral is taken by the trapezoidal rule with m + 1 panels, which is
    exact for these trigonometric polynomials."""
    return Equal(_oscillator_variation(xp, a, w, T), T * xp.sum(_modes(xp, a, w, T, 0)) / 2)


def _oscillator_variation(xp, a, w, T):
    """∫ ξ'² − w²ξ² over [0, T] for ξ = Σ a_k sin(kπt/T), by trapezoids, exactly."""
    m = a.shape[0]
    panels, total = m + 1, None
    for j in range(panels + 1):
        turn = [xp.pi * k * j / panels for k in range(1, m + 1)]
        xi = xp.sum(xp.stack([xp.sin(x) for x in turn]) * a)
        rate = xp.stack([k * xp.cos(x) for k, x in enumerate(turn, 1)])
        value = (xp.pi * xp.sum(rate * a) / T) ** 2 - w**2 * xi**2
        value = value / 2 if j in (0, panels) else value
        total = value if total is None else total + value
    return total * T / panels


def _modes(xp, a, w, T, shift):
    """a_k² ((k + shift)²π²/T² − w²), mode by mode."""
    rates = xp.constant([k + shift for k in range(1, a.shape[0] + 1)]) * xp.pi / T
    return a**2 * (rates**2 - w**2)


@index.neighbour("the index off by one: mode k turns at (k + 1)π/w", key="off-by-one")
def _(xp, a, w, T):
    return Equal(_oscillator_variation(xp, a, w, T), T * xp.sum(_modes(xp, a, w, T, 1)) / 2)


@index.neighbour("minimal for all T, already on the variation ξ = t(T − t)", key="minimal-for-all")
def _(xp, w, T):
    return AtMost(0, T**3 / 3 - w**2 * T**5 / 30)


# -- kinetic minus potential energy ----------------------------------------------------------------
NEWTON = dict(
    X=real_matrix("N", "C"),
    X_dot=real_matrix("N", "C"),
    X_ddot=real_matrix("N", "C"),
    H=real_matrix("N", "C"),
    W=real_matrix("C", "C"),
    A=real_matrix("C", "C"),
    B=real_matrix("C", "C"),
)


def _real_potential(xp, X, W, A, B):
    """½ Tr(XWXᵀ) + ½ Tr(XAXᵀXBᵀXᵀ) for real X."""
    M = X.T @ X
    return xp.trace(W @ M + A @ M @ B.T @ M) / 2


def _real_gradient(xp, X, W, A, B):
    """Its gradient, term by term."""
    M = X.T @ X
    return X @ (W + W.T + A @ M @ B.T + B.T @ M @ A + B @ M @ A.T + A.T @ M @ B) / 2


@claim(
    "kinetic-minus-potential",
    title="Kinetic minus potential energy gives a second-order equation",
    sources=[poster("Result")],
    equations=["eq-newton"],
    given=NEWTON,
    tex=r"\delta\!\int\bigl(\tfrac12\lVert\dot X\rVert^2-V\bigr)dt"
    r"=-\int\langle H,\ddot X+\nabla V\rangle dt",
)
def newton(xp, X, X_dot, X_ddot, H, W, A, B, *, order=2, sign=1):
    """For real X and the action ∫ (½‖X'‖² − V), V a real quadratic plus quartic, the first
    variation is −∫⟨H, X'' + ∇V⟩: the equation is X'' = −∇V, of second order in depth."""
    L = lambda Y, U: newton_lagrangian(xp, Y, U, lambda Z: _real_potential(xp, Z, W, A, B))
    left = euler_lagrange(xp, L, X, X_dot, X_ddot, H)
    change = X_ddot if order == 2 else X_dot
    return Equal(left, -xp.sum(H * (change + sign * _real_gradient(xp, X, W, A, B))))


@newton.printed(
    "stationary along a first-order flow X' = −∇V",
    tex=r"S=\int(\text{Kinetic}-\text{Potential})\,dt\ \Rightarrow\ "
    r"\dot X=\text{MLP}(X)+\text{Attention}(X)",
)
def _(xp, X, H, W, A, B):
    f = lambda Y: -_real_gradient(xp, Y, W, A, B)
    L = lambda Y, U: newton_lagrangian(xp, Y, U, lambda Z: _real_potential(xp, Z, W, A, B))
    return Zero(euler_lagrange(xp, L, X, f(X), xp.push(f, X, f(X)), H))


newton.vary("X' in the place of X''", key="first-order", order=1)
newton.vary("X'' = +∇V", key="sign", sign=-1)


@claim(
    "kinetic-minus-potential-overdamped",
    title="With friction, a light particle on a parabola follows the first-order flow, at rate m",
    sources=[ours()],
    equations=["eq-overdamped"],
    given=dict(k=between(1, 2), x=between(1, 2), v=between(1, 2), t=between(3, 4)),
    needs=["kinetic-minus-potential"],
    tex=r"mx''+x'=-kx:\quad x_m(t)-e^{-kt}x_0=m\,e^{-kt}(v_0+kx_0-k^2t\,x_0)+O(m^2)",
)
def overdamped(xp, k, x, v, t, *, velocity=1):
    """The solution of mx'' + x' = −kx with x(0) = x, x'(0) = v differs from the solution exp(−kt)x
    of x' = −kx by m exp(−kt)(v + kx − k²tx) to leading order as m = 1/n goes to 0."""
    limit = xp.exp(-k * t) * x
    constant = xp.exp(-k * t) * xp.abs(velocity * v + k * x - k**2 * t * x)
    return Rate(lambda n: xp.abs(_damped(xp, n, k, x, v, t) - limit), 1, constant, start=32)


def _damped(xp, n, k, x, v, t):
    """x(t) for x''/n + x' = −kx, x(0) = x, x'(0) = v; overdamped for n > 4k."""
    root = xp.sqrt(1 - 4 * k / n)
    slow, fast = n * (root - 1) / 2, -n * (root + 1) / 2
    weight = (v - fast * x) / (slow - fast)
    return weight * xp.exp(slow * t) + (x - weight) * xp.exp(fast * t)


@overdamped.neighbour("second order in the mass", key="second-order")
def _(xp, k, x, v, t):
    limit = xp.exp(-k * t) * x
    return Rate(lambda n: xp.abs(_damped(xp, n, k, x, v, t) - limit), 2, start=32)


overdamped.vary("the starting velocity left out of the constant", key="no-velocity", velocity=0)


@overdamped.neighbour("the mass held at 1/32", key="fixed-mass")
def _(xp, k, x, v, t):
    limit = xp.exp(-k * t) * x
    return Rate(lambda n: xp.abs(_damped(xp, 32, k, x, v, t) - limit), 1, start=32)
