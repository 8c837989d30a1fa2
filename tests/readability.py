"""How hard a text is to read: the grade of Flesch and Kincaid, and words that belittle."""

from __future__ import annotations

import re

CODE = re.compile(
    r"`[^`]*`|\[[^\]]*\]|[\w.]*[_()=][\w.()=]*|\b(?:nn|torch|plt|np|x|y)\.\w+(?:\.\w+)*\b"
    r"|\.\w+\b|\b[a-z]+[A-Z]\w*|\b[A-Z][a-z]*[A-Z]\w*|\b[A-Z]{2,}\b|@|\*"
)
"""Names out of code: whoever reads a hint about them has seen them, and need not spell them."""
SENTENCE = re.compile(r"[.!?:;]+(?:\s|$)")
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*|\d[\d.,]*")
VOWELS = re.compile(r"[aeiouy]+")
BANNED = re.compile(
    r"(?i)\b(?:just|simply|simple|obvious(?:ly)?|easy|easily|trivial(?:ly)?|of course)\b"
)


def grade(text: str) -> float:
    """The US school grade that a text asks for, by Kincaid et al. 1975.

    0.39 words a sentence + 11.8 syllables a word - 15.59. A name out of code is a word of one
    syllable, and a colon ends a sentence.
    """
    plain = CODE.sub(" it ", text)
    words = WORD.findall(plain)
    sentences = max(1, len([s for s in SENTENCE.split(plain) if WORD.search(s)]))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """About how many syllables a word has: its groups of vowels, without a silent e."""
    word = word.lower().strip("'")
    if not word[:1].isalpha():
        return 1
    count = len(VOWELS.findall(word))
    silent = (word.endswith(("e", "es", "ed")) and not word.endswith(("le", "les", "ted", "ded"))
              and not re.search(r"[sxz]es$|[cg]es$|shes$|ches$", word))  # fmt: skip
    return max(1, count - silent)


def sentences(text: str) -> list[str]:
    """The sentences of a text; a point within a word or number ends none."""
    return [part for part in re.split(r"(?<=[.!?])\s+(?=[A-Z`*\d])", text.strip()) if part]


def belittles(text: str) -> list[str]:
    """Words that make somebody who is stuck feel small."""
    return BANNED.findall(text)
