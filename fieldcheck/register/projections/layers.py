"""Layers: projected gradient descent, tied weights, affine projections."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, paper, talk
from fieldcheck.domains import (
    nonnegative,
    orthogonal,
    positive,
    real,
    real_matrix,
    symmetric,
    vector,
)
from fieldcheck.fields.integrability import euclidean_pairing
from fieldcheck.relations import AtMost, Equal, Gradient, Piece, Rank, Solutions, at_most


@claim(
    "projected-gradient-mlp",
    expect="proved up to n = 3",
    title="A step of projected gradient descent is a ReLU layer",
    sources=[talk("Transformers")],
    equations=["eq-projected-gradient"],
    given=dict(A=symmetric("n"), b=vector("n"), x=vector("n"), eta=positive()),
    sizes=dict(n=[1, 2, 3]),
    needs=["relu-orthant-projection"],
)
def projected_gradient(xp, A, b, x, eta):
    r"""One step of projected gradient descent for a quadratic function with symmetric $A$, on the
    orthant, is a ReLU layer with weight $I - \eta A$ and bias $-\eta b$: a symmetric weight."""
    f = lambda y: xp.sum(y * (A @ y)) / 2 + xp.sum(b * y)
    weight = xp.eye(x.shape[0]) - eta * A
    return Equal(xp.relu(x - eta * xp.gradient(f, x)), xp.relu(weight @ x - eta * b))


@projected_gradient.reading(
    "a ReLU layer with any weight is such a step, in the Euclidean metric",
    tex=r"\text{where } Wx + c > 0:\quad D(Wx+c)_+ = I - \eta\nabla^2f(x)\ "
    r"\text{ is symmetric}",
    given=dict(W=real_matrix("n", "n"), s=positive("n")),
)
def _(xp, W, x, s):
    c = s - W @ x
    J = xp.jacobian(lambda y: xp.relu(W @ y + c), x)
    return Equal(J, J.T)


projected_gradient.vary("asymmetric W", key="asymmetric-w", given=dict(A=real_matrix("n", "n")))


def descent(xp, A, b, x, eta):
    """(f(x), f(x₊), x₊, x - η∇f(x)) for f = ½⟨x, Ax⟩ + ⟨b, x⟩ and one projected step."""
    f = lambda y: xp.sum(y * (A @ y)) / 2 + xp.sum(b * y)
    aim = x - eta * (A @ x + b)
    return f(x), f(xp.relu(aim)), xp.relu(aim), aim


@claim(
    "projected-gradient-mlp-descent",
    expect="proved up to n = 3",
    title="The step goes down for η < 2/L from a feasible point",
    sources=[talk("Transformers")],
    equations=["eq-projected-descent"],
    given=dict(
        B=real_matrix("n", "n"), L=positive(), b=vector("n"), x=nonnegative("n"), k=positive()
    ),
    sizes=dict(n=[1, 2, 3]),
    needs=["projected-gradient-mlp"],
)
def projected_descent(xp, B, L, b, x, k):
    r"""If the largest eigenvalue of $A$ is at most $L$ (so $A = L - BB^{\mathsf T}$), the step is
    $\eta = 1/(L/2 + k) < 2/L$ and $x$ is feasible, one step does not increase $f$."""
    A = L * xp.eye(x.shape[0]) - B @ B.T
    eta = 1 / (L / 2 + k)
    before, after, new, aim = descent(xp, A, b, x, eta)
    d = new - x
    return at_most(
        after,
        before,
        room=xp.sum(xp.relu(-aim) * x) / eta + xp.norm2(B.T @ d) / 2 + k * xp.norm2(d),
    )


@projected_descent.neighbour("η = 3/L", key="eta-too-large")
def _(xp, B, L, b, x, k):
    A = L * xp.eye(x.shape[0]) - B @ B.T
    before, after, _, _ = descent(xp, A, b, x, 3 / L)
    return AtMost(after, before)


@projected_descent.neighbour("infeasible start", key="infeasible-start", given=dict(x=vector("n")))
def _(xp, B, L, b, x, k):
    A = L * xp.eye(x.shape[0]) - B @ B.T
    before, after, _, _ = descent(xp, A, b, x, 1 / (L / 2 + k))
    return AtMost(after, before)


@claim(
    "tied-mlp-gradient",
    expect="proved",
    title="A tied ReLU-MLP is a gradient",
    sources=[talk("Transformers"), paper("MLP potential")],
    equations=["eq-tied-mlp"],
    given=dict(X=real_matrix("N", "C"), W=real_matrix("C", "m")),
    sizes=dict(N=[1, 2], C=[1, 2, 3], m=[1, 2]),
    needs=["relu-orthant-projection-gradient"],
)
def tied_mlp(xp, X, W, *, U=None):
    r"""$(XW)_+W^{\mathsf T}$ is the gradient of $\frac12\lVert(XW)_+\rVert^2$ in $X$."""
    V = lambda Y: xp.sum(xp.relu(Y @ W) ** 2) / 2
    return Gradient(V, X, xp.relu(X @ W) @ (W if U is None else U).T)


tied_mlp.vary("untied", key="untied", given=dict(U=real_matrix("C", "m")))


@tied_mlp.neighbour(
    "untied, and any potential",
    key="untied-any-potential",
    given=dict(U=real_matrix("C", "m"), H=real_matrix("N", "C"), K=real_matrix("N", "C")),
    sizes=dict(N=[1, 2], C=[2, 3], m=[1, 2]),
    tex=r"F(X) = (XW)_+U^{\mathsf T}:\quad DF = DF^{\mathsf T}",
)
def _(xp, X, W, U, H, K):
    F = lambda Y: xp.relu(Y @ W) @ U.T
    return Equal(euclidean_pairing(xp, F, X, H, K), euclidean_pairing(xp, F, X, K, H))


@claim(
    "tied-mlp-gradient-parallel",
    expect="proved",
    title="Parallel columns suffice",
    sources=[ours()],
    equations=["eq-parallel-mlp"],
    given=dict(x=vector("C"), W=real_matrix("C", "m"), d=vector("m")),
    sizes=dict(C=[1, 2, 3], m=[1, 2, 3]),
    needs=["tied-mlp-gradient"],
)
def parallel_mlp(xp, x, W, d):
    r"""With $W_{\mathrm{out}} = W_{\mathrm{in}}D$, $D$ diagonal of any sign, the MLP is still a
    gradient."""
    V = lambda y: xp.sum(d * xp.relu(y @ W) ** 2) / 2
    return Gradient(V, x, (W * d[None, :]) @ xp.relu(x @ W))


@parallel_mlp.neighbour("a full matrix D", key="full-matrix", given=dict(D=real_matrix("m", "m")))
def _(xp, x, W, D):
    V = lambda y: xp.sum(xp.relu(y @ W) * (D @ xp.relu(y @ W))) / 2
    return Gradient(V, x, W @ (D @ xp.relu(x @ W)))


@claim(
    "tied-mlp-gradient-converse",
    expect="proved up to k = 1; m = 3",
    title="Parallel columns are needed",
    sources=[ours()],
    given=dict(W=real_matrix("m+k", "m")),
    sizes=dict(m=[2, 3], k=[0, 1]),
    needs=["tied-mlp-gradient-parallel"],
    tex=r"F_V(x) = V(W^{\mathsf T}x)_+:\quad "
    r"\{V : DF_V = DF_V^{\mathsf T}\ \text{wherever } DF_V \text{ exists}\}"
    r"\ \text{has dimension } m",
)
def converse_mlp(xp, W):
    r"""With no more hidden units than channels every pattern of active units occurs. For generic
    $W_{\mathrm{in}}$ the symmetry of the Jacobian in all of them leaves $m$ free numbers in
    $W_{\mathrm{out}}$: one factor for each column."""
    return Rank(asymmetries(xp, W), W.shape[1] * (W.shape[0] - 1))


def asymmetries(xp, W):
    """The entries of DF - DF^T for F(x) = V (W^T x)_+, one row for each pattern of active units and
    each pair of channels; one column for each entry of V, on which they depend linearly."""
    C, m = W.shape
    one, rows = xp.eye(C), []
    for pattern in range(1, 2**m):
        active = xp.constant([pattern >> k & 1 for k in range(m)])
        columns = []
        for V in xp.basis((C, m)):
            F = lambda x, V=V, active=active: V @ (active * (x @ W))
            pair = lambda h, k, F=F: euclidean_pairing(xp, F, h * 0, h, k)
            twists = [
                pair(one[j], one[i]) - pair(one[i], one[j]) for i in range(C) for j in range(i)
            ]
            columns.append(twists)
        rows += [xp.stack(row) for row in zip(*columns, strict=True)]
    return xp.stack(rows)


@converse_mlp.neighbour("W_in D refused: only multiples of W_in", key="win-d-refused")
def _(xp, W):
    return Rank(asymmetries(xp, W), W.shape[1] * W.shape[0] - 1)


@converse_mlp.neighbour("generic weights allowed", key="generic")
def _(xp, W):
    return Rank(asymmetries(xp, W), 0)


def dual(xp, W, Z):
    """A matrix V with V^T W = I: the pseudo-inverse's transpose, plus Z off the range of W."""
    pseudo = xp.solve(W.T @ W, W.T)
    return pseudo.T + Z - W @ (pseudo @ Z)


@claim(
    "affine-orthant-projection",
    expect="proved up to k, m = 2",
    title="When (XW_in)₊W_out* is idempotent",
    sources=[paper("affine projection")],
    equations=["eq-affine-projection"],
    given=dict(x=vector("m+k"), W=real_matrix("m+k", "m"), Z=real_matrix("m+k", "m")),
    sizes=dict(m=[1, 2], k=[0, 1, 2]),
)
def affine_projection(xp, x, W, Z, *, back=dual):
    r"""If $W_{\mathrm{out}}^{\mathsf T}W_{\mathrm{in}} = I$ the map $x \mapsto
    W_{\mathrm{out}}(W_{\mathrm{in}}^{\mathsf T}x)_+$ is idempotent. (In the code $W_{\mathrm{out}}$
    is the transposed pseudo-inverse of $W_{\mathrm{in}}$ plus anything orthogonal to its
    columns.)"""
    f = lambda y: back(xp, W, Z) @ xp.relu(W.T @ y)
    return Equal(f(f(x)), f(x))


affine_projection.vary(
    "for any weights",
    role="printed",
    key="generic-accepted",
    tex=r"f(x) = W_{\mathrm{out}}(W_{\mathrm{in}}^{\mathsf T}x)_+ \text{ is a projection}: ff = f",
    back=lambda xp, W, Z: Z,
)
affine_projection.vary("tied weights of any length", key="tied", back=lambda xp, W, Z: W)


@claim(
    "affine-orthant-projection-line",
    expect="proved",
    title="Beyond full rank there are others: W_in = (1, -1)",
    sources=[ours()],
    equations=["eq-affine-line"],
    given=dict(v=vector(2)),
    needs=["relu-axioms"],
)
def affine_line(xp, v):
    r"""With two units and $W_{\mathrm{in}} = (1, -1)$ on a line, the network is idempotent exactly
    for the $v$ of `relu-axioms`. One of them is $v = (1, -1)$, the identity, which is also a metric
    projection, although no $v$ at all has $W_{\mathrm{out}}^{\mathsf T}W_{\mathrm{in}} = I$."""
    f = lambda y: v[0] * xp.relu(y) + v[1] * xp.relu(-y)
    return Solutions(
        Piece(zero=(f(f(xp.one)) - f(xp.one), f(f(-xp.one)) - f(-xp.one))),
        (
            Piece(zero=(v[0] - 1, v[1] + 1)),
            Piece(zero=(v[0], v[1])),
            Piece(zero=(v[0] - 1,), nonnegative=(v[1],)),
            Piece(zero=(v[1] + 1,), nonnegative=(-v[0],)),
        ),
    )


@affine_line.neighbour("W_out* W_in = I called necessary", key="called-necessary")
def _(xp, v):
    f = lambda y: v[0] * xp.relu(y) + v[1] * xp.relu(-y)
    return Solutions(
        Piece(zero=(f(f(xp.one)) - f(xp.one), f(f(-xp.one)) - f(-xp.one))),
        (Piece(zero=(v[0] - 1, v[0], -v[1], -v[1] - 1)),),
    )


@claim(
    "affine-orthant-projection-single",
    expect="proved",
    title="One unit on a line: idempotent iff w'w = 1, or one of them is zero",
    sources=[ours()],
    given=dict(v=real(), w=real()),
    tex=r"v(w\,v(wx)_+)_+ = v(wx)_+ \iff vw = 1 \text{ or } v = 0 \text{ or } w = 0",
)
def affine_single(xp, v, w):
    r"""For one unit on a line $vw = 1$ is sufficient, and necessary if both weights have full
    column rank, that is, are not zero. Full rank of $W_{\mathrm{in}}$ alone is not enough."""
    f = lambda y: v * xp.relu(w * y)
    return Solutions(
        Piece(zero=(f(f(xp.one)) - f(xp.one), f(f(-xp.one)) - f(-xp.one))),
        (Piece(zero=(v * w - 1,)), Piece(zero=(v,)), Piece(zero=(w,))),
    )


@affine_single.neighbour("full rank of W_in is enough", key="win-rank-enough")
def _(xp, v, w):
    f = lambda y: v * xp.relu(w * y)
    return Solutions(
        Piece(zero=(f(f(xp.one)) - f(xp.one), f(f(-xp.one)) - f(-xp.one)), nonzero=(w,)),
        (Piece(zero=(v * w - 1,)),),
    )


@claim(
    "affine-orthant-projection-metric",
    expect="proved up to k = 1; m = 2",
    title="It is the nearest point of a cone if the columns are orthogonal",
    sources=[paper("affine projection"), ours()],
    equations=["eq-affine-metric"],
    given=dict(x=vector("m+k"), Q=orthogonal("m+k"), s=positive("m"), z=nonnegative("m")),
    sizes=dict(m=[1, 2], k=[0, 1]),
)
def affine_metric(xp, x, Q, s, z):
    r"""With orthogonal columns $w_k = s_kq_k$ and $w_{\mathrm{out},k} = w_k/\lVert w_k\rVert^2$,
    the map is the metric projection onto the cone of the columns."""
    q = Q[:, : s.shape[0]]
    w = q * s[None, :]
    f = (q / s[None, :]) @ xp.relu(w.T @ x)
    return at_most(
        xp.sum((x - f) * (w @ z - f)),
        xp.zeros(),
        room=xp.sum(xp.relu(-(w.T @ x)) * z),
        sharp=True,
    )


@affine_metric.neighbour(
    "oblique columns with W_out^T W_in = I",
    key="oblique",
    given=dict(W=real_matrix("m+k", "m")),
    sizes=dict(m=[2], k=[0, 1]),
)
def _(xp, x, z, W):
    f = dual(xp, W, W * 0) @ xp.relu(W.T @ x)
    return AtMost(xp.sum((x - f) * (dual(xp, W, W * 0) @ z - f)), xp.zeros())
