"""The roster of a class, as a table that Moodle, Canvas, Gradescope or a spreadsheet wrote.

Columns are known by their headers, in any order and of any number. Commas, semicolons and tabs
may part them.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.errors import AuthorError
from grader.names import readable

MOST_BYTES = 10_000_000
MOST_STUDENTS = 50_000
SEPARATORS = (",", ";", "\t", "|")

IDS = {
    "identifier": 0, "bezeichner": 0,  # of Moodle's grading worksheet
    "id": 1, "canvasid": 1, "userid": 1, "canvasuserid": 1,
    "sisuserid": 2, "sisid": 2,
    "studentid": 3, "studentnumber": 3, "sid": 3, "idnumber": 3, "idnummer": 3, "uin": 3,
    "matriculationnumber": 3, "matrikelnummer": 3, "registrationnumber": 3, "numerodidentification":
    3, "numerodeid": 3,
    "username": 4, "login": 4, "loginid": 4, "sisloginid": 4, "netid": 4, "anmeldename": 4,
    "benutzername": 4, "nomdutilisateur": 4, "nombredeusuario": 4,
}  # fmt: skip
"""Headers, folded, of what is a student's id, those that a gradebook goes by first."""
EMAIL = {"email", "emailaddress", "mail", "emailadresse", "courriel", "adressedecourriel",
         "correo", "correoelectronico", "direcciondecorreo"}  # fmt: skip
FULL = {"name", "fullname", "student", "studentname", "vollstandigername", "nomcomplet",
        "nombrecompleto"}  # fmt: skip
FIRST = {"firstname", "givenname", "vorname", "prenom", "nombre", "forename", "firstnames"}
LAST = {"lastname", "surname", "familyname", "nachname", "nom", "apellido", "apellidos",
        "nomdefamille"}  # fmt: skip
ROLE = {"role", "roles", "rolle", "rollen"}
STAFF = re.compile(r"(?i)instructor|teacher|\bta\b|assistant|reader|observer|manager|designer")
NOBODY = {"pointspossible", "studenttest", "teststudent", "manualposting"}
"""What stands in Canvas's table where a name should."""


class Student(NamedTuple):
    """One line of a roster.

    Attributes:
        name: as it is shown.
        id: as the gradebook knows it; empty where the roster has none.
        ids: everything this student is known by: numbers, user names.
        email: the address.
        parts: last and first names, where the roster has them apart.
    """

    name: str
    id: str
    ids: tuple[str, ...] = ()
    email: str = ""
    parts: tuple[str, ...] = ()


def read_roster(path: Path) -> list[Student]:
    """The students of a roster, sorted as a class list is.

    Raises:
        AuthorError: the file is none.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise AuthorError([f"{path}: cannot be read: {problem.strerror}"]) from problem
    try:
        return students_of(decoded(data))
    except (ValueError, csv.Error) as problem:
        raise AuthorError([f"{path}: no roster: {problem}"]) from problem


def decoded(data: bytes) -> str:
    """A table's text, in the encodings that spreadsheets write.

    Raises:
        ValueError: it is no text.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES // 10**6} MB")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    if "\0" in text:
        raise ValueError("it is no text; save the roster as CSV")
    return text


def students_of(text: str) -> list[Student]:
    """The students of a table.

    Raises:
        ValueError: it has no column that tells students, or no student.
    """
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep="):  # Excel's own way to tell
        text = rest
    header, rows = max(map(table, [text] * len(SEPARATORS), SEPARATORS), key=worth)
    columns = columns_of(header)
    if not columns:
        seen = ", ".join(readable(cell.strip()[:40]) for cell in header[:12]) or "none"
        raise ValueError(
            "it has no column with a name, an id or an e-mail address in its first line; its"
            f" columns are: {seen}"
        )
    found = dict.fromkeys(filter(None, (student_of(row, columns) for row in rows)))
    if not found:
        raise ValueError("it lists no student")
    if len(found) > MOST_STUDENTS:
        raise ValueError(f"it lists more than {MOST_STUDENTS} students")
    return sorted(found, key=lambda s: (folded(" ".join(s.parts) or s.name), s.id))


def table(text: str, separator: str) -> tuple[list[str], list[list[str]]]:
    """The first line and the others."""
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    return (filled[0], filled[1:]) if filled else ([], [])


def worth(read: tuple[list[str], list[list[str]]]) -> int:
    """How much a way to part columns makes of the first line."""
    return len(columns_of(read[0]))


def columns_of(header: Sequence[str]) -> dict[str, list[int]]:
    """Which columns hold what, ids sorted by what gradebooks go by; none where nothing tells."""
    kinds: dict[str, Mapping[str, int] | set[str]] = {
        "id": IDS, "email": EMAIL, "name": FULL, "first": FIRST, "last": LAST, "role": ROLE,
    }  # fmt: skip
    words = [squashed(cell) for cell in header]
    found = {
        kind: [at for at, word in enumerate(words) if word in known]
        for kind, known in kinds.items()
    }
    found["id"].sort(key=lambda at: IDS[words[at]])
    telling = [kind for kind in found if kind != "role" and found[kind]]
    return {kind: found[kind] for kind in kinds if found[kind]} if telling else {}


def student_of(row: Sequence[str], columns: Mapping[str, Sequence[int]]) -> Student | None:
    """The student of a line; None where it is nobody's, or somebody's who teaches."""

    def cells(kind: str) -> list[str]:
        found = (" ".join(row[at].split()) for at in columns.get(kind, ()) if at < len(row))
        return [cell for cell in found if cell]

    full, first, last, ids = cells("name")[:1], cells("first")[:1], cells("last")[:1], cells("id")
    parts = (*last, *first) if first and last else ()
    if full and not parts and full[0].count(",") == 1:
        parts = tuple(part.strip() for part in full[0].split(","))
    name = " ".join([*first, *last]) or (" ".join(reversed(parts)) if parts else "".join(full))
    email = "".join(cells("email")[:1])
    if STAFF.search(" ".join(cells("role"))) or squashed("".join(full)) in NOBODY:
        return None
    if not (name or ids or email):
        return None
    known = {word for cell in ids for word in (cell, *re.findall(r"\d{2,}$", cell))}
    return Student(name or [*ids, email][0], [*ids, email][0], tuple(sorted(known)), email, parts)


def folded(text: str) -> str:
    """A text without case, accents, and differences of writing."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return "".join(c for c in plain if not unicodedata.combining(c))


LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "ð": "d"}
)
"""Letters that are no letter with an accent to Unicode, and to whoever types them elsewhere."""


def squashed(text: str) -> str:
    """A text's folded letters and digits."""
    return "".join(c for c in folded(text) if c.isalnum())
