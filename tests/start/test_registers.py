"""Registers of one's own: a module, a package, what a package offers; and their cards."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fieldcheck.ledger import machine
from fieldcheck.ledger.errors import UserError
from fieldcheck.pages.notebook import card

CLAIM = '''
from fieldcheck import Equal, claim, ours, real


@claim("NAME", title="A <square>", sources=[ours()], tex="a^2", given=dict(a=real()))
def body(xp, a, *, factor=1):
    """A square is a product."""
    return Equal(a**2, factor * a * a)


body.vary("twice", factor=2)
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "some_theory"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf8")
    for name in ("first", "second"):
        text = CLAIM.replace("NAME", f"the-{name}")
        (package / f"{name}.py").write_text(text, encoding="utf8")
    offer = tmp_path / "some_theory-1.dist-info"
    offer.mkdir()
    (offer / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: some-theory\nVersion: 1\n", "utf8"
    )
    (offer / "entry_points.txt").write_text(
        "[fieldcheck.claims]\noffered = some_theory.first\n", "utf8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    machine.load()  # forgets them
    sys.modules.pop("some_theory", None)  # the next test has one of this name elsewhere


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("some_theory", ["the-first", "the-second"]),
        ("some_theory.second", ["the-second"]),
        ("offered", ["the-first"]),
    ],
)
def test_a_module_a_package_and_an_offer_are_registers(folder, name, found) -> None:
    assert list(machine.load([name])) == found
    assert list(machine.load([name])) == found  # read anew, not twice
    assert not set(found) & set(machine.load())
    assert "some_theory.first" not in sys.modules


def test_a_module_that_breaks_is_told_with_its_line(folder: Path) -> None:
    (folder / "some_theory" / "first.py").write_text("\n1 / 0\n", encoding="utf8")
    with pytest.raises(UserError, match=r"offered: .*first.py, line 2: ZeroDivisionError"):
        machine.load(["offered"])


def test_a_module_without_a_claim_is_told(folder: Path) -> None:
    (folder / "empty_theory.py").write_text("", encoding="utf8")
    with pytest.raises(UserError, match="empty_theory registers no claim"):
        machine.load(["empty_theory"])


def test_a_card_in_a_notebook_judges_and_escapes(folder: Path) -> None:
    shown = card("the-first", str(folder / "some_theory" / "first.py"))
    assert shown.holds
    assert "● proved" in str(shown)
    assert "neighbours told apart: 1 of 1" in str(shown)
    assert "<b>A &lt;square&gt;</b>" in shown._repr_html_()
    with pytest.raises(UserError, match="no claim 'the-frist'"):
        card("the-frist", str(folder / "some_theory" / "first.py"))
