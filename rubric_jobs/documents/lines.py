"""Words → lines → paragraphs → text, without the hyphens of line breaks."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter

from rubric_jobs.documents.geometry import Box, Word, around, median
from rubric_jobs.vocabulary.numbers import UNIT

WIDE_GAP = 1.3
"""Type sizes. A wider gap between two words separates two segments of a line."""
UPON = 0.5
"""Share of its width by which a word must overlap the previous one to count as overprinted."""
MOST_UPON = 0.2
"""Share of overprinted words that is tolerated, such as a word printed twice to look bold."""
BULLETS = "•●○◦▪■□▫‣⁃∙·–—-*➢➤►✓✔❖◆◇☐☑☒➔→"
_TIGHT = "•●○◦▪■□☐☑☒✓✔➢➤❖"
"""Bullets that need no space after them."""
_MARKER = re.compile(
    r"^(?:(?P<number>\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,4})[.)]|\d{1,2}(?:\.\d{1,2}){1,3}\.?(?!\s[-–—=]\s))\s+"
    rf"|(?P<bullet>[{re.escape(BULLETS)}])\s+"
    rf"|(?P<tight>[{_TIGHT}])|(?P<wide>[①-⑳]|[（(]?[一二三四五六七八九十]{{1,3}}[、.．）)]|\d{{1,2}}[、．]))\s*(?=\S)"
)
_COUNTED = re.compile(r"^[^\W\d_][^:：()]{0,60}[(\[（]\d{1,3}[^)\]）]{0,12}[)\]）]\s*(?:[:：]|$)")
"""A label with a bracketed number before its colon begins a list entry."""
_COUNTED_LEAD = re.compile(r"^[^\W\d_][^:：()]{0,60}[(\[（]\d{1,3}[^)\]）]{0,12}[)\]）]\s")
"""The same label in bold needs no colon."""
_WORTH_LED = re.compile(
    rf"^[(\[]?\d{{1,3}}\s*(?:%|{UNIT}\.?)[)\]]?\s*[-–—:]?\s*(?=[^\W\d_])(?-i:[^a-zß-ÿ])", re.IGNORECASE
)
"""Points before a name: "20% Design of the project"."""
_NUMBERED = re.compile(r"^\d{1,3}(?:[.,]\d)?\s*[:：=]\s+\S")
_LABELLED = re.compile(r"^[^\W\d_][\w ]{0,24}[:：]")
_KEPT_PREFIXES = re.compile(
    r"self|well|non|co|pre|re|multi|semi|cross|high|low|long|short|on|off|in|so|anti|post|sub|pro|mid|full|half|part|real"
    r"|open|first|second|third|two|three|four|five|one|peer|follow|decision|problem|student"
)


_SHORT_WORD = re.compile(
    r"an?|and|as|at|be|but|by|do|for|has|if|in|is|it|its|may|no|nor|not|of|off|on|one|or|our|out|per|so|the|to|two|up|us"
    r"|use|was|we|who|al|con|de|del|e|el|en|es|la|las|lo|los|ni|o|por|que|se|si|sin|su|sus|u|un|una|y|a|ao|aos|com|da"
    r"|das|do|dos|em|na|nas|os|ou|sem|seu|sua|um|uma|au|aux|ce|ces|des|du|est|et|il|le|les|ne|pas|sa|ses|son|sur|am"
    r"|auf|aus|bei|das|dem|den|der|die|ein|er|es|im|ist|ja|mit|oder|sie|um|und|von|vor|zu|zum|zur|che|di|gli|ha|i|per"
    r"|van|het|een|met|op|te"
)
"""Words of up to three letters that a line may begin with."""
_ENDING = re.compile(
    r"[^\W\d_]{0,4}(?:[ts]ion|[cç][aã]o|ci[oó]n|ment|ness|ity|ing|[ae]nce|[ai]ble|[ai]lity|i[sz]e[ds]?|ally|dad)s?"
)
"""Endings of long words."""


_left = attrgetter("x0")


@dataclass
class Line:
    """A line of words. Its properties are computed once, so its words must not change."""

    words: list[Word]
    box: Box

    @cached_property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @cached_property
    def size(self) -> float:
        return median([word.size for word in self.words])

    @cached_property
    def segments(self) -> list[list[Word]]:
        """Its words, split at gaps wider than a space."""
        parts: list[list[Word]] = []
        for word in self.words:
            if parts and word.x0 - parts[-1][-1].x1 <= WIDE_GAP * word.size:
                parts[-1].append(word)
            else:
                parts.append([word])
        return parts

    @property
    def is_parted(self) -> bool:
        """Whether it has a wide gap, as before the amount at the end of a list item."""
        return len(self.segments) > 1

    @cached_property
    def is_bold(self) -> bool:
        return all(word.is_bold for word in self.lettered)

    @cached_property
    def has_one_style(self) -> bool:
        return len({word.style for word in self.lettered}) <= 1

    @cached_property
    def lettered(self) -> list[Word]:
        """Its words that contain a letter or digit."""
        return [word for word in self.words if word.text.isalnum() or any(map(str.isalnum, word.text))]

    @property
    def is_fused(self) -> bool:
        """Whether words overlap, as when two lines were taken for one."""
        upon = sum(b.x0 < a.x1 - UPON * (b.x1 - b.x0) for a, b in itertools.pairwise(self.words))
        return upon > MOST_UPON * len(self.words)

    @property
    def centre_y(self) -> float:
        return (self.box[1] + self.box[3]) / 2

    @cached_property
    def marker(self) -> str:
        """The bullet or number at its start, if text follows."""
        return split_marker(self.text)[0]


def split_marker(text: str) -> tuple[str, str]:
    """The bullet or number that begins a list item, and the rest; ("", text) without one."""
    text = text.strip()
    match = _MARKER.match(text)
    return (match.group().strip(), text[match.end() :].strip()) if match else ("", text)


def into_lines(words: list[Word]) -> list[Line]:
    """Lines from top to bottom, words from left to right. Turned text is read in its own direction."""
    turned: dict[int, list[Word]] = {0: [], 2: [], 1: [], 3: []}
    for word in words:
        turned[word.quarter].append(_upright(word) if word.quarter % 2 else word)
    return [line for upright in turned.values() if upright for line in _upright_lines(upright)]


def _upright(word: Word) -> Word:
    if word.quarter == 1:
        return replace(word, x0=-word.bottom, x1=-word.top, top=word.x0, bottom=word.x1, quarter=0)
    if word.quarter == 3:
        return replace(word, x0=word.top, x1=word.bottom, top=-word.x1, bottom=-word.x0, quarter=0)
    return word


def _upright_lines(words: list[Word]) -> list[Line]:
    rows: list[list[Word]] = []
    middle = size = -1.0  # of the row's largest word
    for word in sorted(words, key=lambda w: (w.top + w.bottom, w.x0)):
        own_size, own_middle = word.bottom - word.top, (word.top + word.bottom) / 2
        if rows and abs(middle - own_middle) <= 0.45 * max(size, own_size):
            rows[-1].append(word)
            if own_size <= size:
                continue
        else:
            rows.append([word])
        size, middle = own_size, own_middle
    return [Line(sorted(row, key=_left), around(row)) for row in rows]


def paragraphs_of(lines: list[Line], right: float) -> list[list[Line]]:
    """Groups lines into paragraphs. `right` is where the text wraps."""
    if not lines:
        return []
    usual = _usual_pitch(lines, right)
    groups = [[lines[0]]]
    for above, line in itertools.pairwise(lines):
        if _starts_paragraph(above, line, usual, right) or _is_labelled_like(groups[-1][0], above, line):
            groups.append([line])
        else:
            groups[-1].append(line)
    return groups


def _is_labelled_like(first: Line, above: Line, line: Line) -> bool:
    """Whether this line begins with a number, like the paragraph: "4: All is clear", "3: Most is clear".

    A label in letters ("Good: It is clear.") counts only after the end of a sentence.
    """
    if _NUMBERED.match(first.text) and _NUMBERED.match(line.text):
        return True
    return above.text[-1:] in ".!?" and all(
        _LABELLED.match(each.text) and each.text[0].isupper() for each in (first, line)
    )


def _usual_pitch(lines: list[Line], right: float) -> float:
    """The line pitch within paragraphs: the median, or that of wrapped lines if it is smaller.

    In a list of one-line items, most pitches are those between items.
    """
    pairs = [(b.box[3] - a.box[3], a, b) for a, b in itertools.pairwise(lines) if b.box[3] > a.box[3]]
    usual = median([pitch for pitch, _, _ in pairs]) or lines[0].size * 1.2
    sure = [
        pitch
        for pitch, above, line in pairs
        if line.words[0].text[:1].islower() and not line.marker and not has_room(above, line.words[0], right)
    ]
    return min(usual, median(sure)) if sure else usual


def _starts_paragraph(above: Line, line: Line, usual_pitch: float, right: float) -> bool:
    pitch = line.box[3] - above.box[3]
    if _is_hyphenated(above) and line.words[0].text[:1].islower() and 0 < pitch <= 1.6 * usual_pitch:
        return False
    if line.marker or pitch > 1.45 * max(usual_pitch, 0.9 * above.size) or pitch <= 0:
        return True
    if abs(line.size - above.size) > 0.15 * max(line.size, above.size):
        return True
    if above.has_one_style and line.has_one_style and above.words[0].style != line.words[0].style:
        return True
    if _WORTH_LED.match(line.text) and above.text[-1:] not in ",(":
        return True
    is_rest = line.words[0].text.islower() and (len(above.words) == 1 or not has_room(above, line.words[0], right))
    if (line.is_parted and _LABELLED.match(line.text)) or (_COUNTED.match(line.text) and not is_rest):
        return True
    if line.words[0].is_bold and not line.is_bold and not above.is_bold and _COUNTED_LEAD.match(line.text):
        return True
    if above.is_parted and not _runs_on(above, line, right):
        return True
    if above.box[0] > line.box[2] or line.box[0] > above.box[2]:
        return True
    return has_room(above, line.words[0], right)


def _runs_on(above: Line, line: Line, right: float) -> bool:
    """Whether the text after a tab fills its line and continues on the next one."""
    return len(above.segments[-1]) >= 3 and line.text[:1].islower() and not has_room(above, line.words[0], right)


def has_room(line: Line, word: Word, right: float) -> bool:
    """Whether the word would have fitted on the line, so that the line break is intended."""
    # A script without spaces breaks a line between any two letters.
    needed = min(word.x1 - word.x0, 2 * line.size) if _is_wide(word.text[0]) else word.x1 - word.x0
    return line.box[2] + 0.35 * line.size + needed < right - 1.2 * line.size


def stretches(lines: list[Line], tables: list[Box]) -> list[list[Line]]:
    """Groups lines that have no table between them."""
    found: list[list[Line]] = []
    for line in lines:
        if found and not any(found[-1][-1].box[3] <= box[1] + 2 and box[3] - 2 <= line.box[1] for box in tables):
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _is_hyphenated(line: Line) -> bool:
    last = line.words[-1].text
    return last[-1:] == "-" and last[-2:-1].isalpha()


def joined(lines: list[Line], vocabulary: frozenset[str] = frozenset(), right: float | None = None) -> str:
    """The text of a paragraph, without the hyphens of line breaks.

    With `right`, the right edge of a cell, words that the narrow cell broke without a hyphen are joined, too.
    """
    text = ""
    for index, line in enumerate(lines):
        if index and right is not None and _breaks_word(lines[index - 1], line, vocabulary, right):
            text += line.text
        else:
            text = join(text, line.text, vocabulary)
    return text


def _breaks_word(above: Line, line: Line, vocabulary: frozenset[str], right: float) -> bool:
    """Whether a narrow cell broke a word without a hyphen: its head fills a line alone and its end follows."""
    if len(above.words) > 1 or right - above.box[2] > 0.6 * above.size:
        return False
    head = re.search(r"[^\W\d_]{3,}$", above.words[0].text)
    tail = re.match(r"[^\W\d_]+", line.words[0].text)
    if head is None or tail is None or not tail.group().islower():
        return False
    end = tail.group()
    whole = (head.group() + end).lower()
    if whole in vocabulary or re.search(r"[cstx]ions?$", whole):
        return True
    return _ENDING.fullmatch(end) is not None or (len(end) <= 3 and _SHORT_WORD.fullmatch(end) is None)


def join(text: str, following: str, vocabulary: frozenset[str]) -> str:
    if not text or not following:
        return text or following
    if text.endswith("-") and len(text) > 1 and not text[-2].isspace():
        head, tail = re.search(r"([^\W\d_]+)-$", text), re.match(r"[^\W\d_]+", following)
        if head and tail and tail.group()[0].islower() and not _keeps_hyphen(head[1], tail[0], vocabulary):
            return text[:-1] + following
        return text + following
    if _is_wide(text[-1]) and (_is_wide(following[0]) or following[0].isdigit()):
        return text + following
    return f"{text} {following}"


def _keeps_hyphen(head: str, tail: str, vocabulary: frozenset[str]) -> bool:
    head, tail = head.lower(), tail.lower()
    if f"{head}-{tail}" in vocabulary:
        return True
    return head + tail not in vocabulary and _KEPT_PREFIXES.fullmatch(head) is not None


def _is_wide(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or "\uff00" <= character <= "\uffef"


def lead_of(words: list[Word]) -> str:
    """The bold words at the start of a text that continues in plain type."""
    bold: list[str] = []
    for word in words:
        if not word.is_bold:
            return " ".join(bold) if bold else ""
        bold.append(word.text)
    return ""
