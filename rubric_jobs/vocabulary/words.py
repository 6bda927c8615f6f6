"""Which concepts a text names, how good the level is that it names, and whether that level earns anything."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

LONGEST_NAME = 90
"""Letters of a text that may still be a level's name."""
_LEVELS = "levels"
_FUNCTION = "function"
_WIDE = "\u2e80-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_WIDE}]+|[^\W\d_{_WIDE}]+|\d+")
_ACCENT = re.compile("[\u0300-\u036f]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_LETTER_GRADE = re.compile(r"\W*(?:grade|note|nota)?\s*([a-f])\s*([+\-−–]?)\W*", re.IGNORECASE)
_LETTER_RANKS = {"a": 1.0, "b": 0.75, "c": 0.5, "d": 0.25, "e": 0.1, "f": 0.0}
_LETTERS_APART = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "’": "'", "ʻ": "'", "‘": "'"}
)
_NEGATED = 0.2
_MOSTLY = 0.6
_LEAST_FUNCTION_WORDS = 8


Meanings = dict[str, list[tuple[str, float]]]
"""Concept → the languages in which a word means it, each with the level's rank (0 where it is no level)."""


@dataclass(slots=True)
class _Index:
    phrases: dict[tuple[str, ...], Meanings] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    """First word → how many words the longest phrase has that begins with it."""
    beginnings: dict[str, Meanings] = field(default_factory=dict)
    openings: set[str] = field(default_factory=set)
    """First two letters of these."""
    wide: dict[str, Meanings] = field(default_factory=dict)
    longest_wide: int = 1


@dataclass(frozen=True, slots=True)
class _Hit:
    """Words for a concept among a text's tokens, from `start` to before `end`; `letters` is how much they say."""

    concept: str
    start: int
    end: int
    letters: int
    rank: float


def fold(text: str) -> str:
    """One case, no accents, single spaces; kana and Hangul as they are."""
    if text.isascii():
        return " ".join(text.casefold().split())
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS_APART))
    return " ".join(unicodedata.normalize("NFKC", _ACCENT.sub("", apart)).split())


@lru_cache(maxsize=8192)
def concepts(text: str, languages: frozenset[str] | None = None) -> dict[str, float]:
    """Concept → share of the text's words that name it, over 0 up to 1; small words and numbers are not counted.

    With `languages` only words of these are known. Do not change the answer: it is kept.
    """
    tokens = _tokens(text)
    named: dict[str, int] = defaultdict(int)
    taken: set[int] = set()
    for hit in _hits(tokens, languages):
        named[hit.concept] += hit.letters
        taken.update(range(hit.start, hit.end))
    small = _function_words()
    whole = sum(_weight(t) for i, t in enumerate(tokens) if not t.isdecimal() and (i in taken or t not in small))
    return {concept: letters / whole for concept, letters in named.items()} if whole else {}


def share(concept: str, text: str, languages: frozenset[str] | None = None) -> float:
    """Share of the text's words that name this concept: 0 where none does, 1 where they all do."""
    return concepts(text, languages).get(concept, 0.0)


@lru_cache(maxsize=8192)
def level_rank(text: str, languages: frozenset[str] | None = None) -> float | None:
    """How good a level of this name is, from 0 (worst) to 1 (best); None where the text names no known level.

    "Excellent" 1, "partially met" 0.4, "not satisfactory" 0.2, "B" 0.75. Numbers say nothing here. For descriptors
    (texts over 90 letters) use `merit`.
    """
    if len(text) > LONGEST_NAME:
        return None
    letter = _LETTER_GRADE.fullmatch(text)
    if letter:
        step = {"": 0.0, "+": 0.05}.get(letter[2], -0.05)
        return min(1.0, max(0.0, _LETTER_RANKS[letter[1].casefold()] + step))
    return merit(text, languages)


@lru_cache(maxsize=8192)
def merit(text: str, languages: frozenset[str] | None = None) -> float | None:
    """The mean rank of all words for levels in a text of any length; None where there is none."""
    tokens = _tokens(text)
    negations = _negations()
    ranks = []
    for hit in _hits(tokens, languages):
        if hit.concept == _LEVELS:
            is_negated = hit.start > 0 and hit.rank > _NEGATED and tokens[hit.start - 1] in negations
            ranks.append(_NEGATED if is_negated else hit.rank)
    return sum(ranks) / len(ranks) if ranks else None


def earns_nothing(text: str, languages: frozenset[str] | None = None) -> bool:
    """Whether a level of this name is given for nothing: "No attempt", "0 - Not submitted", "Zero credit"."""
    if len(text) > LONGEST_NAME:
        return False
    named = concepts(text, languages)
    return named.get("nothing", 0.0) >= _MOSTLY and "penalty" not in named


def likely_languages(texts: Iterable[str]) -> frozenset[str]:
    """The languages whose small words these texts are full of; all that are known where they are too short to tell."""
    counts: dict[str, int] = defaultdict(int)
    for text in texts:
        for token in _tokens(text):
            for language in _function_words().get(token, ()):
                counts[language] += 1
            counts["zh"] += _is_wide(token)
            counts["ja"] += 2 * bool(re.search("[\u3040-\u30ff]", token))
            counts["ko"] += bool(_HANGUL.search(token))
    most = max(counts.values(), default=0)
    if most < _LEAST_FUNCTION_WORDS:
        return known_languages()
    return frozenset(language for language, count in counts.items() if count * 3 >= most)


def known_languages() -> frozenset[str]:
    return frozenset(_files())


def known_concepts() -> frozenset[str]:
    return frozenset(concept for words in _files().values() for concept in words)


@lru_cache(maxsize=8192)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(fold(text)))


def _is_wide(token: str) -> bool:
    """Chinese and Japanese, which set no space between words."""
    return "\u2e80" <= token[0] <= "\u9fff" or "\uf900" <= token[0] <= "\ufaff"


def _weight(token: str) -> int:
    return 3 * len(token) if _is_wide(token) else len(token)


def _hits(tokens: tuple[str, ...], languages: frozenset[str] | None) -> Iterator[_Hit]:
    """For each concept the longest words at every place, none of which overlaps another of that concept."""
    until: dict[str, int] = {}
    index = _index()
    for start, token in enumerate(tokens):
        if _is_wide(token):
            yield from _wide_hits(token, start, languages)
            continue
        if token not in index.longest and token[:2] not in index.openings:
            continue
        for end, meanings in _matches(tokens, start):
            for concept, ranks in _spoken(meanings, languages):
                if until.get(concept, 0) <= start:
                    until[concept] = end
                    yield _Hit(concept, start, end, sum(map(len, tokens[start:end])), sum(ranks) / len(ranks))


def _matches(tokens: tuple[str, ...], start: int) -> Iterator[tuple[int, Meanings]]:
    """What begins at this token, longest first."""
    index = _index()
    token = tokens[start]
    for end in range(min(len(tokens), start + index.longest.get(token, 0)), start, -1):
        if meanings := index.phrases.get(tokens[start:end]):
            yield end, meanings
    if token[:2] not in index.openings:
        return
    for letters in range(len(token), 1, -1):
        if meanings := index.beginnings.get(token[:letters]):
            yield start + 1, meanings


def _wide_hits(token: str, place: int, languages: frozenset[str] | None) -> Iterator[_Hit]:
    """Words anywhere in a run of Chinese or Japanese; a single sign only where it stands alone."""
    index = _index()
    until: dict[str, int] = {}
    for start in range(len(token)):
        for end in range(min(len(token), start + index.longest_wide), start, -1):
            meanings = index.wide.get(token[start:end])
            if not meanings or (end - start == 1 and len(token) > 1):
                continue
            for concept, ranks in _spoken(meanings, languages):
                if until.get(concept, 0) <= start:
                    until[concept] = end
                    yield _Hit(concept, place, place + 1, 3 * (end - start), sum(ranks) / len(ranks))


def _spoken(meanings: Meanings, languages: frozenset[str] | None) -> Iterator[tuple[str, list[float]]]:
    for concept, told in meanings.items():
        ranks = [rank for language, rank in told if languages is None or language in languages]
        if ranks:
            yield concept, ranks


@cache
def _files() -> dict[str, dict[str, list[tuple[str, float]]]]:
    """Language → concept → its words with their ranks."""
    files = {}
    for path in sorted(Path(__file__).parent.glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        levels = [(word, float(rank)) for rank, words in told.pop(_LEVELS, {}).items() for word in words]
        files[path.stem] = {concept: [(word, 0.0) for word in words] for concept, words in told.items()}
        files[path.stem][_LEVELS] = levels
    return files


@cache
def _index() -> _Index:
    index = _Index()
    for language, told in _files().items():
        for concept, words in told.items():
            if concept != _FUNCTION:
                for word, rank in words:
                    _enter(index, word, concept, (language, rank))
    index.longest_wide = max(map(len, index.wide), default=1)
    return index


def _enter(index: _Index, word: str, concept: str, meaning: tuple[str, float]) -> None:
    tokens = _tokens(word)
    if len(tokens) == 1 and _is_wide(tokens[0]):
        meanings = index.wide.setdefault(tokens[0], {})
    else:
        meanings = index.phrases.setdefault(tokens, {})
        index.longest[tokens[0]] = max(len(tokens), index.longest.get(tokens[0], 0))
        is_open = word.endswith("*") or (_HANGUL.match(tokens[0]) and len(tokens[0]) > 1)  # Korean adds endings
        if len(tokens) == 1 and is_open:
            index.beginnings.setdefault(tokens[0], {}).setdefault(concept, []).append(meaning)
            index.openings.add(tokens[0][:2])
    meanings.setdefault(concept, []).append(meaning)


@cache
def _function_words() -> dict[str, tuple[str, ...]]:
    """Word → the languages whose sentences are full of it."""
    words: dict[str, tuple[str, ...]] = {}
    for language, told in _files().items():
        for word, _ in told.get(_FUNCTION, []):
            for token in _tokens(word):
                words[token] = (*words.get(token, ()), language)
    return words


@cache
def _negations() -> frozenset[str]:
    return frozenset(
        token for told in _files().values() for word, _ in told.get("negation", []) for token in _tokens(word)
    )


def has_words(concept: str, languages: frozenset[str]) -> bool:
    """Whether one of these languages has a word for the concept."""
    return any(_files()[language].get(concept) for language in languages)
