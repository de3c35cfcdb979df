"""One Hamiltonian framework?"""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, poster, talk
from fieldcheck.domains import hermitian, matrix, real_matrix
from fieldcheck.fields import potentials
from fieldcheck.register.linear_transformer.shared import UP_TO_3, mlp_and_attention
from fieldcheck.relations import Equal, Zero


def _generator(xp, W, prefactor):
    """The real 2C x 2C matrix of x' = prefactor · xW acting on z = (q, p), x = (q + ip)/√2."""
    C = W.shape[0]

    def velocity(z):
        x = (z[:C] + xp.i * z[C:]) @ W * prefactor
        return xp.concat([xp.real(x), xp.imag(x)])

    return xp.jacobian(velocity, xp.zeros(2 * C))


def _symplectic_unit(xp, C):
    """The matrix J = [[0, 1], [−1, 0]] of the symplectic form."""
    none, one = xp.zeros(C, C), xp.eye(C)
    return xp.concat([xp.concat([none, one], axis=1), xp.concat([-one, none], axis=1)])


def _odd_power_sums(xp, G):
    """Traces of the odd powers of G below its size: all zero if and only if the spectrum is
    symmetric under λ → −λ."""
    power, sums = G, [xp.trace(G)]
    for _ in range(1, G.shape[0] // 2):
        power = power @ G @ G
        sums.append(xp.trace(power))
    return xp.stack(sums)


@claim(
    "single-hamiltonian",
    expect="proved up to C = 3",
    title="With a skew-Hermitian weight the talk's linear flow is Hamiltonian",
    sources=[poster("Takeaway"), talk("Why Is V “Effective”?")],
    equations=["eq-lt-hamiltonian-matrix"],
    given=dict(W=hermitian("C")),
    sizes=dict(C=[1, 2, 3]),
    tex=r"G^\top J + JG = 0,\quad \ii\dot x = xW,\; W = W^*",
    differs="more",
)
def single_hamiltonian(xp, W):
    """For Hermitian W the flow ix' = xW, written in (q, p), has a generator G with Gᵀ J + JG = 0:
    a Hamiltonian matrix. The talk's flow x' = ½xW' is of this form if W' = −2iW is
    skew-Hermitian."""
    G, J = _generator(xp, W, -xp.i), _symplectic_unit(xp, W.shape[0])
    return Zero(G.T @ J + J @ G)


@single_hamiltonian.neighbour(
    "the linear flow with free weights",
    key="free-weights",
    given=dict(W=matrix("C", "C")),
    tex=r"\dot x=\tfrac12xW,\ W\text{ free}:\quad G^\top J+JG=0",
)
def _(xp, W):
    G, J = _generator(xp, W, xp.one / 2), _symplectic_unit(xp, W.shape[0])
    return Zero(G.T @ J + J @ G)


@single_hamiltonian.neighbour(
    "the paper's equation x' = xW with the same real potential", key="paper-equation"
)
def _(xp, W):
    G, J = _generator(xp, W, xp.one), _symplectic_unit(xp, W.shape[0])
    return Zero(G.T @ J + J @ G)


@claim(
    "single-hamiltonian-quadruples",
    expect="proved up to C = 3",
    title="The eigenvalues of a Hamiltonian linear flow come as ±λ",
    sources=[talk("Why Is V “Effective”?")],
    equations=["eq-lt-quadruples"],
    given=dict(W=hermitian("C")),
    sizes=dict(C=[1, 2, 3]),
    needs=["single-hamiltonian"],
)
def single_hamiltonian_quadruples(xp, W):
    """The traces of the odd powers of that generator vanish, so its spectrum is symmetric under
    λ → −λ; being real, it has eigenvalues in quadruples ±λ, ±λ̄ (here on the imaginary axis)."""
    return Zero(_odd_power_sums(xp, _generator(xp, W, -xp.i)))


single_hamiltonian_quadruples.vary(
    "weights that are not Hermitian", key="generic-w", given=dict(W=matrix("C", "C"))
)


@single_hamiltonian_quadruples.neighbour("the paper's equation", key="paper-equation")
def _(xp, W):
    return Zero(_odd_power_sums(xp, _generator(xp, W, xp.one)))


@claim(
    "single-hamiltonian-ascent",
    expect="proved",
    title="The paper's equation with a real potential climbs it",
    sources=[poster("Takeaway"), paper("Definition 2")],
    equations=["eq-lt-ascent"],
    given=dict(X=matrix("N", "C"), W=matrix("C", "C"), A=matrix("C", "C"), B=matrix("C", "C")),
    sizes=UP_TO_3,
)
def single_hamiltonian_ascent(xp, X, W, A, B):
    """For real V, here quadratic plus quartic, X' = ∂V/∂X* increases V at the rate 2‖∂V/∂X*‖²:
    gradient ascent, not a conservative motion."""
    V = lambda X: potentials.real_potential(xp, X, W, A, B)
    force = potentials.real_force(xp, X, W, A, B)
    return Equal(xp.push(V, X, force), 2 * xp.norm2(force))


@single_hamiltonian_ascent.neighbour("V conserved", key="conserved")
def _(xp, X, W, A, B):
    V = lambda X: potentials.real_potential(xp, X, W, A, B)
    return Zero(xp.push(V, X, potentials.real_force(xp, X, W, A, B)))


REAL_BLOCK = dict(
    A=real_matrix("C", "C"),
    B=real_matrix("C", "C"),
    W_in=real_matrix("C", "C"),
    W_out=real_matrix("C", "C"),
)


@claim(
    "single-hamiltonian-real-block",
    title="Is a real block Hamiltonian in some symplectic structure?",
    sources=[poster("Takeaway")],
    equations=["eq-lt-real-block"],
    given=REAL_BLOCK,
    sizes=dict(C=[1, 2]),
    expect="refuted",
)
def single_hamiltonian_real_block(xp, A, B, W_in, W_out):
    """Softmax attention plus a bias-free MLP rests at X = 0. Were it a Hamiltonian field, in any
    symplectic structure on the real states of two tokens, the spectrum of its linearization there
    would be symmetric under λ → −λ and the traces of odd powers would vanish. They do not."""
    mlp, attention = mlp_and_attention(xp, W_in, W_out, A, B)
    rest = xp.zeros(2, A.shape[0])
    return Zero(_odd_power_sums(xp, xp.jacobian(lambda X: mlp(X) + attention(X), rest)))


@single_hamiltonian_real_block.neighbour("a linear layer with skew weights", key="skew-weights")
def _(xp, A, B, W_in, W_out):
    rest = xp.zeros(2, A.shape[0])
    return Zero(_odd_power_sums(xp, xp.jacobian(lambda X: X @ (A - A.T), rest)))


@claim(
    "single-hamiltonian-odd",
    expect="proved up to n = 3",
    title="An odd number of real coordinates carries no symplectic form",
    sources=[ours("real states")],
    equations=["eq-lt-odd"],
    given=dict(A=real_matrix("n", "n")),
    sizes=dict(n=[1, 3]),
)
def single_hamiltonian_odd(xp, A):
    """A two-form on ℝⁿ is a skew matrix. For odd n every skew matrix is singular, so no
    two-form is nondegenerate."""
    return Zero(xp.det(A - A.T))


single_hamiltonian_odd.vary("an even number", key="even", given=dict(A=real_matrix(2, 2)))
