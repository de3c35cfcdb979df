"""Two claims that a quick look believes; one of them is false in rare places."""

from fieldcheck.claim import claim, ours
from fieldcheck.domains import vector
from fieldcheck.relations import Equal


def angle(xp, x, y):
    return xp.sin(x) * xp.cos(y) + xp.cos(x) * xp.sin(y)


@claim("rare", title="False seldom", sources=[ours()], given=dict(x=vector(4)), expect="stands")
def rare(xp, x):
    """Each factor of what is added is often positive, and all are seldom so at once."""
    y = [xp.relu((-1) ** k * 100 * xp.sin((50 + 7 * k) * x[k]) - 97) for k in range(4)]
    seldom = y[0] * y[1] * y[2] * y[3]
    return Equal(xp.exp(xp.sin(x[0] + x[1])), xp.exp(angle(xp, x[0], x[1])) + seldom)


@rare.neighbour("one sign")
def _(xp, x):
    return Equal(xp.exp(xp.sin(x[0] - x[1])), xp.exp(angle(xp, x[0], x[1])))


@claim("firm", title="True", sources=[ours()], given=dict(x=vector(2)), expect="stands")
def firm(xp, x):
    """What is added is zero, since its factors are never positive at once."""
    y = 100 * xp.sin(50 * x[0])
    never = xp.relu(y - 97) * xp.relu(-y - 97)
    return Equal(xp.exp(xp.sin(x[0] + x[1])), xp.exp(angle(xp, x[0], x[1])) + never)


@firm.neighbour("one sign")
def _(xp, x):
    return Equal(xp.exp(xp.sin(x[0] - x[1])), xp.exp(angle(xp, x[0], x[1])))
