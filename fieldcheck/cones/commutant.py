"""The linear symmetries of CoLU, as linear equations on a matrix.

A flow e^{sA} commutes with a map f if Dλ(x) A x = A λ(x) at every x. At points given by rational
numbers, one in each cell of CoLU, these are linear equations with rational coefficients.
"""

from __future__ import annotations


def cell_points(xp, raw, nearest=False):
    """Points of all cells of CoLU on G groups, with rational body lengths.

    Returns for each of K points and each group (x, CoLU(x), derivative of CoLU). The cell of group
    g at point k is the g-th digit of k in base three: inside the cone, between, below the apex.
    If ``nearest``, the same for the nearest point of the cone, whose last cell is its polar.
    """
    cell = _nearest_cell if nearest else _cell
    out = []
    for k in range(raw["length"].shape[0]):
        groups = []
        for g in range(raw["length"].shape[1]):
            s = raw["body"][k, g]
            q = xp.sum(s * s)
            u = xp.concat([xp.stack([1 - q]), 2 * s]) / (1 + q)
            n = raw["length"][k, g] ** 2 + xp.one / 8
            other = raw["height"][k, g] ** 2
            groups.append(cell(xp, k // 3**g % 3, u, n, other))
        out.append(groups)
    return out


def shared_cell_points(xp, raw):
    """The same for one axis and G bodies: (x, λ(x), derivative) at each of K points.

    At every third point the axis is negative; at the others each body is inside the cone or
    between, by the binary digits of the point's number.
    """
    out = []
    for k in range(raw["length"].shape[0]):
        below = k % 3 == 2
        height = raw["axis"][k] ** 2 + xp.one / 8
        axis = -height if below else height
        bodies, images, columns, blocks = [], [], [], []
        for g in range(raw["length"].shape[1]):
            s = raw["body"][k, g]
            q = xp.sum(s * s)
            u = xp.concat([xp.stack([1 - q]), 2 * s]) / (1 + q)
            more, one = 1 + raw["length"][k, g] ** 2, xp.eye(u.shape[0])
            if below:
                n, image, column, block = height * more, 0 * u, 0 * u, 0 * one
            elif k // 3 // 2**g % 2:
                n, column = height * more, u
                image, block = height * u, (one - u[:, None] * u[None, :]) / more
            else:
                n, column, block = height / more, 0 * u, one
                image = n * u
            bodies.append(n * u)
            images.append(image)
            columns.append(column)
            blocks.append(block)
        size = sum(body.shape[0] for body in bodies)
        top = xp.constant([[1] + [0] * size])
        rest = xp.concat([xp.concat(columns)[:, None], block_diagonal(xp, blocks)], axis=1)
        first = xp.stack([axis])
        out.append(
            [(xp.concat([first, *bodies]), xp.concat([first, *images]), xp.concat([top, rest]))]
        )
    return out


def _cell(xp, kind, u, n, other):
    """(x, CoLU(x), derivative) in one cell; u a unit vector, n the length of the body."""
    size = u.shape[0]
    top, none = xp.constant([[1] + [0] * size]), xp.zeros(size, 1)
    if kind == 0:
        x = xp.concat([xp.stack([n * (1 + other)]), n * u])
        return x, x, xp.eye(size + 1)
    if kind == 1:
        ratio = 1 / (1 + other)
        x = xp.concat([xp.stack([n * ratio]), n * u])
        across = ratio * (xp.eye(size) - u[:, None] * u[None, :])
        return (
            x,
            n * ratio * xp.concat([xp.ones(1), u]),
            xp.concat([top, xp.concat([u[:, None], across], axis=1)]),
        )
    x = xp.concat([xp.stack([-other - xp.one / 8]), n * u])
    return x, x * top[0], xp.concat([top, xp.concat([none, xp.zeros(size, size)], axis=1)])


def _nearest_cell(xp, kind, u, n, other):
    """(x, Πx, derivative) in one cell of the nearest-point map; u a unit vector, n the length of
    the body."""
    if kind == 0:
        return _cell(xp, 0, u, n, other)
    one = xp.eye(u.shape[0])
    if kind == 2:
        x = xp.concat([xp.stack([-n * (1 + other)]), n * u])
        return x, 0 * x, 0 * xp.eye(u.shape[0] + 1)
    ratio = 1 / (1 + other)
    across = (1 + ratio) * (one - u[:, None] * u[None, :]) / 2
    top = xp.concat([xp.ones(1), u])[None, :] / 2
    rest = xp.concat([u[:, None] / 2, u[:, None] * u[None, :] / 2 + across], axis=1)
    x = xp.concat([xp.stack([n * ratio]), n * u])
    return x, n * (1 + ratio) / 2 * xp.concat([xp.ones(1), u]), xp.concat([top, rest])


def block_diagonal(xp, blocks):
    """A matrix with the given square blocks along its diagonal."""
    rows, size = [], sum(b.shape[0] for b in blocks)
    before = 0
    for b in blocks:
        parts = [xp.zeros(b.shape[0], before), b, xp.zeros(b.shape[0], size - before - b.shape[0])]
        rows.append(xp.concat([p for p in parts if 0 not in p.shape], axis=1))
        before += b.shape[0]
    return xp.concat(rows)


def commuting(xp, points):
    """The linear conditions Dλ(x) A x = A λ(x) on the entries of A, row after row."""
    out = []
    for groups in points:
        x = xp.concat([p[0] for p in groups])
        y = xp.concat([p[1] for p in groups])
        d = block_diagonal(xp, [p[2] for p in groups])
        out.append(xp.kron(d, x[None, :]) - xp.kron(xp.eye(x.shape[0]), y[None, :]))
    return xp.concat(out)


def skewness(xp, n):
    """The linear conditions A + A^T = 0 on the entries of A."""
    rows = []
    for j in range(n):
        for k in range(j, n):
            rows.append([[(r, c) in ((j, k), (k, j)) for c in range(n)] for r in range(n)])
    return xp.constant([[int(v) for row in table for v in row] for table in rows])
