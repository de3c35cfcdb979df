"""How the register is laid out: files to be read, variants that vary, sizes in one form."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from fieldcheck import register
from fieldcheck.claim import Claim, Form
from fieldcheck.register import load

CLAIMS = load()
FOLDER = Path(register.__file__).parent
LONGEST = 800


def own_body(claim: Claim) -> list[Form]:
    """The forms that have the claim's body: the claim, its variants, those that drop something."""
    code = claim.forms[f"{claim.id}/claim"].body.__code__
    return [form for form in claim.forms.values() if form.body.__code__ is code]


def changed(form: Form, main: Form) -> set[str]:
    """The choices that a form makes otherwise."""
    made: dict[str, Any] = form.body.__kwdefaults__ or {}
    usual: dict[str, Any] = main.body.__kwdefaults__ or {}
    return {name for name in made if made[name] is not usual[name] or name in form.given}


def test_no_file_is_too_long_to_read() -> None:
    lines = {path: len(path.read_text("utf8").splitlines()) for path in FOLDER.rglob("*.py")}
    assert {path: n for path, n in lines.items() if n > LONGEST} == {}


def test_claims_come_in_the_order_of_their_files() -> None:
    chapters = list(dict.fromkeys(claim.chapter for claim in CLAIMS.values()))
    assert chapters == sorted(p.stem for p in FOLDER.iterdir() if not p.stem.startswith("__"))


def test_a_folder_names_all_its_files_in_the_order_of_its_claims() -> None:
    for init in FOLDER.glob("*/__init__.py"):
        package = import_module(f"fieldcheck.register.{init.parent.name}")
        order = package.ORDER.split()
        files = {path.stem for path in init.parent.glob("*.py")} - {"__init__", "shared"}
        assert sorted(order) == sorted(files)
        assert [n for n in order if f"``{n}``" not in (package.__doc__ or "")] == []
        modules = [c.module for c in CLAIMS.values() if c.module.startswith(f"{package.__name__}.")]
        assert [m.rpartition(".")[2] for m in dict.fromkeys(modules)] == order


def test_every_variant_is_another_statement() -> None:
    same = []
    for claim in CLAIMS.values():
        main, *others = own_body(claim)
        for form in others:
            described = (form.given, form.sizes, form.box) != (main.given, main.sizes, main.box)
            if not changed(form, main) and not described:
                same.append(form.key)
    assert same == []


def test_every_choice_is_made_use_of() -> None:
    idle = {}
    for claim in CLAIMS.values():
        main, *others = own_body(claim)
        used = {name for form in others for name in changed(form, main)}
        if left := set(main.body.__kwdefaults__ or {}) - used:
            idle[claim.id] = left
    assert idle == {}


def test_sizes_are_lists_of_integers_that_rise() -> None:
    forms = [form for claim in CLAIMS.values() for form in claim.forms.values()]
    listed = {(form.key, n): values for form in forms for n, values in form.sizes.items()}
    odd = lambda v: not isinstance(v, list) or v != sorted({n for n in v if type(n) is int})
    assert {key: values for key, values in listed.items() if odd(values)} == {}


def test_a_title_asserts_nothing_that_is_refuted() -> None:
    """It stands alone in the search and in links: what is refuted is asked there, not said."""
    asked = {claim.id for claim in CLAIMS.values() if claim.title.endswith("?")}
    refuted = {claim.id for claim in CLAIMS.values() if claim.expect.word == "refuted"}
    assert asked == refuted
