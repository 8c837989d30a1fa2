"""Which student of a roster handed in what, and who handed in nothing.

Nobody is guessed: a hand-in is a student's by an id, an address or a whole name that nobody else
on the roster has. Where it may be one of several, that is told, and none of them counts as absent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from grader.enrolment import Student, folded, squashed
from grader.layouts.export import Person
from grader.names import listed

Positions = frozenset[int]
NOBODY: Positions = frozenset()


class Attendance(NamedTuple):
    """Who of a roster handed in what.

    Attributes:
        absent: who handed in nothing, as far as names tell, in the order of the roster.
        ids: of each record those students' ids that are certain.
        news: what is not certain, one line each.
    """

    absent: list[Student]
    ids: dict[str, tuple[str, ...]]
    news: list[str]


def attendance(roster: Sequence[Student], handed: Mapping[str, Sequence[Person]]) -> Attendance:
    """Find everybody's hand-in.

    Args:
        roster: the class.
        handed: who handed in, by the name of each record.
    """
    known = Known(roster)
    ids: dict[str, tuple[str, ...]] = {}
    by_student: dict[int, list[str]] = defaultdict(list)
    open_: set[int] = set()
    strangers, unsure = [], []
    for record, people in handed.items():
        matches = [(person, known.who(person)) for person in people]
        for person, match in matches:
            if match.certain:
                by_student[match.at].append(record)
            elif match.may_be:
                names = " or ".join(shown(roster[at]) for at in sorted(match.may_be))
                unsure.append(f"{person.name} ({names})")
                open_ |= match.may_be
            else:
                strangers.append(person.name)
        if sure := tuple(roster[match.at].id for _, match in matches if match.certain):
            ids[record] = sure
    several = [f"{shown(roster[at])} ({', '.join(r)})" for at, r in by_student.items() if r[1:]]
    gone = [s for at, s in enumerate(roster) if at not in by_student and at not in open_]
    or_is_it = ", unless under another name as one of those without a hand-in" if gone else ""
    news = [
        *listed(f"not on the roster{or_is_it}", strangers),
        *listed("may be one or the other on the roster, or neither", unsure),
        *listed("more than one hand-in by", several),
    ]
    return Attendance(gone, ids, news)


class Match(NamedTuple):
    """Who of a roster somebody may be, by position; with a doubt, not even one is certain."""

    may_be: Positions
    doubt: bool = False

    @property
    def certain(self) -> bool:
        """Whether it is one, and no other."""
        return len(self.may_be) == 1 and not self.doubt

    @property
    def at(self) -> int:
        """Where on the roster a certain one is."""
        (at,) = self.may_be
        return at


class Known:
    """A roster by everything that tells a student."""

    def __init__(self, roster: Sequence[Student]) -> None:
        self._roster = roster
        self._ids = index((at, student.ids) for at, student in enumerate(roster))
        self._emails = index((at, [student.email]) for at, student in enumerate(roster))
        self._locals = index((at, [local(student.email)]) for at, student in enumerate(roster))
        self._names = index((at, spellings(student)) for at, student in enumerate(roster))

    def who(self, person: Person) -> Match:
        """Who it may be.

        An id counts where the name, if it is one, says nothing else: platforms have numbers of
        their own, and one may happen to be another student's at the university.
        """
        name, mail = folded(person.name).strip(), folded(person.email)
        by_id = self._ids.get(folded(person.id), NOBODY) if person.id else NOBODY
        if by_id and not all(self._agrees(person, at) for at in by_id):
            return Match(by_id | self._by_name(person), doubt=True)
        ways = [
            by_id,
            self._ids.get(name, NOBODY),
            self._emails.get(mail, NOBODY) if mail else NOBODY,
            self._emails.get(name, NOBODY),
            self._by_name(person) | self._locals.get(name, NOBODY),
        ]
        return Match(next(filter(None, ways), NOBODY))

    def _by_name(self, person: Person) -> Positions:
        return self._names.get(in_any_order(person.name)) or self._names.get(
            squashed(person.name), NOBODY
        )

    def _agrees(self, person: Person, at: int) -> bool:
        """Whether a name and a student's name may be the same one's."""
        student = self._roster[at]
        words = {w for w in words_of(student.name) if len(w) > 1}
        own = squashed(person.name)
        no_name = own in {squashed(known) for known in (*student.ids, student.email, person.id)}
        return no_name or not words or not own or any(word in own for word in words)


def shown(student: Student) -> str:
    """A student's name, and the id where there is one."""
    return " ".join(dict.fromkeys([student.name, student.id])).strip()


def index(told: Iterable[tuple[int, Collection[str]]]) -> dict[str, Positions]:
    """Positions by what is told of them."""
    found: dict[str, set[int]] = defaultdict(set)
    for at, texts in told:
        for text in filter(None, map(folded, texts)):
            found[text].add(at)
    return {text: frozenset(positions) for text, positions in found.items()}


def local(email: str) -> str:
    """The part of an address before its sign."""
    return email.partition("@")[0]


def words_of(name: str) -> list[str]:
    """The words of a name, folded."""
    return re.findall(r"[^\W_]+", folded(name))


def in_any_order(name: str) -> str:
    """A name that is equal for "Ann Lee" and "Lee, Ann"."""
    return " ".join(sorted(words_of(name)))


def spellings(student: Student) -> list[str]:
    """How a name may be written: in any order, or as one word, either name first."""
    orders = [student.name, " ".join(student.parts), *around(words_of(student.name))]
    return [in_any_order(student.name), *map(squashed, orders)]


def around(words: Sequence[str]) -> list[str]:
    """Words with the last ones first: where last names begin is not known."""
    return [" ".join([*words[at:], *words[:at]]) for at in range(1, len(words))]
