"""Depth as time."""

from __future__ import annotations

from fieldcheck.claim import claim, ours, talk
from fieldcheck.domains import positive, real_matrix, vector
from fieldcheck.fields import depth, layers
from fieldcheck.relations import Rate

LAYER = dict(x=vector("C"), W_in=real_matrix("C", "r"), W_out=real_matrix("C", "r"))
SMALL_LAYER = dict(C=[2], r=[1, 2])


@claim(
    "layer-as-time",
    title="Layers of step 1/n tend to the flow at order 1",
    sources=[talk("Transformers")],
    equations=["eq-lt-layer-ode"],
    given=LAYER,
    sizes=SMALL_LAYER,
    tex=r"X(t+h) = X(t) + h\,W'\lambda W X(t)\;\text{ has global error }O(h)",
    differs="less",
)
def layer_as_time(xp, x, W_in, W_out, *, order=1, times=1):
    """Residual layers x + hλ(xW)W′ with a smooth λ (here tanh), n of them with step h = T/n,
    end within O(1/n) of where the Runge-Kutta method of order 4 ends: Euler's method, of
    first order."""
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)
    end = lambda step, n, count: depth.march(lambda x: step(f, x, xp.one / (4 * n)), x, count)
    gap = lambda n: xp.norm(end(depth.euler, n, times * n) - end(depth.rk4, n, n))
    return Rate(gap, order=order)


layer_as_time.vary("Euler's method of order 2", key="euler-order-2", order=2)
layer_as_time.vary("twice as many layers at the same step", key="twice-the-depth", times=2)


@claim(
    "layer-as-time-midpoint",
    title="The midpoint rule has order 2",
    sources=[ours("comparison of methods")],
    given=LAYER,
    sizes=SMALL_LAYER,
    needs=["layer-as-time"],
)
def layer_midpoint(xp, x, W_in, W_out, *, method=depth.midpoint):
    """The same flow by n midpoint steps: error O(1/n²), for a smooth activation."""
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)
    end = lambda step, n: depth.march(lambda x: step(f, x, xp.one / (4 * n)), x, n)
    return Rate(lambda n: xp.norm(end(method, n) - end(depth.rk4, n)), order=2)


layer_midpoint.vary(
    "the slope read at a third of the step",
    key="slope-at-a-third",
    method=lambda f, x, h: x + f(x + f(x) * h / 3) * h,
)


@claim(
    "layer-as-time-rk4",
    title="Runge-Kutta has order 4 for a smooth activation",
    sources=[ours("comparison of methods")],
    given=LAYER,
    sizes=SMALL_LAYER,
    needs=["layer-as-time"],
)
def layer_rk4(xp, x, W_in, W_out):
    """The classical Runge-Kutta method with n and with 2n steps differs by O(1/n⁴), for a smooth
    activation."""
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)
    end = lambda n: depth.march(lambda x: depth.rk4(f, x, xp.one / (4 * n)), x, n)
    # n + 1 is odd: in an even number of steps a sign lost in each would come back.
    return Rate(lambda n: xp.norm(end(n + 1) - end(2 * n + 2)), order=4)


@layer_rk4.neighbour("equal weights for the four slopes", key="equal-weights")
def _(xp, x, W_in, W_out):
    f = lambda x: layers.smooth_mlp(xp, x, W_in, W_out)

    def step(x, h):
        k1 = f(x)
        k2 = f(x + k1 * h / 2)
        k3 = f(x + k2 * h / 2)
        return x + (k1 + k2 + k3 + f(x + k3 * h)) * h / 4

    end = lambda n: depth.march(lambda x: step(x, xp.one / (4 * n)), x, n)
    return Rate(lambda n: xp.norm(end(n) - end(2 * n)), order=4)


def _relu_end(xp, c, k, steps):
    """u(1) by Runge-Kutta for u' = c + k relu(u), u(0) = -c/2: a ReLU layer with a constant
    channel, which meets its kink at t = 1/2, in the middle of a step if steps is odd."""
    f = lambda x: xp.stack([xp.relu(x[1]) + k * xp.relu(x[0]), 0 * c])
    return depth.march(lambda x: depth.rk4(f, x, xp.one / steps), xp.stack([-c / 2, c]), steps)[0]


@claim(
    "layer-as-time-kink",
    title="A kink inside a step holds Runge-Kutta at order 2",
    sources=[ours("consequence of the talk's ReLU layers")],
    equations=["eq-lt-kink"],
    given=dict(c=positive(), k=positive()),
    needs=["layer-as-time-rk4"],
)
def layer_kink(xp, c, k):
    """u' = ReLU(c) + k ReLU(u) with u(0) = −c/2 crosses its kink at t = 1/2. In 2n+1 steps of the
    classical Runge-Kutta method the kink is met in mid-step, and the error at t = 1 is
    $c\\,k\\,e^{k/2}/(96n^2)$: order 2, not 4."""
    exact = (xp.exp(k / 2) - 1) * c / k
    return Rate(
        lambda n: xp.abs(_relu_end(xp, c, k, 2 * n + 1) - exact),
        order=2,
        constant=c * k * xp.exp(k / 2) / 96,
    )


@layer_kink.neighbour("order 4 with ReLU", key="order-4-with-relu")
def _(xp, c, k):
    exact = (xp.exp(k / 2) - 1) * c / k
    return Rate(lambda n: xp.abs(_relu_end(xp, c, k, 2 * n + 1) - exact), order=4)


@layer_kink.neighbour(
    "an even number of steps, which puts the kink between two steps", key="kink-between-steps"
)
def _(xp, c, k):
    exact = (xp.exp(k / 2) - 1) * c / k
    return Rate(lambda n: xp.abs(_relu_end(xp, c, k, 2 * n) - exact), order=2)
