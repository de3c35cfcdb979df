"""What a reader takes along: a notebook of each chapter, and how to cite the book.

A notebook is the chapter's own text and cells, without its results; its first cell goes to the
book's folder, so that it runs wherever it lies, in the environment that `make install` makes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import yaml
from docutils import nodes
from myst_nb.core.read import read_myst_markdown_notebook
from myst_nb.sphinx_ import NbMetadataCollector
from myst_parser.config.main import MdParserConfig
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

SETUP = """\
# Runs in the project's environment (`make install`, then the kernel of .venv).
import os, sys
from pathlib import Path
import fieldcheck

os.chdir(Path(fieldcheck.__file__).parents[1] / "book")
sys.path.insert(0, os.getcwd())
%config InlineBackend.figure_formats = ["svg"]"""

# What MyST has and a notebook's Markdown has not.
PLAIN = [
    (re.compile(r"^```\{math\}[^\n]*\n((?::[^\n]*\n)*)(.*?)^```$", re.M | re.S), r"$$\n\2$$"),
    (re.compile(r"^`{3,}\{claim\}\s*(\S+).*?^`{3,}$", re.M | re.S), r"*Claim* `\1`"),
    (
        re.compile(r"^(`{3,}|:{3,})\{(\w[\w-]*)\}\s*([^\n]*)\n((?::[^\n]*\n)*)", re.M),
        r"**\2** \3\n\n",
    ),
    (re.compile(r"^(`{3,}|:{3,})$", re.M), ""),
    (re.compile(r"\{(?:cite|cite:t|cite:p)\}`([^`]*)`"), r"[\1]"),
    (re.compile(r"\{[\w:-]+\}`([^`<]*?)\s*(?:<[^`]*>)?`"), r"`\1`"),
    (re.compile(r"^\([\w-]+\)=\n", re.M), ""),
]


def notebook_path(docname: str) -> str:
    return f"notebooks/{docname.rpartition('/')[2]}.ipynb"


def notebook(text: str, macros: dict[str, str]) -> Any:
    """A chapter's source as a notebook without results."""
    made = read_myst_markdown_notebook(text, MdParserConfig())
    for cell in made.cells:
        if cell.cell_type == "markdown":
            for pattern, instead in PLAIN:
                cell.source = pattern.sub(instead, cell.source)
        cell.metadata = nbformat.NotebookNode()
    names = " ".join(_definition(name, tex) for name, tex in macros.items())
    first = [nbformat.v4.new_markdown_cell(f"$${names}$$"), nbformat.v4.new_code_cell(SETUP)]
    made.cells = first + made.cells
    for k, cell in enumerate(made.cells):
        cell.id = f"cell-{k}"  # else drawn by chance
    made.metadata.pop("mystnb", None)
    made.nbformat, made.nbformat_minor = 4, 5
    nbformat.validate(made)
    return made


def _definition(name: str, tex: str) -> str:
    arguments = max((int(k) for k in re.findall(r"#(\d)", tex)), default=0)
    return rf"\newcommand{{\{name}}}" + (f"[{arguments}]" if arguments else "") + f"{{{tex}}}"


def write_notebooks(app: Sphinx, env: Any) -> None:
    # As soon as all pages are read: the pages that are written link to them.
    if app.builder.format != "html":
        return
    for docname in sorted(env.found_docs):
        if NbMetadataCollector.get_exec_data(env, docname) is None:
            continue
        text = Path(env.doc2path(docname)).read_text(encoding="utf8")
        path = Path(app.outdir) / notebook_path(docname)
        path.parent.mkdir(exist_ok=True)
        nbformat.write(notebook(text, app.config.tex_macros), path)


# --- citing ---------------------------------------------------------------------------------------


class CiteBox(SphinxDirective):
    """``{cite-box}``: the book as BibTeX, from CITATION.cff."""

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir) / "CITATION.cff"
        self.env.note_dependency(str(path))
        text = bibtex(yaml.safe_load(path.read_text(encoding="utf8")), source_of(self.config))
        block = nodes.literal_block(text, text, language="bibtex")
        return [block]


def bibtex(cff: dict[str, Any], source: str) -> str:
    names = " and ".join(
        f"{a['family-names']}, {a['given-names']}" if "family-names" in a else f"{{{a['name']}}}"
        for a in cff["authors"]
    )
    year = str(cff["date-released"])[:4] if "date-released" in cff else None
    fields = {"title": f"{{{cff['title']}}}", "author": names, "year": year}
    fields |= {"version": cff["version"], "url": cff.get("repository-code") or source or None}
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return "@software{fieldcheck,\n" + ",\n".join(lines) + "\n}"


# --- where the source is --------------------------------------------------------------------------


def source_of(config: Any) -> str:
    """The one setting of where the book's source is: `source_url` in _config.yml."""
    return str(config.source_url or "")


REPLAY = ".venv/bin/fieldcheck replay softmax-free-energy/printed"


class GetIt(SphinxDirective):
    """``{get-the-source}``: how one gets the source, and from nothing to a counterexample."""

    def run(self) -> list[nodes.Node]:
        address = source_of(self.config)
        line = nodes.paragraph()
        if not address:
            line += nodes.Text(
                "To run a check you need the book's source. This copy names no public address "
                "of it: ask whoever gave you the book. In its folder, with Python 3.11 and make:"
            )
            first = []
        else:
            line += nodes.Text(
                "To run a check you need Python 3.11, make and the book's source, at "
            )
            line += [nodes.reference("", address, refuri=address), nodes.Text(":")]
            folder = address.rstrip("/").rpartition("/")[2].removesuffix(".git")
            first = [f"git clone {address} && cd {folder}"]
        text = "\n".join([*first, "make install", REPLAY])
        return [line, nodes.literal_block(text, text, language="text")]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("source_url", "", "env")
    app.add_directive("cite-box", CiteBox)
    app.add_directive("get-the-source", GetIt)
    app.connect("env-updated", write_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
