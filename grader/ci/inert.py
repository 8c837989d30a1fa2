"""Text of strangers that does nothing where it is shown: in a log, in Markdown, in XML.

A CI system reads the log for commands, Markdown pings people and links to places, and a terminal
obeys escape sequences. Every text that a hand-in can have a part in goes through one of these.
"""

from __future__ import annotations

import re

from grader.legible import marked

MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-!|~$])")
PINGS = re.compile(r"@(?=\w)|#(?=\d)|(?<=[Gg][Hh]-)(?=\d)|(?<=:)(?=//)|(?<=www)(?=\.)")
NOWHERE = "\u200b"
"""A blank of no width: what it stands in is no name, number or address any more."""
FRAME = re.compile(r'\s+File "(?:[^"]*/)?([\w.-]+/[\w.-]+\.py)", line (\d+), in (\w+|<\w+>)$')
KIND = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Group|Warning|Stop\w*))(?::|$)")
LONGEST_LINE = 300
"""Characters of a traceback's line that are read: a message may be long to stall the patterns."""
DOUBLE = re.compile(":(?=:)")
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def one_line(text: str, most: int = 300) -> str:
    """A text on one line, its odd characters named, and cut."""
    line = marked(" ".join(text[: 4 * most].split()))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def log_line(text: str, most: int = 300) -> str:
    """A line for a log: no runner takes it for a command, and no terminal for a sequence.

    GitHub's runner reads `::` at the start of a line, and `##[` anywhere in it; GitLab's reads
    `section_start:` after an escape character, which is gone from every line.
    """
    return DOUBLE.sub(": ", one_line(text, most)).replace("##[", "## [")


def markdown(text: str, most: int = 300) -> str:
    """A text in Markdown that is shown as it is, and calls nobody."""
    line, out, last = one_line(text, most), [], 0
    for found in PINGS.finditer(line):
        out += [escaped(line[last : found.end()]), NOWHERE]
        last = found.end()
    return "".join([*out, escaped(line[last:])])


def escaped(text: str) -> str:
    """A text without anything that Markdown or HTML means something by."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return MARKUP.sub(r"\\\1", plain)


def code_span(text: str, most: int = 100) -> str:
    """A name in Markdown, as code: in there, nothing is markup, and nobody is called."""
    line = one_line(text, most).replace("|", "¦")
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") or not line.strip() else ""
    return f"{fence}{pad}{line or ' '}{pad}{fence}"


def command_value(text: str) -> str:
    """The message of a workflow command; its lines stay lines."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """A property of a workflow command, such as a file's name."""
    return command_value(text).replace(":", "%3A").replace(",", "%2C")


def places(bug: str) -> list[str]:
    """Of a traceback, which lines of code and what kind of error: no value of anybody's.

    A message may quote a hidden criterion or a hand-in, and a log is read by anybody.
    """
    found = []
    for line in (whole[:LONGEST_LINE] for whole in bug.splitlines()):
        if frame := FRAME.match(line):
            found.append(f"{frame[1]}:{frame[2]} in {frame[3]}")
        elif kind := KIND.match(line):
            found.append(kind[1])
    return found


def xml_text(text: str, most: int = 2000) -> str:
    """A text that XML can hold; escaping it is left to whoever writes it."""
    return NO_XML.sub("\ufffd", marked(text[:most]))
