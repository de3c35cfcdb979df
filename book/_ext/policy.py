"""A content-security policy on every page: scripts and styles of this book, and nothing else.

A script that stands in a page is allowed by its digest; nothing is asked of any server. Styles may
stand in a page, since typeset formulas are made of them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
HANDLER = re.compile(r"<[a-z][^>]*\son[a-z]+=", re.IGNORECASE)
MARK = '<meta http-equiv="Content-Security-Policy"'


def policy(page: str) -> str:
    """The policy that allows what a page holds; an inline event handler cannot be allowed."""
    digests = sorted({_digest(text) for text in INLINE.findall(page)})
    scripts = " ".join(["'self'", *digests])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'"
    )


def _digest(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def apply(app: Sphinx, fault: Exception | None) -> None:
    if fault is not None or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*.html")):
        page = path.read_text(encoding="utf8")
        if "<head" in page and MARK not in page and "_static" not in path.parts:
            meta = f'{MARK} content="{policy(page)}">'
            page = re.sub(r"(<head[^>]*>)", lambda m, meta=meta: f"{m[1]}\n{meta}", page, count=1)
            path.write_text(page, encoding="utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", apply, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
