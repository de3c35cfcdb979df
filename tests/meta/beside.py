"""What bodies of the tests of memory reach in a module within a package."""

N: list[int] = []


def step(x):
    N.append(1)
    return x if len(N) < 30 else 2 * x
