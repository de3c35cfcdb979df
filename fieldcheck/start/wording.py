"""What the words around a formula at a place say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fieldcheck.start.article import Article, tokens_of
from fieldcheck.start.formulas import is_symbol, letters, spelling
from fieldcheck.start.meaning.values import Definition
from fieldcheck.start.prose import Place, words_of
from fieldcheck.start.signs import Unread, normal, spelled, unfonted

NOUNS = (
    r"loss|objective|energy|potential|cost|function(?:al)?|matrix|vector|operator|map|Hamiltonian|"
    r"Lagrangian|kernel|risk|residual|error|ratio|constant|number|quantity|sum|product|mean|average|"
    r"temperature|step|output|scores?|weights?|logits?|activations?|network|layer"
)
"""What something may be called right before the formula that says what it is."""
CONVENTION = re.compile(
    r"\b(?:when|whenever|where|if|once)\b[^,⟨]*⟨(\d+)⟩\s+(?:is|are)\s+"
    r"(?:under discussion|considered|given|present|in question|in play|at hand|understood)\b[^⟨]*$",
    re.IGNORECASE,
)
"""Words before what is so wherever a symbol is spoken of."""
ASSUMES = r"\b(suppose|assume|assuming|such that|if|provided|whenever|subject to)( that)?[^.,]*$"
SOUGHT = (
    r"\blet\b[^.]*\b(satisfy|solve|obey|be an? solution|be the solution)\b[^.,]*$"
    r"|\b(condition|constraint|requirement|assumption|ansatz)\b[^.,]*\b(is|are|reads?|that)\s*$"
    r"|\bwe (require|demand|impose|want|seek|solve|look for)\b[^.,]*$"
    r"|\b(at|in) (an? |the |every |any )?(equilibrium|(fixed|stationary|critical) points?)\b[^.]*$"
    r"|\bself-?consisten|\bfixed[- ]point equation"
)
"""Words before a formula that is asked for, or holds somewhere."""
ABOUT = (
    r"\bapproximate(ly|s)?\b|"
    r"\b(in|to|within|under|by) (an?|the|this|that|our)\b[^,;.]*\bapproximation\b|"
    r"\basymptotic|\bin the limit\b|\broughly\b|"
    r"\b(to|in) (the )?(first|second|third|leading|lowest) order\b|\bheuristic|"
    r"\bfor (very |sufficiently )?(large|small)\b|\bup to (terms|corrections|higher|"
    r"an? (?!rescal|reparam|relabel|chang|permut|shift))"
)
"""Words before a formula that holds only nearly."""
METHOD = (
    r"\b(?:iterat\w*|updates?|scheme|method|algorithm|recursion|recurrence|rule|steps?)\b[^.]*$"
)
FOLLOWS = (
    r"\b(?:equivalent\w*|gives?|yields?|obtains?|becomes?|(?:re)?written|reads|takes the form|"
    r"simplif\w+|reduces|hence|thus|so|therefore|follows|equals?|decouples?)\b[^.]*$"
)
"""Words before a formula for what moves: it says how, or what comes of it."""


@dataclass(frozen=True)
class Wording:
    """The words of an article, by the places of its formulas."""

    article: Article

    def first_of(self, place: Place) -> Place:
        """Where the list begins in which a formula stands, "with $A = B$ and $C = D$"."""
        pieces, at = self.article.sentences[place[0]].pieces, place[1]
        while at > 1 and pieces[at - 2][0] == "math" and "=" in str(pieces[at - 2][1]) and (
            pieces[at - 1][0] == "text"
            and re.fullmatch(r"\s*(?:,|;|and|,\s*and)?\s*", str(pieces[at - 1][1]))
        ):  # fmt: skip
            at -= 2
        return place[0], at

    def is_named_so(self, place: Place) -> bool:
        """Does what a formula gives follow on what it is called, "with the loss $L = …$"?"""
        words = words_of(self.article.sentences[place[0]].pieces[: place[1]][-1:])
        return re.search(rf"\b(?:{NOUNS})\s*$", words) is not None

    def follows(self, place: Place) -> bool:
        """Do the words before a formula say that it follows from others?"""
        words = words_of(self.article.sentences[place[0]].pieces[: place[1]][-1:])
        so = r"\b(?:so|hence|thus|then|therefore|whence|have|i\.\s?e\.|follows|is|are)\b[^.;]*$"
        return bool(re.search(so, words.lower()))

    def is_anew(self, place: Place) -> bool:
        """Do the words before a formula give its left side a meaning, and not a value?"""
        place = self.first_of(place)
        words = self._right_before(place)
        verbs = "with|where|writing|setting|putting|letting|denoting|tak(?:e|ing)|choos(?:e|ing)"
        directly = rf"\b(?:{verbs})\s*$"
        if re.search(directly, words.lower()):
            return True
        noun = r"(?<!the )(?<!a )(?<!this )(?<!finite )"
        verbs = rf"\b(now|write|put|{noun}set|let|define|denote|consider)\b"
        return bool(re.search(verbs, words.lower()))

    def convention(self, place: Place) -> frozenset[str]:
        """The symbols of which a formula must speak for an equation to hold there, "when a state
        $q$ is under discussion, $z = …$"."""
        pieces = self.article.sentences[place[0]].pieces[: place[1]]
        text = "".join(f"⟨{k}⟩" if kind == "math" else str(w) for k, (kind, w) in enumerate(pieces))
        found = CONVENTION.search(" ".join(text.split()))
        if found is None:
            return frozenset()
        run = unfonted(normal(tokens_of(str(pieces[int(found[1])][1]))))
        return frozenset({spelling(run)} if is_symbol(run) else set())

    def is_any(self, definition: Definition, place: Place) -> bool:
        """Do the words before a formula take a symbol for any one, "for all $p$ and $q$"?"""
        pieces = self.article.sentences[place[0]].pieces[: place[1]]
        for at, (kind, tex) in enumerate(pieces):
            run = unfonted(normal(tokens_of(str(tex)))) if kind == "math" else []
            named_ = {definition.name} & set(letters([t for t in run if t != ","]))
            is_bare = not {"=", r"\in", "("} & set(map(spelled, run))
            words = re.split(r"[.;:]", words_of(pieces[:at]))[-1]
            if named_ and is_bare and re.search(r"\b(?:for|with) (?:all|any|every|each)\b", words):
                return (definition.place[0], definition.place[1]) < (place[0], at)
        return False

    def is_step(self, place: Place, letter: str) -> bool:
        """Do the words before a formula say how a letter moves, and not what follows of it?

        Raises:
            Unread: they say neither.
        """
        pieces = self.article.sentences[place[0]].pieces[: place[1]]
        last = max((k for k, (kind, _) in enumerate(pieces) if kind == "display"), default=-1)
        words = words_of(pieces[last + 1 :]).lower()
        if re.search(FOLLOWS, words):
            return False
        if re.search(METHOD, words):
            return True
        raise Unread(f"{letter} moves in two ways")

    def is_limited(self, place: Place) -> bool:
        """Do the words before a formula say where alone it holds?"""
        words = words_of(self.article.sentences[place[0]].pieces[: place[1]])
        where = r"\b(?:if|when|whenever|for|at|case|unless|only|since|as)\b[^,.]*$"
        return bool(re.search(where, words.lower()))

    def is_condition(self, place: Place) -> bool:
        """Do the words before a list of formulas make it a condition, "if $A = B$"?"""
        before = words_of(self.article.sentences[place[0]].pieces[: self.first_of(place)[1]])
        return bool(re.search(r"\b(?:if|when|whenever|case|for|suppose|assume)\b[^,.;:]*$|"
                              r"\b(?:when|whenever|if)\b[^.;:]*,\s*$", before.lower()))  # fmt: skip

    def is_let(self, place: Place) -> bool:
        """Do the words before a list of formulas say something anew, "let", "put"?"""
        first = self.first_of(place)[1]
        words = words_of(self.article.sentences[place[0]].pieces[:first][-1:]).lower()
        verbs = r"\b(?:now|write|put|let|define|denote|consider|set)\b[^.;]*$"
        return bool(re.search(verbs, words))

    def is_near(self, place: Place) -> bool:
        """Is a displayed formula said to hold nearly?"""
        pieces = self.article.sentences[place[0]].pieces[: place[1]]
        far = any(re.search(r"\\(?:gg|ll)(?![A-Za-z])", str(w)) for k, w in pieces if k == "math")
        return far or re.search(ABOUT, self._since_display(place)) is not None

    def is_assumed(self, place: Place) -> bool:
        """Is a displayed formula assumed or asked for, and not claimed?"""
        words = " ".join(self._right_before(place).lower().split())
        sought = re.search(SOUGHT, self._since_display(place))
        return bool(re.search(ASSUMES, words) or sought)

    def is_defining(self, place: Place) -> bool:
        """Do the words before a formula define something by it, "is called stable if"?"""
        defines = r"\b(?:is|are|called|said to be)\b[^.]*\bif\s*$"
        return re.search(defines, self._right_before(place)) is not None

    def _right_before(self, place: Place) -> str:
        """The text that ends where a formula begins, as it is typed."""
        before = self.article.sentences[place[0]].pieces[: place[1]][-1:]
        return str(before[0][1]) if before and before[0][0] == "text" else ""

    def _since_display(self, place: Place) -> str:
        """The words of a sentence before a formula, since the last display in it."""
        whole = ""
        for kind, what in self.article.sentences[place[0]].pieces[: place[1]]:
            whole = "" if kind == "display" else whole + (str(what) if kind == "text" else "…")
        return " ".join(whole.lower().split())
