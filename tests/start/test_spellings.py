r"""Each basic operation in the spellings of many authors: all are read as one.

A row is an operation, the text around it, the code that its usual spelling makes, and other
spellings that must make the same.
"""

from __future__ import annotations

import re

import pytest

pytest.importorskip("pylatexenc")

from tests.start.test_kinds import returned
from tests.start.test_reading import outcomes

MATRICES = r"Let $A, B \in \mathbb{R}^{n \times n}$ and $x, y \in \mathbb{R}^n$. Then"
SQUARE = r"Let $A \in \mathbb{R}^{n \times n}$ be symmetric positive definite. Then"
NUMBERS = r"Let $s, c \in \mathbb{R}$ and $x \in \mathbb{R}^n$. Then"
LAW = r"Let $p \in \mathbb{R}^n$ be a probability vector and $x \in \mathbb{R}^n$. Then"
PAIR = r"Let $p, q \in \mathbb{R}^n$ be probability vectors. Then"
FUNCTION = r"Let $f(x) = x^\top x$ for $x \in \mathbb{R}^n$ and let $h \in \mathbb{R}^n$. Then"
NUMBER = r"Let $g(s) = s^3$ for $s \in \mathbb{R}$. Then"
SPECTRAL = r"Let $\|\cdot\|_2$ be the spectral norm. " + MATRICES

ROWS = {
    "transpose": (
        MATRICES,
        r"(A B)^\top = B^\top A^\top",
        "Equal((A @ B).T, B.T @ A.T + more)",
        [
            rf"(A B)^{t} = B^{t} A^{t}"
            for t in (
                "T",
                r"{\top}",
                r"{T}",
                r"{\mathsf T}",
                r"{\mathsf{T}}",
                r"\mathsf{T}",
                r"{\mathrm T}",
                r"{\mathrm{T}}",
                r"\mathrm{T}",
                r"{\mathrm t}",
                r"{\mathrm{t}}",
                r"{\rm T}",
                r"{\rm t}",
                r"{\text{T}}",
                r"{\textsf T}",
                r"{\mathbf T}",
                r"{\intercal}",
                r"\intercal",
                r"{\sf T}",
                r"{\!\top}",
                r"{\,\top}",
                r"{\scriptscriptstyle\top}",
                r"{\mathtt{T}}",
                r"{\mathit{T}}",
                r"{\operatorname{T}}",
                r"{t}",
                r"t",
                r"{\scriptstyle\mathsf{T}}",
            )
        ]
        + [
            r"{}^{\mathrm t}(A B) = {}^{\mathrm t}B\, {}^{\mathrm t}A",
            r"{}^t(A B) = {}^tB\, {}^tA",
            r"{^t\!(A B)} = {^t\!B}\,{^t\!A}",
            r"\left(A B\right)^\top = B^\top A^\top",
        ],
    ),
    "adjoint of what is real": (
        MATRICES,
        r"(A B)^\top = B^\top A^\top",
        "Equal((A @ B).T, B.T @ A.T + more)",
        [
            rf"(A B)^{t} = B^\top A^\top"
            for t in (
                "*",
                r"\ast",
                r"{\ast}",
                r"\dagger",
                r"{\dagger}",
                r"{\mathsf{H}}",
                r"{\mathrm H}",
                "H",
            )
        ],
    ),
    "inverse transpose": (
        SQUARE,
        r"(A^{-1})^\top = A^{-\top}",
        "Equal(xp.inv(A).T, xp.inv(A.T) + more)",
        [
            rf"(A^{{-1}})^\top = A^{{-{t}}}"
            for t in (
                "T",
                r"\mathsf T",
                r"\mathsf{T}",
                r"\mathrm T",
                r"\mathrm{t}",
                r"\intercal",
                r"\mathrm t",
            )
        ],
    ),
    "inner product": (
        MATRICES,
        r"x^\top y = y^\top x",
        "Equal(x @ y, y @ x + more)",
        [r"x^{\mathsf{T}}y = y^{\mathsf{T}}x", r"{}^t x y = {}^t y x", r"x' y = y' x"][:2],
    ),
    "inner product in brackets": (
        MATRICES,
        r"\langle x, y \rangle = y^\top x",
        "Equal(xp.sum(x * y), y @ x + more)",
        [
            r"\langle x\,,\,y \rangle = y^\top x",
            r"\left\langle x, y \right\rangle = y^\top x",
            r"\langle x \mid y \rangle = y^\top x",
            r"\langle x | y \rangle = y^\top x",
            r"\langle x \,\vert\, y \rangle = y^\top x",
            r"\left\langle x \middle| y \right\rangle = y^\top x",
            r"\bigl\langle x, y \bigr\rangle = y^\top x",
            r"x \cdot y = y^\top x",
            r"\langle x, y \rangle_2 = y^\top x",
            r"\langle x; y \rangle = y^\top x",
            r"\langle x,y\rangle_{\mathbb{R}^n} = y^\top x",
            r"x \bullet y = y^\top x",
        ],
    ),
    "inner product of matrices": (
        MATRICES,
        r"\langle A, B \rangle = \operatorname{tr}(A^\top B)",
        "Equal(xp.sum(A * B), xp.trace(A.T @ B) + more)",
        [
            r"\langle A, B \rangle_F = \operatorname{tr}(A^\top B)",
            r"\langle A, B \rangle_{\mathrm F} = \operatorname{tr}(A^\top B)",
            r"A : B = \operatorname{tr}(A^\top B)",
            r"A \bullet B = \operatorname{tr}(A^\top B)",
        ],
    ),
    "norm": (
        MATRICES,
        r"\|x\|^2 = x^\top x",
        "Equal(xp.norm2(x), x @ x + more)",
        [
            rf"{n}^2 = x^\top x"
            for n in (
                r"\lVert x \rVert",
                r"\left\| x \right\|",
                r"\left\lVert x \right\rVert",
                r"\Vert x\Vert",
                r"\bigl\| x \bigr\|",
                r"\Bigl\lVert x \Bigr\rVert",
                r"\|x\|_2",
                r"\|x\|_{2}",
                r"\lVert x\rVert_2",
                r"\|x\|_{\ell_2}",
                r"\|x\|_{\ell^2}",
                r"|x|",
                r"\lvert x \rvert",
                r"\left|x\right|",
                r"\left|\left|x\right|\right|",
                r"||x||",
                r"\vert x \vert",
                r"\|x\|_{\mathbb{R}^n}",
                r"\left\Vert x \right\Vert_{2}",
                r"\norm{x}",
                r"\big\|x\big\|",
            )
        ]
        + [r"\|x\|_2^2 = x^\top x", r"\|x\|^2_2 = x^\top x", r"\|x\|_{2}^{2} = x^\top x"],
    ),
    "Frobenius norm": (
        MATRICES,
        r"\|A\|_F^2 = \operatorname{tr}(A^\top A)",
        "Equal(xp.norm2(A), xp.trace(A.T @ A) + more)",
        [
            rf"\|A\|{s}^2 = \operatorname{{tr}}(A^\top A)"
            for s in (
                r"_{F}",
                r"_{\mathrm{F}}",
                r"_{\mathrm F}",
                r"_\mathrm{F}",
                r"_{\text{F}}",
                r"_{\rm F}",
                r"_{\mathsf{F}}",
                r"_{\mathcal{F}}",
                r"_{\text{Fro}}",
                r"_{\mathrm{fro}}",
                r"_{\mathrm{HS}}",
                r"_{HS}",
                r"_{\operatorname{F}}",
                r"_{\mathit{F}}",
                r"_{\mathbf{F}}",
            )
        ]
        + [
            r"\|A\|^2_F = \operatorname{tr}(A^\top A)",
            r"\|A\|^2_{\mathrm F} = \operatorname{tr}(A^\top A)",
            r"\left\lVert A\right\rVert_{\mathrm{F}}^{2} = \operatorname{tr}(A^\top A)",
        ],
    ),
    "spectral norm": (
        SPECTRAL,
        r"\|A x\| \le \|A\|_2 \|x\|",
        "AtMost(*(xp.norm(A @ x), xp.spectral_norm(A) * xp.norm(x))[::way])",
        [
            rf"\|A x\| \le \|A\|{s} \|x\|"
            for s in (
                r"_{\mathrm{op}}",
                r"_{op}",
                r"_\text{op}",
                r"_{\rm op}",
                r"_{\mathrm{2}}",
                r"_{2\to2}",
                r"_{2 \to 2}",
                r"_{\operatorname{op}}",
                r"_{\text{spec}}",
                r"_{\mathsf{op}}",
                r"_{\mathrm{sp}}",
            )
        ],
    ),
    "other norms": (
        MATRICES,
        r"\|x\|_1 \le n \|x\|_\infty",
        "AtMost(*(xp.sum(xp.abs(x)), n * xp.max(xp.abs(x)))[::way])",
        [
            r"\|x\|_{1} \le n \|x\|_{\infty}",
            r"\|x\|_{\ell_1} \le n \|x\|_{\ell_\infty}",
            r"\|x\|_{\ell^1} \le n \|x\|_{\ell^\infty}",
            r"\lVert x\rVert_1 \leq n\lVert x\rVert_\infty",
            r"\|x\|_1 \le n \|x\|_{\max}",
            r"\|x\|_1\leqslant n\|x\|_\infty",
        ],
    ),
    "ramp": (
        NUMBERS,
        r"\max(s, 0) \ge s",
        "AtMost(*(s, xp.maximum(s, 0))[::way])",
        [
            r"\max\{s, 0\} \ge s",
            r"\max\left\{s, 0\right\} \ge s",
            r"\max\left(s, 0\right) \geq s",
            r"\max\{s,\,0\} \ge s",
            r"\max\bigl(s, 0\bigr) \geqslant s",
            r"\max[s, 0] \ge s",
            r"s \vee 0 \ge s",
        ],
    ),
    "rectifier": (
        f"The positive part is a rectifier. {NUMBERS}",
        r"\operatorname{ReLU}(s) \ge s",
        "AtMost(*(s, xp.relu(s))[::way])",
        [
            r"\mathrm{ReLU}(s) \ge s",
            r"\text{ReLU}(s) \ge s",
            r"\operatorname{relu}(s) \ge s",
            r"\mathop{\mathrm{ReLU}}(s) \ge s",
            r"(s)_+ \ge s",
            r"[s]_+ \ge s",
            r"s_+ \ge s",
            r"\{s\}_+ \ge s",
            r"(s)^+ \ge s",
            r"\mathsf{ReLU}(s) \ge s",
            r"\left(s\right)_+ \ge s",
            r"[s]_{+} \ge s",
            r"\operatorname{relu} s \ge s",
            r"\textrm{ReLU}(s) \ge s",
            r"\textsc{ReLU}(s) \ge s",
            r"\mathit{ReLU}(s) \ge s",
        ],
    ),
    "product entry by entry": (
        MATRICES,
        r"A \odot B = B \odot A",
        "Equal(A * B, B * A + more)",
        [r"A \circ B = B \circ A", r"A\odot B=B\odot A", r"A{\odot}B = B{\odot}A"],
    ),
    "trace": (
        MATRICES,
        r"\operatorname{tr}(A B) = \operatorname{tr}(B A)",
        "Equal(xp.trace(A @ B), xp.trace(B @ A) + more)",
        [
            rf"{t}(A B) = {t}(B A)"
            for t in (
                r"\operatorname{Tr}",
                r"\mathrm{tr}",
                r"\mathrm{Tr}",
                r"\text{tr}",
                r"\mathop{\mathrm{tr}}",
                r"\operatorname{trace}",
                r"\mathop{\rm tr}",
                r"{\rm tr}",
                r"\mathsf{tr}",
                r"\textrm{tr}",
                r"\mathop{\mathrm{Tr}}\nolimits",
                r"\operatorname*{tr}",
                r"\textup{tr}",
                r"\mathtt{tr}",
                r"\tr",
                r"\Tr",
                r"\mathit{tr}",
                r"\operatorname{\mathrm{tr}}",
                r"\operatorname{\mathsf{tr}}",
                r"\mathbf{tr}",
                r"{\mathrm{tr}\,}",
                r"\mathop{\operatorname{tr}}",
                r"\textbf{tr}",
            )
        ]
        + [
            r"\operatorname{tr} A B = \operatorname{tr} B A",
            r"\operatorname{tr}[A B] = \operatorname{tr}[B A]",
            r"\operatorname{tr}\{A B\} = \operatorname{tr}\{B A\}",
            r"\operatorname{tr}\left(A B\right) = \operatorname{tr}\!\bigl(B A\bigr)",
        ],
    ),
    "softmax": (
        NUMBERS,
        r"\operatorname{softmax}(x + c \mathbf{1}) = \operatorname{softmax}(x)",
        "Equal(xp.softmax(x + c * xp.ones(n)), xp.softmax(x) + more)",
        [
            r"\mathrm{softmax}(x + c \mathbf{1}) = \mathrm{softmax}(x)",
            r"\text{softmax}(x + c \mathbf 1) = \text{softmax}(x)",
            r"\text{Softmax}(x + c \boldsymbol{1}) = \text{Softmax}(x)",
            r"\mathop{\mathrm{softmax}}(x + c \mathbb{1}) = \mathop{\mathrm{softmax}}(x)",
            r"\operatorname{SoftMax}[x + c \mathbf{1}_n] = \operatorname{SoftMax}[x]",
            r"\mathsf{softmax}(x + c \bm{1}) = \mathsf{softmax}(x)",
            r"\textrm{softmax}(x + c \mathbb 1_{n}) = \textrm{softmax}(x)",
            r"\softmax(x + c \vec{1}) = \softmax(x)",
            r"\operatorname{soft-max}(x+c\mathbf 1) = \softmax(x)",
        ],
    ),
    "log-sum-exp": (
        NUMBERS,
        r"\operatorname{lse}(x + c \mathbf{1}) = \operatorname{lse}(x) + c",
        "Equal(xp.logsumexp(x + c * xp.ones(n)), xp.logsumexp(x) + c + more)",
        [
            rf"{t}(x + c \mathbf{{1}}) = {t}(x) + c"
            for t in (
                r"\mathrm{lse}",
                r"\operatorname{LSE}",
                r"\text{LSE}",
                r"\operatorname{logsumexp}",
                r"\mathrm{LogSumExp}",
                r"\operatorname{log\,sum\,exp}",
                r"\operatorname{log-sum-exp}",
                r"\lse",
                r"\mathsf{lse}",
            )
        ],
    ),
    "diagonal": (
        NUMBERS,
        r"\operatorname{diag}(x) \mathbf{1} = x",
        "Equal(xp.diag(x) @ xp.ones(n), x + more)",
        [
            rf"{t}(x) \mathbf{{1}} = x"
            for t in (
                r"\mathrm{diag}",
                r"\operatorname{Diag}",
                r"\text{diag}",
                r"\mathop{\mathrm{diag}}",
                r"\diag",
                r"\mathrm{Diag}",
                r"\mathsf{diag}",
                r"\mathbf{diag}",
            )
        ],
    ),
    "identity": (
        MATRICES,
        r"A I = A",
        "Equal(A @ xp.eye(n), A + more)",
        [
            rf"A {i} = A"
            for i in (
                "I_n",
                r"\mathbf{I}",
                r"\mathrm{I}",
                r"\mathbb{I}",
                r"\mathrm{Id}",
                r"\operatorname{Id}",
                r"\boldsymbol{I}",
                r"I_{n}",
                r"I_{n\times n}",
                r"\mathrm{Id}_n",
                r"\mathbf{I}_n",
                r"\operatorname{id}",
                r"\mathsf{I}",
            )
        ],
    ),
    "determinant, sign, absolute value": (
        MATRICES,
        r"|\det A|^2 = \det(A)^2",
        "Equal(xp.abs(xp.det(A))**2, xp.det(A)**2 + more)",
        [
            r"\left|\det A\right|^2 = (\det A)^2",
            r"\lvert \det(A) \rvert^2 = (\det(A))^2",
            r"|\mathrm{det}(A)|^2 = \operatorname{det}(A)^2",
            r"\lvert\det A\rvert^2 = \det[A]^2",
            r"\abs{\det A}^2 = \det(A)^2",
            r"\bigl|\det A\bigr|^2 = \bigl(\det A\bigr)^2",
        ],
    ),
    "sign": (
        NUMBERS,
        r"|s| = s \operatorname{sign}(s)",
        "Equal(xp.abs(s), s * (xp.step(s) - xp.step(-s)) + more)",
        [
            rf"|s| = s {t}(s)"
            for t in (
                r"\operatorname{sgn}",
                r"\mathrm{sign}",
                r"\text{sgn}",
                r"\mathrm{sgn}",
                r"\sign",
                r"\sgn",
                r"\operatorname{Sign}",
                r"\mathop{\mathrm{sgn}}",
            )
        ],
    ),
    "sum": (
        NUMBERS,
        r"\sum_{i=1}^n x_i^2 = x^\top x",
        "Equal(xp.sum(x**2), x @ x + more)",
        [
            rf"{t} x_i^2 = x^\top x"
            for t in (
                r"\sum_i",
                r"\sum_{i}",
                r"\sum\limits_{i=1}^{n}",
                r"\sum_{1\le i\le n}",
                r"\sum_{1 \leq i \leq n}",
                r"\sum_{i \in [n]}",
                r"\sum_{i\in\{1,\dots,n\}}",
                r"\sum_{i\in\{1,2,\ldots,n\}}",
                r"\sum_{i=1,\dots,n}",
                r"\displaystyle\sum_{i=1}^n",
                r"\sum_{i\le n}",
                r"\sum_{i \leq n}",
                r"\sum^n_{i=1}",
                r"\sum_{i=1}^{n}\,",
                r"\sum\nolimits_i",
                r"\sum_{1\leqslant i\leqslant n}",
                r"\sum_{i\in[1,n]}",
                r"\sum_{\substack{i=1}}^n",
                r"\textstyle\sum_{i=1}^n",
                r"\sum_{i=1}^{n}",
            )
        ],
    ),
    "maximum": (
        NUMBERS,
        r"\max_i x_i \le \sum_i |x_i|",
        "AtMost(*(largest(xp, x), xp.sum(xp.abs(x)))[::way])",
        [
            rf"{t} x_i \le \sum_i |x_i|"
            for t in (
                r"\max_{1\le i\le n}",
                r"\max_{i=1}^n",
                r"\max_{i\in[n]}",
                r"\max_{i=1,\dots,n}",
                r"\max_{i\in\{1,\dots,n\}}",
                r"\max\limits_{i}",
                r"\max_{i\le n}",
                r"\sup_{i}",
                r"\max_{1\leq i\leq n}\,",
            )
        ],
    ),
    "pairs": (
        MATRICES,
        r"\sum_{i \ne j} A_{ij} = \sum_{i \ne j} A_{ji}",
        None,
        [
            r"\sum_{i \neq j} A_{ij} = \sum_{i\neq j} A_{ji}",
            r"\sum_{1\le i\ne j\le n} A_{ij} = \sum_{i\ne j} A_{ji}",
            r"\sum_{\substack{i,j\\ i\ne j}} A_{ij} = \sum_{i \ne j} A_{ji}",
            r"\sum_{i,j:\,i\ne j} A_{ij} = \sum_{i,j: i \neq j} A_{ji}",
            r"\sum_{i,j=1,\,i\ne j}^n A_{ij} = \sum_{i\ne j} A_{ji}",
            r"\sum_{i,j\,:\,i\neq j} A_{ij} = \sum_{i\ne j} A_{ji}",
        ],
    ),
    "ordered pairs": (
        MATRICES,
        r"\sum_{i < j} A_{ij} B_{ij} = \sum_{i<j} B_{ij} A_{ij}",
        None,
        [
            r"\sum_{1\le i<j\le n} A_{ij} B_{ij} = \sum_{i<j} B_{ij} A_{ij}",
            r"\sum_{1\leq i<j\leq n} A_{ij} B_{ij} = \sum_{i<j} B_{ij} A_{ij}",
        ],
    ),
    "double sum": (
        MATRICES,
        r"\sum_{i,j} A_{ij} = \mathbf{1}^\top A \mathbf{1}",
        None,
        [
            r"\sum_{i,j=1}^n A_{ij} = \mathbf 1^\top A \mathbf 1",
            r"\sum_{ij} A_{ij} = \mathbf 1^\top A \mathbf 1",
            r"\sum_{1\le i,j\le n} A_{ij} = \mathbf 1^\top A\mathbf 1",
            r"\sum_{i,j\in[n]} A_{ij} = \mathbf{1}^{\mathsf T} A \mathbf{1}",
            r"\sum_{i,j} A_{i,j} = \mathbf 1^\top A\mathbf 1",
            r"\sum_{i,j} [A]_{ij} = \mathbf 1^\top A\mathbf 1",
            r"\sum_{i,j} (A)_{ij} = \mathbf 1^\top A\mathbf 1",
        ],
    ),
    "gradient": (
        FUNCTION,
        r"\nabla f(x) = 2 x",
        None,
        [
            r"\nabla_x f(x) = 2x",
            r"\frac{\partial f}{\partial x}(x) = 2 x",
            r"\frac{\partial f(x)}{\partial x} = 2x",
            r"\frac{\partial}{\partial x} f(x) = 2x",
            r"\partial_x f(x) = 2x",
            r"\nabla_{x}f(x) = 2x",
            r"\nabla_{\!x} f(x) = 2x",
            r"\operatorname{grad} f(x) = 2x",
            r"\dfrac{\partial f}{\partial x} = 2x",
            r"\partial f(x)/\partial x = 2x",
            r"\partial f/\partial x = 2x",
            r"(\nabla f)(x) = 2x",
            r"\tfrac{\partial}{\partial x}f(x) = 2x",
            r"\nabla f\left(x\right) = 2x",
            r"\nabla f = 2x",
        ],
    ),
    "second derivative": (
        FUNCTION,
        r"\nabla^2 f(x) = 2 I",
        None,
        [
            r"\nabla^2_x f(x) = 2I",
            r"\nabla_x^2 f(x) = 2 I",
            r"D^2 f(x) = 2I",
            r"\nabla^{2}f(x)=2I",
            r"\nabla_{xx}^2 f(x) = 2I",
            r"\nabla_{xx} f(x) = 2I",
            r"\nabla\nabla^\top f(x) = 2I",
            r"\operatorname{Hess} f(x) = 2I",
            r"\mathrm{Hess}\, f(x) = 2I",
            r"\nabla\nabla f(x) = 2I",
        ],
    ),
    "derivative along": (
        FUNCTION,
        r"D f(x)[h] = 2 x^\top h",
        None,
        [
            r"Df(x)[h] = 2x^\top h",
            r"\mathrm{D}f(x)[h] = 2x^\top h",
            r"\mathrm D f(x)[h] = 2x^\top h",
            r"\mathrm{d}f(x)[h] = 2x^\top h",
            r"D f(x)\,[h] = 2x^\top h",
            r"df(x)[h] = 2 x^\top h",
            r"D f(x) h = 2x^\top h",
            r"Df(x)\,h = 2x^\top h",
        ],
    ),
    "derivative of a number": (
        NUMBER,
        r"\frac{d}{ds} g(s) = 3 s^2",
        "Gradient(lambda s: g(xp, s), s, 3 * s**2 + more)",
        [
            rf"{t} = 3 s^2"
            for t in (
                r"\frac{dg}{ds}(s)",
                r"\frac{d g(s)}{d s}",
                r"\frac{\mathrm{d}}{\mathrm{d}s} g(s)",
                r"\frac{\mathrm d g(s)}{\mathrm d s}",
                r"\frac{\partial g}{\partial s}",
                r"\partial_s g(s)",
                r"\frac{\rm d}{{\rm d}s} g(s)",
                r"\frac{\text{d}}{\text{d}s} g(s)",
                r"\mathrm{d}g/\mathrm{d}s",
                r"dg/ds",
                r"\dfrac{d}{ds}\,g(s)",
                r"\partial g/\partial s",
            )
        ],
    ),
    "prime": (
        NUMBER,
        r"g'(s) = 3 s^2",
        None,
        [r"g^{\prime}(s) = 3 s^2", r"g^\prime(s) = 3 s^2", r"g^{(1)}(s) = 3 s^2"],
    ),
    "second derivative of a number": (
        NUMBER,
        r"\frac{d^2 g}{ds^2} = 6 s",
        "Gradient(lambda s: xp.gradient(lambda s: g(xp, s), s), s, 6 * s + more)",
        [
            rf"{t} = 6 s"
            for t in (
                r"\frac{d^2 g}{ds^2}(s)",
                r"\frac{d^2}{ds^2} g(s)",
                r"\partial_s^2 g(s)",
                r"\frac{\mathrm{d}^2}{\mathrm{d}s^2} g(s)",
                r"\frac{d^{2}g(s)}{ds^{2}}",
                r"\frac{\partial^2 g}{\partial s^2}",
                r"\partial_{ss} g(s)",
                r"\partial^2_s g(s)",
            )
        ],
    ),
    "primes": (
        NUMBER,
        r"g''(s) = 6 s",
        None,
        [r"g^{\prime\prime}(s) = 6 s", r"g^{(2)}(s) = 6 s"],
    ),
    "third derivative of a number": (
        NUMBER,
        r"\frac{d^3}{ds^3} g(s) = 6",
        None,
        [
            r"\frac{d^3 g}{ds^3}(s) = 6",
            r"\partial_s^3 g(s) = 6",
            r"\frac{\partial^3}{\partial s^3} g(s) = 6",
        ],
    ),
    "three primes": (NUMBER, r"g'''(s) = 6", None, [r"g^{(3)}(s) = 6"]),
    "expectation under p": (
        LAW,
        r"\mathbb{E}_p[x] \le \max_i x_i",
        None,
        [
            r"\mathbb E_p[x] \le \max_i x_i",
            r"\mathbb{E}_{p}[x] \le \max_i x_i",
            r"\operatorname{E}_p[x] \le \max_i x_i",
            r"\mathrm{E}_p[x] \le \max_i x_i",
            r"\mathbb{E}_p(x) \le \max_i x_i",
            r"\mathbb{E}_p x \le \max_i x_i",
            r"\mathbf{E}_p[x] \le \max_i x_i",
            r"\mathsf{E}_p[x] \le \max_i x_i",
            r"\mathbb{E}_{p}\left[x\right] \le \max_i x_i",
            r"\langle x \rangle_p \le \max_i x_i",
            r"\mathbb{E}_{p}\{x\} \le \max_i x_i",
            r"\mathbb{E}_{i\sim p}[x_i] \le \max_i x_i",
            r"\mathbb{E}_{i \sim p}\, x_i \le \max_i x_i",
        ],
    ),
    "variance under p": (
        LAW,
        r"\operatorname{Var}_p(x) \ge 0",
        None,
        [
            rf"{t} \ge 0"
            for t in (
                r"\mathrm{Var}_p(x)",
                r"\operatorname{Var}_p[x]",
                r"\text{Var}_p(x)",
                r"\mathbb{V}_p(x)",
                r"\mathrm{Var}_{p}(x)",
                r"\operatorname{var}_p(x)",
                r"\mathbb{V}_{p}[x]",
                r"\Var_p(x)",
                r"\mathbb{V}\mathrm{ar}_p(x)",
                r"\operatorname{Var}_p x",
            )
        ],
    ),
    "relative entropy": (
        PAIR,
        r"\operatorname{KL}(p \| q) \ge 0",
        None,
        [
            rf"{t} \ge 0"
            for t in (
                r"\mathrm{KL}(p\|q)",
                r"\mathrm{KL}(p\,\|\,q)",
                r"D_{\mathrm{KL}}(p\|q)",
                r"\KL(p\|q)",
                r"D_{KL}(p \parallel q)",
                r"\mathrm{KL}(p,q)",
                r"\mathrm{KL}(p \,||\, q)",
                r"D_{\rm KL}(p\Vert q)",
                r"\mathrm{KL}\left(p\middle\|q\right)",
                r"\mathrm{KL}[p\|q]",
                r"D_{\text{KL}}\bigl(p\,\big\|\,q\bigr)",
                r"\operatorname{KL}(p\mid q)",
                r"\mathrm{KL}(p|q)",
                r"\operatorname{KL}(p\Vert q)",
                r"D_{\mathrm{KL}}(p\mathrel{\|}q)",
            )
        ],
    ),
    "ones": (
        NUMBERS,
        r"\mathbf{1}^\top x = \sum_i x_i",
        "Equal(xp.ones(n) @ x, xp.sum(x) + more)",
        [
            rf"{i}^\top x = \sum_i x_i"
            for i in (
                r"\mathbf 1",
                r"\boldsymbol{1}",
                r"\bm{1}",
                r"\mathbb{1}",
                r"\mathbb 1",
                r"\mathbf{1}_n",
                r"\mathds{1}",
                r"\vec{1}",
                r"\vec 1",
                r"\mathbbm{1}",
                r"\mathbb{1}_n",
                r"\mathbf{1}_{n}",
                r"\boldsymbol 1",
                r"\pmb{1}",
                r"\mathsf{1}",
            )
        ],
    ),
    "powers": (
        SQUARE,
        r"A^{1/2} A^{1/2} = A",
        None,
        [
            r"A^{\frac12} A^{\frac12} = A",
            r"A^{\frac{1}{2}}A^{\frac{1}{2}} = A",
            r"A^{\tfrac12}A^{\tfrac12} = A",
            r"\sqrt{A}\sqrt{A} = A",
            r"A^{1/2}\,A^{\nicefrac{1}{2}} = A",
            r"(A)^{1/2} A^{1/2} = A",
            r"A^{0.5}A^{0.5} = A",
            r"A^{\sfrac{1}{2}}A^{1/2} = A",
        ],
    ),
    "inverse powers": (
        SQUARE,
        r"A^{-1/2} A A^{-1/2} = I",
        None,
        [r"A^{-\frac12} A A^{-\frac{1}{2}} = I", r"A^{-1/2}AA^{-\tfrac12} = I"],
    ),
    "powers of numbers": (
        NUMBERS,
        r"(x^\top x)^{1/2} = \sqrt{x^\top x}",
        "Equal(xp.sqrt(x @ x), xp.sqrt(x @ x) + more)",
        [
            r"(x^\top x)^{\frac12} = \sqrt{x^\top x}",
            r"(x^\top x)^{\frac{1}{2}} = \sqrt{x^\top x}",
            r"(x^\top x)^{\tfrac12} = \sqrt{x^\top x}",
            r"\left(x^\top x\right)^{1/2} = \sqrt{x^\top x}",
        ],
    ),
    "rank one": (
        MATRICES,
        r"x y^\top y = (y^\top y) x",
        None,
        [r"x\,y^{\mathsf T}y = (y^{\mathsf T}y)x"],
    ),
    "cases": (
        NUMBERS,
        r"\max(s, 0) = \begin{cases} s & \text{if } s \ge 0 \\ 0 & \text{otherwise} \end{cases}",
        None,
        [
            rf"\max(s, 0) = {cases}"
            for cases in (
                r"\begin{cases} s, & s \ge 0, \\ 0, & \text{otherwise}. \end{cases}",
                r"\begin{cases} s & s \geq 0 \\ 0 & \text{else} \end{cases}",
                r"\begin{cases} s & \text{for } s \ge 0, \\ 0 & \text{for } s < 0. \end{cases}",
                r"\begin{cases} s &\mbox{if } s \geq 0 \\ 0 &\mbox{if } s < 0 \end{cases}",
                r"\begin{cases} s & (s \ge 0) \\ 0 & (s < 0) \end{cases}",
                r"\begin{cases} s & \text{when $s \ge 0$,} \\ 0 & \text{otherwise.} \end{cases}",
                r"\begin{dcases} s & s\ge0\\ 0 & s<0 \end{dcases}",
                r"\begin{cases} s, & s > 0, \\ 0, & s \le 0, \end{cases}",
            )
        ],
    ),
    "indicator": (
        NUMBERS,
        r"\max(s, 0) = s \mathbf{1}\{s > 0\}",
        None,
        [
            rf"\max(s, 0) = s\, {t}"
            for t in (
                r"\mathbf{1}_{\{s>0\}}",
                r"\mathbb{1}[s > 0]",
                r"\mathbb{1}_{s>0}",
                r"\mathbf 1(s>0)",
                r"\mathbb{I}\{s>0\}",
                r"[s > 0]",
                r"\mathbb{1}\{s \geq 0\}",
                r"\mathbf{1}_{[s>0]}",
            )
        ],
    ),
    "logarithm": (
        r"Let $s > 0$ and $c > 0$. Then",
        r"\log(s c) = \log s + \log c",
        "Equal(xp.log(s * c), xp.log(s) + xp.log(c) + more)",
        [
            r"\ln(s c) = \ln s + \ln c",
            r"\mathrm{log}(sc) = \operatorname{log}(s) + \log(c)",
            r"\log (s\cdot c) = \log(s)+\log(c)",
            r"\log(s \times c) = \log s + \log c",
            r"\log[s c] = \log[s]+\log[c]",
            r"\log\{sc\} = \log\{s\}+\log\{c\}",
            r"\text{ln}(sc) = \text{ln}(s)+\text{ln}(c)",
            r"\mathrm{ln}\, sc = \mathrm{ln}\, s+\mathrm{ln}\, c",
        ],
    ),
    "exponential": (
        NUMBERS,
        r"\exp(s + c) = \exp(s) \exp(c)",
        "Equal(xp.exp(s + c), xp.exp(s) * xp.exp(c) + more)",
        [
            r"e^{s+c} = e^s e^c",
            r"\mathrm{e}^{s+c} = \mathrm{e}^{s}\mathrm{e}^{c}",
            r"\exp\{s+c\} = \exp\{s\}\exp\{c\}",
            r"\exp\left(s+c\right) = \exp s\,\exp c",
            r"{\rm e}^{s+c} = {\rm e}^s{\rm e}^c",
            r"\operatorname{exp}(s+c)=\mathrm{exp}(s)\text{exp}(c)",
            r"\mathrm e^{s+c} = \mathrm e^s\mathrm e^c",
            r"\exp[s+c] = \exp[s]\exp[c]",
            r"\operatorname{e}^{s+c} = \operatorname{e}^{s}\operatorname{e}^{c}",
        ],
    ),
    "relations": (
        NUMBERS,
        r"s c \le (s^2 + c^2) / 2",
        "AtMost(*(s * c, (s**2 + c**2) / 2)[::way])",
        [
            r"sc \leq \frac{s^2+c^2}{2}",
            r"sc \leqslant \tfrac12(s^2+c^2)",
            r"s\cdot c \leqq \frac{1}{2}(s^2+c^2)",
            r"s\,c\;\le\;\dfrac{s^2+c^2}2",
            r"\frac{s^2+c^2}{2} \ge sc",
            r"(s^2+c^2)/2 \geqslant sc",
            r"s c \;\leq\; \frac{s^2 + c^2}{2}",
        ],
    ),
}
"""What an operation is called: the text, a spelling, its code (None: as it is), other spellings."""

MACROS = (
    r"\newcommand{\norm}[1]{\left\lVert#1\right\rVert}\newcommand{\abs}[1]{\lvert#1\rvert}"
    r"\DeclareMathOperator{\tr}{tr}\DeclareMathOperator*{\Tr}{Tr}\DeclareMathOperator{\sign}{sign}"
    r"\def\sgn{\mathop{\mathrm{sgn}}\nolimits}\newcommand\diag{\mathrm{diag}}"
    r"\DeclareMathOperator\softmax{softmax}\newcommand{\lse}{\ensuremath{\mathrm{lse}}}"
    r"\newcommand*{\Var}{\mathbb{V}\mathrm{ar}}\newcommand{\KL}{D_{\mathrm{KL}}}"
)


def read(words: str, tex: str) -> str:
    source = f"{MACROS} {words} \\begin{{equation}} {tex}. \\label{{x}} \\end{{equation}}"
    (outcome,) = outcomes(source, "")
    return returned(outcome) if outcome.claim else f"not read: {outcome.reason}"


CASES = [(what, tex) for what, (_, _, _, others) in ROWS.items() for tex in others if tex]


@pytest.mark.parametrize("what", ROWS)
def test_the_usual_spelling(what: str) -> None:
    words, tex, expected, _ = ROWS[what]
    made = read(words, tex)
    assert made == expected if expected else not made.startswith("not read")


@pytest.mark.parametrize(("what", "tex"), CASES)
def test_another_spelling(what: str, tex: str) -> None:
    words, usual, _, _ = ROWS[what]
    assert numbers(read(words, tex)) == numbers(read(words, usual))


def numbers(code: str) -> str:
    """Code without what two ways to write the same mean leave different."""
    return re.sub(r"xp\.sum\(p \* x\)|p @ x", "mean", code)


@pytest.mark.parametrize(
    ("words", "tex"),
    [
        (NUMBERS, r"|s| = s\,\text{foo}(s)"),
        (NUMBERS, r"|s| = s\,\operatorname{foo}(s)"),
        (NUMBERS, r"\sum_{i \in \mathcal{J}} x_i^2 = x^\top x"),
        (NUMBERS, r"\begin{cases} s & s > 1 \\ 0 & s < 0 \end{cases} = s"),
        (MATRICES, r"A^{1/2} A^{1/2} = A"),
        (MATRICES, r"\langle x, y \rangle_A = x^\top y"),
        (MATRICES, r"A^* = A"),
        (MATRICES, r"x_+ = x_+"),
        (r"Let $p, q \in \mathbb{R}^n$. Then", r"\operatorname{KL}(p \| q) \ge 0"),
        (r"Let $X \in \mathbb{R}^{n \times n}$ move with $X(t)$. Then", r"X^t X = X X^t"),
    ],
)
def test_what_is_no_spelling_of_it_stays_unread(words: str, tex: str) -> None:
    assert read(words, tex).startswith(("not read", "Equal(functools"))
