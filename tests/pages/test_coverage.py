"""Which equations count as covered."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fieldcheck.pages import coverage

PAGE = """# A page

Inline $x$ needs no label.

$$ a = b $$ (eq-one)

```{math}
:label: eq-two
c
```

::::{exercise}
:label: ex-one

```{math}
:label: def-three
d
```

:::{solution} ex-one
:class: dropdown
$$
e
$$
:::
::::

A sum $$f$$ displayed in a line.

\\begin{align}
g
\\end{align}

```{code-cell} ipython3
---
tags: [hide-input]
mystnb:
  image:
    alt: a picture
---
%matplotlib inline
from fieldcheck import book
book.check("eq-one", lambda xp, x: x, x=real())
print("check('eq-no')")
```

```{code-block} python
check("eq-not-run")
$$
no formula
$$
```

```{claim} some-claim
:forms: no
```
"""


def claim(*equations: str, chapter: str = "page") -> dict:
    return {"some-claim": SimpleNamespace(id="some-claim", equations=equations, chapter=chapter)}


def test_a_page_is_read():
    page = coverage.scan(PAGE, "page")
    assert page.labels == {"eq-one": 5, "eq-two": 7, "def-three": 15}
    assert page.unlabelled == [22, 28, 30]
    assert list(page.checks) == ["eq-one"]
    assert page.cards == {"some-claim": 54}


def test_lines_are_those_of_the_file():
    lines = PAGE.splitlines()
    page = coverage.scan(PAGE, "page")
    for label, line in page.labels.items():
        assert label in lines[line - 1] or label in lines[line]
    assert lines[page.unlabelled[0] - 1] == "$$"
    assert "claim" in lines[page.cards["some-claim"] - 1]


def test_judged_against_the_register():
    report = coverage.judge([coverage.scan(PAGE, "page")], claim("eq-two"))
    assert (report.covered, report.total) == (2, 2)
    assert [str(c) for c in report.complaints] == [
        f"page:{line}: a displayed formula has no label (eq- or def-)" for line in (22, 28, 30)
    ]
    without = coverage.judge([coverage.scan(PAGE, "page")], claim())
    assert "page:7: 'eq-two' is named by no claim and checked by no cell" in map(
        str, without.complaints
    )


def test_labels_that_do_not_exist():
    page = coverage.scan("$$\na\n$$ (eq-a)\n", "page")
    report = coverage.judge([page], claim("eq-a", "eq-b"))
    assert [(str(c), c.error) for c in report.complaints] == [
        ("the claim some-claim names the equation 'eq-b', which no page defines; near: eq-a", True)
    ]
    # a chapter that is not written yet owes nothing
    assert coverage.judge([page], claim("eq-a", "eq-b", chapter="later")).complete


def test_a_label_taken_twice():
    pages = [coverage.scan("$$\na\n$$ (eq-a)\n", name) for name in ("one", "two")]
    report = coverage.judge(pages, claim("eq-a"))
    assert [str(c) for c in report.complaints] == ["two:1: the label 'eq-a' is taken by one:1"]
    same = coverage.scan("$$\na\n$$ (eq-a)\n\n$$\nb\n$$ (eq-a)\n", "page")
    assert not coverage.judge([same], claim("eq-a")).complete


@pytest.mark.parametrize(
    ("code", "labels"),
    [
        ('check("eq-a", f)', ["eq-a"]),
        ('x = [check("eq-a", f), other.check("eq-b", g, X=X)]', ["eq-a", "eq-b"]),
        ('def later():\n    check("eq-a", f)', ["eq-a"]),
        ("check(label, f)", []),
        ('# check("eq-a", f)', []),
        ('recheck("eq-a", f)', []),
        ('!ls\n%time\ncheck("eq-a", f)', ["eq-a"]),
        ('check("eq-a", f', []),
    ],
)
def test_checks_are_calls_not_words(code, labels):
    assert coverage.checked_labels(code) == labels
