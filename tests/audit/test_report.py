"""What an audit says besides yes and no: sizes, places, parts, potentials; and what it refuses."""

import json
import re

import pytest
import torch
from torch import nn

from fieldcheck.audit import AuditError, report
from fieldcheck.audit.planted import HERE, bases, seen
from fieldcheck.audit.questions import BY_KEY, QUESTIONS
from fieldcheck.audit.sheet import as_html, as_json

POINT = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(6, 4)


def random(*sizes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*sizes, dtype=torch.float64, generator=generator)


def test_the_share_is_that_of_the_jacobian():
    W = random(4, 4)
    found = report(lambda x: x @ W, POINT, only=["gradient"])["gradient"]
    truth = float(((W - W.T) ** 2).sum() / 4 / (W**2).sum())
    assert abs(found.detail["share"] - truth) < 4 * found.detail["error"]
    assert found.witness["certain"]


def test_the_place_is_that_of_the_fault():
    def force(x):  # channel 2 of token 3 turns into channel 0 of token 3
        return torch.tanh(x) + torch.zeros_like(x).index_put(
            (torch.tensor([3]), torch.tensor([0])), x[3, 2]
        )

    detail = report(force, POINT, only=["gradient"])["gradient"].detail
    assert detail["by_token"][3] == pytest.approx(1)
    assert detail["by_channel"][0] + detail["by_channel"][2] == pytest.approx(1)


class Block(nn.Module):
    """A norm that is a gradient, an MLP that is one if tied, a map that is none."""

    def __init__(self, tied):
        super().__init__()
        self.norm = nn.LayerNorm(4, elementwise_affine=False)
        self.up, self.act, self.down = nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4)
        self.out = nn.Linear(4, 4)
        with torch.no_grad():
            self.down.weight.copy_(self.up.weight.T if tied else random(4, 8, seed=5))

    def forward(self, x):
        return x + self.out(x + self.down(self.act(self.up(self.norm(x)))))


@pytest.mark.parametrize("tied", [True, False])
def test_parts_are_found_and_judged(tied):
    parts = {p.path: p for p in report(Block(tied).double(), POINT).parts}
    assert parts["norm"].potential
    assert not parts["out"].potential
    assert parts["up..down"].potential == tied


def test_a_module_is_left_as_it_was():
    module = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout()).double()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    found = report(module, POINT, only=["modes"])
    assert found["modes"].verdict == "no"
    assert all(m.training for m in module.modules())
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())


def test_a_random_module_is_asked_nothing_more():
    found = report(lambda x: x + torch.rand_like(x), POINT)
    assert found["deterministic"].verdict == "no"
    assert {a.verdict for k, a in found.answers.items() if k != "deterministic"} == {"not asked"}


def test_the_same_seed_gives_the_same_report():
    one, two = (as_json(report(torch.tanh, POINT, seed=3)) for _ in range(2))
    assert one == two


def test_what_is_cut_off_from_autograd_is_still_found():
    W = random(4, 4)
    found = report(lambda x: torch.tanh(x.detach()) @ W, POINT, only=["gradient"])["gradient"]
    assert found.verdict == "no"
    assert "finite differences" in found.note
    assert report(lambda x: torch.tanh(x.detach()), POINT)["gradient"].verdict == "yes"


STEPS = {
    "signs, mixed": lambda x: torch.sign(x) @ random(4, 4),
    "rounded, mixed": lambda x: torch.round(x) @ random(4, 4),
    "turned by whole numbers": lambda x: x + torch.floor(x) @ (random(4, 4) - random(4, 4).T),
    "rounded to thousandths": lambda x: torch.round(1000 * x) / 1000 @ random(4, 4),
    "later tokens, switched": lambda x: random(6, 6).triu() @ (x > 0).to(x.dtype),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_force_that_jumps_is_no_gradient_for_its_zero_derivative(name):
    """Almost everywhere its Jacobian is symmetric, or none; its works tell."""
    found = report(STEPS[name], random(6, 4, seed=9))
    assert found["gradient"].verdict == "no"
    assert found.certain("gradient")
    keys = ("diagonal", "token", "hamiltonian", "symplectic", "prox")
    assert "yes" not in {found[key].verdict for key in keys}


@pytest.mark.parametrize(
    "step", [torch.sign, nn.Hardshrink(), lambda x: x.argsort(-1).argsort(-1) + 0.0 * x]
)
def test_a_gradient_that_jumps_is_one_by_its_works(step):
    found = report(step, random(6, 4, seed=9))
    assert {found[key].verdict for key in ("gradient", "diagonal", "token")} == {"yes"}
    assert "by works" in found["gradient"].note
    assert found["hamiltonian"].verdict != "yes"


def test_what_is_steep_or_bent_does_not_jump():
    for smooth in (torch.tanh, torch.relu, lambda x: torch.tanh(1e4 * x), torch.abs):
        found = report(smooth, random(6, 4, seed=9), only=["gradient"])["gradient"]
        assert (found.verdict, found.note) == ("yes", "")


@pytest.mark.parametrize("radius", [1e-3, 1.0, 1e3])
def test_a_ball_is_not_homogeneous_wherever_the_example_lies(radius):
    ball = lambda x: x / torch.clamp(x.norm() / radius, min=1)
    found = report(ball, random(6, 4), only=["homogeneous"])["homogeneous"]
    assert (found.verdict, found.measured > 0.1) == ("no", True)
    for degree in (-1, 0, 1, 3):
        power = lambda x, d=degree: x * x.norm() ** (d - 1)
        found = report(power, random(6, 4), only=["homogeneous"])["homogeneous"]
        assert (found.verdict, found.detail["degree"]) == ("yes", degree)


def test_what_is_idempotent_only_near_the_example_is_not():
    for module in (lambda x: torch.tanh(1e4 * x), lambda x: x + (x > 3).to(x.dtype)):
        found = report(module, random(6, 4), only=["idempotent"])["idempotent"]
        assert found.verdict == "no"


def test_a_slope_that_is_hardly_negative_is_found():
    """One entry in fifty falls, by a hundredth: many directions lie near it."""
    falls = lambda x: (x + 1.02 * torch.sin(x)) / 2
    found = report(falls, random(6, 8, seed=9), only=["monotone", "firm"])
    assert found["monotone"].verdict == found["firm"].verdict == "no"
    edge = report(lambda x: (x + torch.sin(x)) / 2, random(6, 8, seed=9), only=["monotone", "firm"])
    assert edge["monotone"].verdict == edge["firm"].verdict == "yes"


def test_a_force_in_inference_mode_is_asked():
    @torch.inference_mode()
    def sealed(x):
        return x @ torch.ones(4, 4, dtype=x.dtype).triu()

    found = report(sealed, POINT)
    assert found["gradient"].verdict == "no"
    assert found["U_N"].verdict == "yes"


class Speechless(RuntimeError):
    def __str__(self):
        raise ValueError("it has no words")


def leaves(x):
    raise SystemExit(0)


def breaks(x):
    raise Speechless


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_single_module_is_asked_in_double(dtype):
    found = report(nn.LayerNorm(4).to(dtype), POINT.to(dtype), only=["gradient", "S_N"])
    assert found.dtype == "float64"
    assert found["gradient"].verdict == found["S_N"].verdict == "yes"


@pytest.mark.parametrize(
    ("module", "x", "words"),
    [
        (lambda x: x[:2], POINT, "makes 2x4 of 6x4"),
        (lambda x: x[x > 0], POINT, "of 6x4"),
        (lambda x: (x, x), POINT, "a tuple of 2: choose an entry"),
        (lambda x: {"out": x}, POINT, "'out' for example"),
        (lambda x: None, POINT, "gives NoneType"),
        (lambda x: x.argsort(), POINT, "gives int64"),
        (lambda x: x + 0j, POINT, "float64 becomes complex128"),
        (lambda x: x, torch.arange(4), "example is int64"),
        (lambda x: x, POINT[:0], "is empty"),
        (lambda x: x, POINT / 0, "not finite"),
        (lambda x: x, [1.0], "must be a tensor, not list"),
        (lambda x: x @ POINT[:2], POINT, "fails on an input of shape 6x4, float64"),
        (nn.Linear(4, 4, device="meta"), POINT.float(), "is on meta and the example on cpu"),
        (nn.Embedding(5, 4), POINT, "fails on an input"),
        (leaves, POINT, "fails on an input of shape 6x4, float64: 0"),
        (breaks, POINT, "fails on an input of shape 6x4, float64: Speechless"),
        (lambda x: x.to_sparse(), POINT, "gives a sparse coo tensor: give a dense one"),
        (lambda x: x.to("meta"), POINT, "answers on meta, and was asked on cpu"),
        (nn.LazyLinear(4), POINT, "has lazy parameters"),
    ],
)
def test_refusals(module, x, words):
    with pytest.raises(AuditError, match=re.escape(words)):
        report(module, x)


@pytest.mark.parametrize("module", [torch.sqrt, torch.log, lambda x: x * torch.inf])
def test_a_force_that_is_nowhere_a_number_has_no_property(module):
    found = report(module, random(4, 6))
    said = {key for key, answer in found.answers.items() if answer.verdict == "yes"}
    assert said <= {"zero", "deterministic"}


def test_a_conjugate_that_is_a_view_is_asked():
    x = torch.complex(random(3, 4), random(3, 4, seed=1))
    truth = {"gradient": "yes", "zero": "yes", "phase": "no", "S_C": "yes"}
    found = report(lambda x: x.conj(), x.conj(), only=truth)
    assert {key: found[key].verdict for key in truth} == truth


def test_questions_that_are_none_are_refused():
    with pytest.raises(AuditError, match="no question is called 'gradiant'; there are determ"):
        report(torch.tanh, random(3, 4), only=["gradiant"])
    assert "gradient" in report(torch.tanh, random(3, 4), only="gradient").answers


def test_json_and_html_stand_alone():
    W = random(4, 4)
    found = report(lambda x: torch.softmax(x @ W @ x.T, -1) @ x, POINT, name="<head>")
    record = json.loads(as_json(found))
    assert record["schema"] == 1
    assert [row["key"] for row in record["answers"]] == [q.key for q in QUESTIONS]
    assert all(row["witness"] for row in record["answers"]
               if row["verdict"] == "no" and row["key"] != "interaction")  # fmt: skip
    text = as_html(found)
    assert "&lt;head&gt;" in text
    assert "<head>" not in text
    assert text.count('<svg role="img" aria-label="') >= 4
    assert not re.search(r'(src|href)="?http', text.replace("http://www.w3.org", ""))


SENSITIVITY = json.loads(HERE.read_text()) if HERE.exists() else {}


@pytest.mark.parametrize("key", [q.key for q in QUESTIONS if q.fault != "pole"])
def test_each_question_sees_what_it_says(key):
    """A fault of the size that the report names is seen; without one there is none to see."""
    size = SENSITIVITY["float64"][key]
    assert 0 < size <= 1e-5
    for exhibit in bases(key):
        assert seen(key, exhibit, size, "float64")
        assert not seen(key, exhibit, 0.0, "float64")


def test_every_question_has_its_sensitivity():
    for row in SENSITIVITY.values():
        assert set(row) == {q.key for q in QUESTIONS if q.fault != "pole"}
    assert set(BY_KEY) == {q.key for q in QUESTIONS}
