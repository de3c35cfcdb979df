"""Variants: a claim's own body with other choices; and where a claim says no chapter."""

from __future__ import annotations

import inspect
import types

import pytest

from fieldcheck.claim import ClaimError, claim, ours, registered
from fieldcheck.domains import vector
from fieldcheck.evidence.every_size import plan
from fieldcheck.evidence.gather import blame
from fieldcheck.evidence.run import examine
from fieldcheck.evidence.statement import Statement
from fieldcheck.relations import Equal


@pytest.fixture(autouse=True)
def register():
    """Claims of one test alone."""
    before = dict(registered())
    registered().clear()
    yield
    registered().clear()
    registered().update(before)


def scaled(xp, x, *, factor=2, shift=0, y=None):
    """Twice x is x + x."""
    return Equal(x + (x if y is None else y), factor * x + shift)


def made(body=scaled, **more):
    words = dict(id="example", title="", sources=[ours()], given=dict(x=vector("n")))
    return claim(**{**words, **more})(body)


def test_a_variant_is_the_same_function_with_other_choices():
    example = made()
    example.vary("three times", factor=3)
    form = example.forms["example/three-times"]
    assert form.body is not scaled
    assert form.body.__kwdefaults__ == dict(factor=3, shift=0, y=None)
    assert scaled.__kwdefaults__ == dict(factor=2, shift=0, y=None)
    assert (form.body.__doc__, form.body.__module__) == (scaled.__doc__, scaled.__module__)
    assert inspect.getsource(form.body) == inspect.getsource(scaled)
    assert (form.role, str(form.expect), list(form.given)) == ("neighbour", "refuted", ["x"])


def test_its_verdict_is_that_of_a_copied_body():
    example = made()
    example.vary("three times", key="three", factor=3)
    verdict = lambda key: examine(example.forms[key].body, x=vector("n"))[0].verdict
    assert verdict("example/claim") == "proved"
    assert verdict("example/three") == "refuted"


def test_a_choice_that_is_described_becomes_an_input():
    example = made()
    example.vary("another vector", key="other", given=dict(y=vector("n")), sizes=dict(n=[2]))
    form = example.forms["example/other"]
    assert list(form.given) == ["x", "y"]
    assert form.sizes == dict(n=[2])
    assert examine(form.body, **form.given)[0].verdict == "refuted"


def test_the_printed_form_and_what_is_expected_of_it():
    example = made()
    example.vary("as printed", role="printed", factor=3, tex="3x")
    example.vary("as printed elsewhere", role="printed", key="elsewhere", shift=0, expect="proved")
    first, second = example.forms["example/printed"], example.forms["example/elsewhere"]
    assert (first.role, str(first.expect), first.tex) == ("printed", "refuted", "3x")
    assert (second.role, str(second.expect)) == ("printed", "proved")


def test_a_neighbour_of_a_false_claim_holds():
    example = made(expect="refuted")
    example.vary("three times", key="three", factor=3)
    assert str(example.forms["example/three"].expect) == "holds"


def test_a_choice_that_asks_which_arithmetic_runs_it_ends_the_count_of_indices():
    def body(xp, x, *, f=lambda xp, x: 2 * x):
        """A statement."""
        return Equal(x + x, f(xp, x))

    example = made(body)
    example.vary("a trap", key="trap", f=lambda xp, x: 2 * x if type(xp) else x)
    ended = lambda key: plan(Statement(example.forms[f"example/{key}"]), 0).ended
    assert ended("claim") == ""
    assert "asks for 'type'" in ended("trap")


def test_a_line_of_a_variant_is_blamed_by_its_place():
    def body(xp, x, *, power=1):
        """A statement."""
        return Equal(x**power, x)

    example = made(body)
    example.vary("a power that is none", key="none", power="two")
    form = example.forms["example/none"]
    with pytest.raises(TypeError) as caught:
        Statement(form).probe(dict(n=1))
    assert "return Equal(x ** power, x)" in blame(Statement(form), caught.value)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (dict(power=3), "the body has no choice 'power'; its choices are "),
        (dict(x=3), "the body has no choice 'x'"),
        (dict(), "the variant is the claim itself; give it another choice"),
        (dict(factor=0.5), "the choice factor = 0.5 is a float; take integers"),
        (dict(factor=(1, 0.5)), "is a float"),
        (
            dict(factor=3, role="claim"),
            "a variant is a neighbour, printed or reading, not 'claim'",
        ),
        (dict(given=dict(z=vector("n"))), r"given names \['z'\] that its body does not take"),
        (dict(factor=3, expect="true"), "expect is 'true', which is none of "),
    ],
)
def test_what_is_no_variant_is_refused_in_one_sentence(how, why):
    with pytest.raises(ClaimError, match=f"^example/.*{why}") as caught:
        made().vary("another", **how)
    assert "\n" not in str(caught.value)


def test_a_body_without_choices_says_how_to_make_one():
    def body(xp, x):
        """A statement."""
        return Equal(x, x)

    with pytest.raises(ClaimError, match=r"no choice 'sign'; it has none \(name them after a \*\)"):
        made(body).vary("the sign", sign=-1)


def test_a_choice_needs_a_default_and_no_float():
    def needy(xp, x, *, factor):
        """A statement."""
        return Equal(x, factor * x)

    def floating(xp, x, *, factor=0.5):
        """A statement."""
        return Equal(x, factor * x)

    with pytest.raises(ClaimError, match="the choice 'factor' needs a default"):
        made(needy)
    with pytest.raises(ClaimError, match=r"float literal 0\.5 in the body"):
        made(floating)


def test_a_decorated_body_has_the_choices_of_the_function_that_runs():
    wrapper = types.FunctionType(scaled.__code__, scaled.__globals__, "scaled")
    wrapper.__kwdefaults__ = None
    wrapper.__wrapped__, wrapper.__doc__ = scaled, scaled.__doc__
    with pytest.raises(ClaimError, match="the body has no choice 'factor'"):
        made(wrapper).vary("three times", factor=3)


@pytest.mark.parametrize(
    ("module", "chapter"),
    [
        ("fieldcheck.register.glu", "glu"),
        ("fieldcheck.register.softmax.gibbs", "softmax"),
        ("elsewhere", "test_variants"),
    ],
)
def test_the_chapter_is_that_of_the_file(module, chapter):
    body = types.FunctionType(scaled.__code__, scaled.__globals__, "body")
    body.__kwdefaults__, body.__module__ = scaled.__kwdefaults__, module
    assert made(body).chapter == chapter


def test_a_chapter_may_be_named():
    assert made(chapter="softmax").chapter == "softmax"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (dict(title=None), "title is None; give it as text"),
        (dict(expect=None), "expect is None"),
        (dict(sources=[1]), r"sources is \[1\]; give it as a list of Source"),
        (dict(given=3), "given is 3; give it as a dictionary, by name"),
        (dict(sizes=dict(n=3)), "sizes is {'n': 3}"),
        (dict(sizes=dict(n="abc")), "to each name a list of whole numbers"),
        (dict(sizes=dict(n=[-1])), r"sizes is {'n': \[-1\]}"),
        (dict(sizes=dict(n=[])), r"sizes is {'n': \[\]}"),
        (dict(sizes=dict(n=[2.0])), r"sizes is {'n': \[2.0\]}"),
        (dict(tex=b"x"), "tex is b'x'"),
        (dict(id=7), "7 is no claim id"),
    ],
)
def test_words_of_another_kind_are_named(words, says):
    right = dict(id="kinds", title="A title", sources=[ours()], given=dict(x=vector("n")))
    with pytest.raises(ClaimError, match=says):
        claim(**{**right, **words})(lambda xp, x: Equal(x, x))


def test_a_size_that_no_domain_has_is_named():
    """It would restrict nothing: the claim would be judged at every n."""
    named, strange = made(sizes=dict(n=[2]), id="named"), made(sizes=dict(m=[2]))
    for each in (named, strange):
        each.vary("three times", factor=3)
    named.finish()
    with pytest.raises(ClaimError, match="claim: sizes has 'm', and no domain has it"):
        strange.finish()


def test_a_neighbour_without_a_title():
    with pytest.raises(ClaimError, match="title is None; give it as text"):
        made().neighbour(None)
