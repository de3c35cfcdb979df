"""A book of the user's own, MyST under plain Sphinx: claims have cards, the rules are its own."""

from __future__ import annotations

import io
from pathlib import Path

from fieldcheck.ledger import machine
from fieldcheck.ledger import run as runs
from fieldcheck.pages.notebook import _Silent

CONF = """
extensions = ["myst_parser", "fieldcheck.pages.sphinx_ext"]
myst_enable_extensions = ["dollarmath"]
fieldcheck_registers = ["claims.py"]
fieldcheck_ledger = "ledger.json"
fieldcheck_equations = False
html_theme = "basic"
"""
CLAIMS = '''
from fieldcheck import Equal, claim, ours, real


@claim("own-square", title="A square", sources=[ours()], tex="a^2", given=dict(a=real()))
def body(xp, a, *, factor=1):
    """A square is a product."""
    return Equal(a**2, factor * a * a)


body.vary("twice", factor=2)
'''
PAGE = """# A book

A formula without a label, which nobody has to check: $$ a^2 $$

```{claim} own-square
```

It is {verdict}`own-square`.
"""


def test_a_card_in_a_book_of_ones_own(tmp_path: Path) -> None:
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    for name, text in (("conf.py", CONF), ("claims.py", CLAIMS), ("index.md", PAGE)):
        (tmp_path / name).write_text(text, encoding="utf8")
    request = runs.Request(
        profile="quick", files=(str(tmp_path / "claims.py"),), path=tmp_path / "ledger.json"
    )
    runs.run(request, _Silent())
    warnings = io.StringIO()
    out = tmp_path / "_build"
    with patch_docutils(tmp_path), docutils_namespace():
        app = Sphinx(tmp_path, tmp_path, out / "html", out / "doctrees", "html", status=None,
                     warning=warnings)  # fmt: skip
        app.build()
    machine.load()  # forgets the claims of this book
    assert warnings.getvalue() == ""
    page = (out / "html" / "index.html").read_text("utf8")
    assert 'id="claim-own-square"' in page
    assert "proved for every input" in page
    assert "cards.css" in page
    assert (out / "html" / "_static" / "cards.css").is_file()
