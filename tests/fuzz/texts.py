"""What is read from files: LaTeX, chapters, points, ledgers."""

from __future__ import annotations

import tempfile
import tomllib
from fractions import Fraction
from pathlib import Path

from hypothesis import strategies as st

from fieldcheck import ordinary
from fieldcheck.evidence import contest
from fieldcheck.ledger import store
from fieldcheck.ledger.errors import UserError
from fieldcheck.pages import coverage
from fieldcheck.printable import UNFIT, printable
from fieldcheck.start import article, reading, writing
from tests.fuzz.target import Fault, Target, spoken

ARTICLES = [
    file.read_text(encoding="utf-8")
    for file in sorted((Path(__file__).parents[1] / "start" / "articles").glob("*.tex"))
]
TEX = r"""\begin{equation} \end{equation} \begin{align} \end{align} \label{eq:a} $ $$ \[ \] &
\\ = \le \frac \frac{1}{2} \sum_{i=1}^{n} \exp ( ) { } _ ^ \left( \right) \mathbf{x} \in
\mathbb{R}^n \nabla \newcommand{\f}[1]{#1} \f \def\g#1{#1\g} \g % \top \| \norm \partial x y z_i
X W 1 0.5 ,
\begin{proof} \input{a} \let\h\relax ' * + - / Let for \beta > 0 be \text{if} \begin{cases}
\end{cases} \begin{array}{c} \end{array} \mathrm{softmax} \log \operatorname{Tr} \bar{X} \hat
\begin{document} \end{document} \verb|x| \" \ä ~ # \# \begin""".split()  # noqa: SIM905
MYST = """$$ $ (eq-a) $$(eq-a) ```{math} ``` :label: ```{claim} ```{code-cell} check("eq-a", body)
::: {.note} # ## - 1. | > <b> [a](b) {cite}`x` ```{include} :::{admonition} ::: --- +++ import
f(" \\begin{align} \\end{align} \\label{eq-b} ` ~~~ ~~~{math} * ** {eq}`a` a\tb""".split()  # noqa: SIM905


@st.composite
def texts(draw, words, wholes=()):
    """Words put together, or a whole text in which something is cut, doubled or put in."""
    if not wholes or draw(st.booleans()):
        inner = st.one_of(st.sampled_from(words), st.sampled_from(words), st.text(max_size=4))
        return draw(st.sampled_from([" ", "\n", ""])).join(draw(st.lists(inner, max_size=25)))
    text = draw(st.sampled_from(wholes))
    for _ in range(draw(st.integers(1, 4))):
        a = draw(st.integers(0, len(text)))
        b = min(len(text), a + draw(st.integers(0, 30)))
        new = draw(st.sampled_from(["", text[a:b] * 2, *words]))
        text = text[:a] + new + text[b:]
    return text


def _tex(text: str) -> None:
    try:
        read = article.scan(text, "a.tex")
        result = reading.interpret(read)
        written = writing.text(result, "a.tex")
    except Exception as fault:
        return spoken(fault, UserError)
    try:
        compile(written, "claims.py", "exec")
    except (SyntaxError, ValueError) as fault:
        raise Fault(f"a register that Python cannot read: {fault}") from None
    if len(result.outcomes) != len(read.equations):
        raise Fault("an equation has no outcome")
    return None


def _pages(text: str) -> None:
    try:
        coverage.judge([coverage.scan(text, "a.md")], {}).as_dict()
    except Exception as fault:
        spoken(fault, UserError)


def _printable(text: str) -> None:
    if UNFIT.search(printable(text)):
        raise Fault("what was made printable is not")


FOLDER = tempfile.TemporaryDirectory(prefix="fuzz-")


def _file(content: bytes, name: str) -> Path:
    path = Path(FOLDER.name) / name
    path.write_bytes(content)
    return path


def _point(given) -> None:
    content, name = given
    try:
        point = contest.read(_file(content, name))
        contest.form_of({}, point)
    except Exception as fault:
        spoken(fault, contest.ContestError)


def _ordinary(given) -> None:
    content, limit = given
    try:
        read = ordinary.read_text(_file(content, "any"), limit)
    except OSError as fault:
        return spoken(fault, OSError)
    if read.encode() != content:
        raise Fault("another text than the file's")
    return None


def _ledger(content: bytes) -> None:
    try:
        store.read(_file(content, "ledger.json"))
    except Exception as fault:
        spoken(fault, UserError)


def _toml_number(text: str) -> None:
    """Decimals are meant exactly."""
    try:
        value = tomllib.loads(f"x = {text}", parse_float=Fraction)["x"]
    except tomllib.TOMLDecodeError:
        return
    if value != Fraction(text):
        raise Fault(text)


POINT = st.lists(
    st.sampled_from(['claim = "a"', "form = 1", 'form = "claim"', "[sizes]", "n = 2", "[inputs]",
                     "x = [1.5, 2]", "x = inf", "x = 1e999", "[inputs.x]", "{", '"claim": "a"', "}",
                     '"inputs": {}', ",", "claim = 1", "inputs = 3", "[[a]]", "\x00", "é"]),
    max_size=8,
).map("\n".join)  # fmt: skip
BYTES = st.one_of(POINT.map(str.encode), st.binary(max_size=40),
                  st.integers(1, 60).map(lambda k: b"[" * 500 * k))  # fmt: skip

DECIMALS = st.decimals(-(10**6), 10**6, allow_nan=False).map(str)
TARGETS = [
    Target("start, LaTeX", texts(TEX, ARTICLES), _tex, 8),
    Target("coverage, chapters", texts(MYST), _pages, 6),
    Target("printable", st.text(), _printable, 3),
    Target("points", st.tuples(BYTES, st.sampled_from(["p.toml", "p.json"])), _point, 5),
    Target("ordinary files", st.tuples(st.one_of(BYTES, st.text().map(str.encode)),
                                       st.integers(0, 100)), _ordinary, 3),
    Target("ledger, any bytes", BYTES, _ledger, 3),
    Target("points, decimals", DECIMALS, _toml_number, 1),
]  # fmt: skip
