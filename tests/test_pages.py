"""The pages hold what they should, and strangers' text in them stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import records
from hypothesis import given, settings
from hypothesis import strategies as st
from records import class_page, code, executed, printed, raised, shown, text
from test_reports import SEEN, UNREVEALED, hidden, near_miss, small

from grader.assignment import Assignment, load_assignment
from grader.audience import A_PERSON_LOOKS, NOT_YET
from grader.evidence import Evidence
from grader.executed import MOST_PIXELS, picture, read_executed
from grader.legible import as_printed, marked, sentence
from grader.pages.cells import HEAD_LINES, MOST_OUTPUT, MOST_OUTPUTS, MOST_TEXT, shown_cells
from grader.pages.comparison import beside
from grader.pages.highlight import highlighted
from grader.pages.prose import prose
from grader.report import Record, Records
from grader.reporting import Asked
from grader.reports.page import of_instructor, of_student
from grader.rubric import Rubric
from grader.scene import Scene

VOID = {"meta", "img", "br", "hr", "path", "circle", "rect", "line", "use"}
ALLOWED = VOID | {
    "html", "head", "title", "style", "script", "body", "a", "p", "h1", "h2", "h3", "main",
    "header", "footer", "nav", "section", "ol", "ul", "li", "dl", "div", "dt", "dd", "span", "b",
    "i", "code", "pre", "details", "summary", "svg", "symbol", "table", "thead", "tbody", "tr",
    "th", "td", "bdi", "desc", "caption", "em", "strong", "blockquote", "figure", "figcaption",
    "text",
}  # fmt: skip


class Seen(HTMLParser):
    """What a browser makes of a page: its elements, their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.style = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"]:
            self.style += data
        elif self.open[-1:] != ["script"]:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def chapter() -> Asked:
    return records.asked()


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment(records.ROOT, records.ID)


def record(evidence: Evidence, notebook: str | None, asked: Asked) -> Record:
    cells = read_executed(notebook) if notebook is not None else ()
    return Record(records.graded(evidence, asked), evidence, cells, *asked)


def both(evidence: Evidence, notebook: str | None, asked: Asked) -> tuple[str, str]:
    made = record(evidence, notebook, asked)
    return of_student(made), of_instructor(made)


def harmless(page: str) -> Seen:
    """A page's elements, none of which runs, loads or leads anywhere it should not."""
    seen = Seen(page)
    assert not seen.open
    assert {name for name, _ in seen.elements} <= ALLOWED
    assert len(seen.all("script")) <= 1
    assert len(seen.all("style")) == 1
    for name, attributes in seen.elements:
        assert not [a for a in attributes if a.startswith("on") or a in ("style", "srcset")], name
        assert "src" not in attributes or name == "img"
        href = attributes.get("href") or ""
        assert re.match(r"#|https://|(\.\./\.\./)?[\w%./-]+\.(html|csv)$|$", href), href
    for image in seen.all("img"):
        assert re.match(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+$", image["src"] or "")
    return seen


def test_nothing_a_hand_in_says_becomes_markup(chapter: Asked) -> None:
    evidence, notebook = records.hostile()
    for page in both(evidence, notebook, chapter):
        seen = harmless(page)
        assert len(seen.all("img")) == 1
        assert "<script>document.title" in seen.text
        assert "{{ 7 * 7 }}" in seen.text
        assert "⟨U+202E⟩" in seen.text
        assert not set(page) & set("\u202e\x1b\x07\x9b\0")
    grade = records.graded(evidence, chapter)
    for odd in ("<img src=x onerror=alert(1)>", "a\"'>b", "../../x", "a/b#c?d", "\u202egnp.exe"):
        harmless(
            class_page(Records([grade.model_copy(update={"student": odd, "assignment": odd})]))
        )


@pytest.mark.slow
@settings(max_examples=20)
@given(st.text(max_size=60), st.sampled_from(["code", "markdown", "raw"]))
def test_no_text_in_a_notebook_becomes_markup(said: str, kind: str) -> None:
    cell = {"cell_type": kind, "source": said, "outputs": [printed(said), raised(said, said, said)]}
    evidence = Scene().cell("2").evidence(student=said, assignment=records.ID)
    for page in both(evidence, executed(cell), records.asked()):
        harmless(page)


def test_surrogates_leave_a_page_that_can_be_written(chapter: Asked) -> None:
    cells = [code("'\ud800'", printed("\udfff")), text("a \ud800 b")]
    for page in both(Scene().evidence(assignment=records.ID), executed(*cells), chapter):
        assert "⟨U+D800⟩" in page
        page.encode("utf-8")


def test_the_policy_names_the_one_style_and_the_one_script(chapter: Asked) -> None:
    def named(kind: str, content: str) -> str:
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        return f"{kind}-src 'sha256-{digest}'"

    evidence, notebook = records.honest("ann")
    report, review = both(evidence, notebook, chapter)
    for page in (report, review, class_page(Records([records.graded(evidence, chapter)]))):
        [policy] = [m["content"] for m in Seen(page).all("meta") if "http-equiv" in m]
        assert policy is not None
        rules = policy.split("; ")
        [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
        assert rules[:2] == ["default-src 'none'", "img-src data:"]
        assert named("style", style) in rules
        assert (named("script", scripts[0]) if scripts else "script-src 'none'") in rules
        assert "unsafe" not in policy
        assert "url(" not in style
        assert "@import" not in style


def said_to_students(evidence: Evidence, rubric: Rubric, assignment: Assignment) -> str:
    """The student's page without the parts that are the same in all pages."""
    page = of_student(record(evidence, executed(code("x")), Asked(assignment, rubric)))
    return re.sub(r"<style>.*?</style>|<symbol.*?</symbol>|sha256-[^']*", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("passes", [True, False])
def test_no_trace_of_hidden_criteria_is_in_the_bytes(assignment: Assignment, passes: bool) -> None:
    check = {"kind": "tensor_made", "shape": [3, 1] if passes else [7, 7]}
    rubric = small(assignment, hidden(check), dict(SEEN), {**SEEN, "after": ["2.secret"]})
    scene = Scene().cell("2", "x")
    scene.tensor([3, 1] if passes else [5, 5])
    page = said_to_students(scene.evidence(), rubric, assignment)
    for word in ("secret", "37", "47", "57"):
        assert word not in page


@pytest.mark.parametrize("reveal", [True, False])
@pytest.mark.parametrize(("check", "secret"), UNREVEALED)
def test_expected_values_are_in_the_bytes_only_where_they_may_be(
    assignment: Assignment, check: dict[str, Any], secret: str, *, reveal: bool
) -> None:
    rubric = small(assignment, {"reveal": reveal, "check": check, "exercise": "3"})
    page = said_to_students(near_miss(), rubric, assignment)
    assert (secret.replace("expected ", "<dd>") in page) == reveal


def test_a_doubt_is_told_to_the_instructor_with_its_place_and_to_the_student_not_at_all(
    chapter: Asked,
) -> None:
    scene = Scene().cell("2", "one\ntwo")
    scene.tensor([7, 7], random=True)
    scene.doubts("its code reaches for what grades it")
    evidence = scene.evidence(assignment=records.ID)
    report, review = both(evidence, executed(code("one\ntwo")), chapter)
    assert "reaches" not in report
    assert sentence(A_PERSON_LOOKS) in report
    assert "reaches for what grades it" in review
    assert '<a href="#cell-1">to cell 1</a>' in review


def test_students_are_told_nothing_of_this_machines_trouble(chapter: Asked) -> None:
    why = "the kernel did not start: /srv/secret/place"
    evidence = Scene().evidence(assignment=records.ID, ending="host_failed", why=why)
    report, review = both(evidence, None, chapter)
    assert sentence(NOT_YET) in report
    assert "/srv" not in report
    assert why in review


def test_a_file_that_could_not_be_read_says_why_on_both_faces(chapter: Asked) -> None:
    evidence = Scene().evidence(assignment=records.ID, ending="unreadable", why="a.ipynb: empty")
    for page in both(evidence, None, chapter):
        assert "could not be read: a.ipynb: empty" in page
        assert "Notebook</h2>" not in page


def test_a_loss_has_its_place_its_numbers_and_a_ladder_of_hints(chapter: Asked) -> None:
    report, review = both(*records.honest("ann"), chapter)
    seen = Seen(report)
    assert "4.numbers" not in seen.text
    [numbers] = re.findall(r'<table class="numbers">.*?</table>', report, re.DOTALL)
    assert numbers.count('class="differs"') == 7
    assert "7 of 7 numbers differ" in seen.text
    assert 'in <a href="#cell-3">cell 3</a>' in report
    ladder = next(c.hints for c in chapter.rubric.criteria if c.id == "4.numbers")
    assert f'<p class="hint"><b>Hint</b> {ladder[0]}</p>' in report
    for hint in ladder[1:]:
        assert f"<details><summary>Another hint</summary><p>{hint}</p></details>" in report
    assert "4.numbers" in review
    assert "claimed" in review
    assert "claimed" not in report


def test_every_criterion_is_on_the_review(chapter: Asked) -> None:
    _, review = both(*records.honest("ann"), chapter)
    for criterion in chapter.rubric.criteria:
        assert f"<code>{criterion.id}</code>" in review


def test_links_inside_a_page_lead_somewhere(chapter: Asked) -> None:
    for evidence, notebook in (records.honest("ann"), records.hostile()):
        for page in both(evidence, notebook, chapter):
            elements = Seen(page).elements
            ids = [a["id"] for _, a in elements if "id" in a]
            assert len(ids) == len(set(ids))
            targets = {h[1:] for _, a in elements if (h := a.get("href") or "").startswith("#")}
            assert targets <= set(ids)
            named = [a[k] for _, a in elements for k in ("aria-labelledby",) if k in a]
            assert set(named) <= set(ids)


def test_headings_come_in_order(chapter: Asked) -> None:
    evidence, notebook = records.hostile()
    pages = both(evidence, notebook, chapter)
    for page in (*pages, class_page(Records([records.graded(evidence, chapter)]))):
        levels = [int(name[1]) for name, _ in Seen(page).elements if re.fullmatch("h[1-6]", name)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b <= a + 1 for a, b in pairwise(levels))


def test_the_same_record_gives_the_same_bytes(chapter: Asked) -> None:
    assert both(*records.hostile(), chapter) == both(*records.hostile(), chapter)


# pictures


def test_pictures_are_shown_only_where_they_really_are_pictures() -> None:
    for made, mime in ((records.png(), "image/png"), (records.jpeg(), "image/jpeg")):
        found = picture(made, mime)
        assert found is not None
        assert (found.width, found.height) == (4, 3)
        other = {"image/png": "image/jpeg", "image/jpeg": "image/png"}[mime]
        assert picture(made, other) is None
        assert picture(made[:20], mime) is None
        assert picture(f'{made}"><script>', mime) is None


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff",
                                  b"\xff\xd8\xff\xe0\x00\x00" * 9])  # fmt: skip
def test_other_bytes_are_no_picture(data: bytes) -> None:
    encoded = base64.b64encode(data).decode()
    assert picture(encoded, "image/png") is None
    assert picture(encoded, "image/jpeg") is None


def test_a_picture_no_browser_can_hold_is_none() -> None:
    assert picture(records.png(60_000, MOST_PIXELS // 50_000), "image/png") is None
    assert picture(records.png(0, 5), "image/png") is None
    assert picture("é" * 100, "image/png") is None


def test_what_is_left_out_is_said(chapter: Asked) -> None:
    cells = [code("x", shown(text_html="<b>1</b>"), shown(image_png="AAAA", text_plain="fig"))]
    report, _ = both(Scene().evidence(assignment=records.ID), executed(*cells), chapter)
    assert "Left out here: text/html." in report
    assert "Left out here: image/png." in report
    assert "fig" in Seen(report).text


# cells


def test_a_long_output_is_folded_and_a_very_long_one_is_cut() -> None:
    lines = "".join(f"line {i}\n" for i in range(100))
    [cell], _ = shown_cells(read_executed(executed(code("x", printed(lines)))))
    folded = cell.outputs[0].text
    assert folded is not None
    assert folded.head.count("\n") + 1 == HEAD_LINES
    assert folded.rest_lines == 100 - HEAD_LINES
    assert f"{folded.head}\n{folded.rest}" == lines.rstrip("\n")
    [cell], _ = shown_cells(read_executed(executed(code("x", printed("y" * 1_000_000)))))
    cut = cell.outputs[0].text
    assert cut is not None
    assert len(cut.head) + len(cut.rest) + cut.left_out == 1_000_000
    assert len(cut.head) + len(cut.rest) == MOST_OUTPUT


@pytest.mark.slow
def test_a_notebook_without_end_makes_a_page_with_one(chapter: Asked) -> None:
    said = [printed("z" * 15_000, name) for name in ("stdout", "stderr")]
    many = [code("x = 1  # " + "y" * 15_000, *said) for _ in range(200)]
    report, _ = both(Scene().evidence(assignment=records.ID), executed(*many), chapter)
    assert len(report) < 2 * MOST_TEXT
    assert re.search(r"\d+ more cells are left out here", report)
    tiny, _ = both(
        Scene().evidence(assignment=records.ID), executed(*[code("x")] * 50_000), chapter
    )
    assert len(tiny) < 2 * MOST_TEXT
    outputs = [shown(text_plain=f"{i}") for i in range(3 * MOST_OUTPUTS)]
    report, _ = both(
        Scene().evidence(assignment=records.ID), executed(code("x", *outputs)), chapter
    )
    assert f"{2 * MOST_OUTPUTS} more outputs" in report


def test_too_many_pictures_are_named_instead() -> None:
    big = base64.b64encode(base64.b64decode(records.png()) + b"0" * 2_900_000).decode()
    cells = [code("x", shown(image_png=big, text_plain="fig")) for _ in range(5)]
    found, _ = shown_cells(read_executed(executed(*cells)))
    shown_ones = [c.outputs[0] for c in found if c.outputs[0].picture]
    others = [c.outputs[0] for c in found if not c.outputs[0].picture]
    assert len(shown_ones) == 3
    assert all(o.left_out == ("image/png",) and o.text for o in others)


def test_streams_in_pieces_are_one_output() -> None:
    cell = code("x", printed("a"), printed("b"), printed("c", "stderr"), printed("d"))
    [found] = read_executed(executed(cell))
    assert [(o.channel, o.text) for o in found.outputs] == [
        ("stdout", "ab"), ("stderr", "c"), ("stdout", "d")
    ]  # fmt: skip


@pytest.mark.parametrize("bad", ["", "[]", "{}", '{"cells": 3}', "[" * 100_000])
def test_what_is_no_notebook_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_executed(bad)


def test_odd_cells_are_read_as_what_is_there() -> None:
    odd: list[Any] = [3, {}, {"cell_type": "code", "source": 5, "outputs": 6},
                      {"cell_type": "code", "source": ["a", "b"], "outputs": [1, {}, {
                          "output_type": "display_data", "data": []}]}]  # fmt: skip
    found = read_executed(json.dumps({"cells": odd}))
    assert [(c.number, c.kind, c.source) for c in found] == [
        (2, "raw", ""), (3, "code", ""), (4, "code", "ab")
    ]  # fmt: skip


# words


def test_colours_and_overwritten_lines_are_gone() -> None:
    assert as_printed("\x1b[31mred\x1b[0m \x1b]0;title\x07x\x9b1m") == "red x"
    assert as_printed("10%\r50%\r100%\nnext\r\nlast\r") == "100%\nnext\nlast"


def test_odd_characters_are_named_and_scripts_are_left_alone() -> None:
    assert marked("a\u202eb\0\ufeff") == "a⟨U+202E⟩b⟨U+0000⟩⟨U+FEFF⟩"
    for plain in ("tab\tand\nline", "नमस्ते", "می‌خواهم", "👩\u200d🔬", "Zoë", "中文"):
        assert marked(plain) == plain


def test_a_reason_becomes_a_sentence_and_code_keeps_its_first_letter() -> None:
    assert sentence("the seed has another value") == "The seed has another value."
    assert sentence("torch.manual_seed seeds the GPU") == "torch.manual_seed seeds the GPU."
    assert sentence("it ran out of time; nothing came.") == "It ran out of time; nothing came."
    assert sentence("") == "."


def test_code_is_coloured_line_by_line_and_loses_nothing() -> None:
    source = 'import torch\n\ndef f(x):\n    """two\n    lines"""\n    return x < 1 & 2  # "é"'
    lines = highlighted(source)
    assert len(lines) == source.count("\n") + 1
    assert [re.sub("<.*?>", "", line).replace("&lt;", "<").replace("&amp;", "&")
            .replace("&#34;", '"') for line in lines] == source.split("\n")  # fmt: skip
    assert '<i class="k">import</i>' in lines[0]


def test_data_in_a_cell_is_not_coloured() -> None:
    assert highlighted("x = [" + "1, " * 5_000 + "]")[0].startswith("x = [1")


def test_markdown_keeps_its_sense() -> None:
    made = prose("# T\n\n*a* `b` [c](https://example.org/?a=1&b=2)\n\n- d\n\n|x|y|\n|-|-|\n|1|2|")
    for part in (
        '<p class="heading level-1">T</p>',
        "<em>a</em>",
        "<code>b</code>",
        "<li>d</li>",
        '<th scope="col">x</th>',
        "<td>1</td>",
        '<a href="https://example.org/?a=1&amp;b=2" rel="noreferrer noopener nofollow">c</a>',
    ):
        assert part in made  # fmt: skip


def test_a_table_of_millions_of_cells_is_shown_as_it_is() -> None:
    wide = "|a" * 700 + "|\n" + "|-" * 700 + "|\n" + "|b|\n" * 400
    assert prose(wide).startswith('<pre class="plain">')


def test_lists_of_numbers_are_compared_entry_by_entry() -> None:
    found = beside([1.0, 2.0, 3.0], [1.00001, 2.5])
    assert found.entries == (
        ("1.0000", "1.0000", True), ("2.0000", "2.5000", False), ("3.0000", "", False)
    )  # fmt: skip
    assert (found.differing, found.length) == (2, 3)


# the index


def test_the_index_lists_who_needs_a_person_first(tmp_path: Path) -> None:
    grades = records.write_batch(tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    names = re.findall(r'<th scope="row"><a href="([^"]+)/review.html">', page)
    assert len(names) == len(grades)
    assert all((tmp_path / unquote(name) / "review.html").exists() for name in names)
    students = [unquote(name).rpartition("/")[2] for name in names]
    assert set(students[:2]) == {"zoe", "Mal @lory+1 ñ"}
    assert students[2:] == ["bob", "Anna Lindqvist"]
    assert "<title>4 hand-ins: 2 graded, 2 for a person</title>" in page


def test_points_that_are_not_final_say_so(chapter: Asked) -> None:
    grade = records.graded(records.honest("ann")[0], chapter)
    page = class_page(Records([grade.model_copy(update={"final": False, "withheld": 12.5})]))
    assert "12.5 withheld" in page
    assert f"{grade.earned:g}\u2013{grade.earned + 12.5:g}" in page


def test_several_assignments_get_a_table_each(chapter: Asked) -> None:
    grade = records.graded(records.honest("ann")[0], chapter)
    page = class_page(Records([grade, grade.model_copy(update={"assignment": "01-workflow"})]))
    assert page.count('<table class="hand-ins sortable">') == 2
    assert "2 hand-ins" in page


def test_an_empty_batch_has_a_page() -> None:
    harmless(class_page(Records([])))
