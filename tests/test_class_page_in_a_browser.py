"""The class page in headless Chromium: sorted, filtered, chosen from, by mouse and keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import skips
from playwright.sync_api import Browser, Page, expect
from records import class_page
from test_class_page import STATES, grade
from test_in_a_browser import FOUND, PALE, PHONE, browser, opened

from grader.report import Records, Titles
from grader.roster import Absent

__all__ = ["browser"]  # a fixture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOUND is None, reason=skips.BROWSER),
]
WIDTHS = [360, 500, 900, 1400]
CLASS = [
    *[one for _, one in STATES],
    grade("high"), grade("half", "passed", "partly", because="saw 7"),
    grade("low", "failed", "failed", because="saw 8"),
    grade("none", "not_attempted", "not_attempted"),
]  # fmt: skip


@pytest.fixture(scope="module")
def page_of_a_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("class") / "index.html"
    titles = {"00": Titles("Tensors", {"2.a": "the shape", "2.b": "the numbers"})}
    path.write_text(
        class_page(Records(CLASS, [Absent("zoe", "4711", "00")], titles)), encoding="utf-8"
    )
    return path


@pytest.fixture(scope="module")
def page_of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("two") / "index.html"
    other = [grade("ann", assignment="01"), grade("bob", "no_evidence", assignment="01")]
    path.write_text(class_page(Records([*CLASS, *other])), encoding="utf-8")
    return path


def students(page: Page) -> list[str]:
    """The names in the rows that are to be seen."""
    rows = page.locator(".hand-ins tbody tr:visible")
    names = rows.evaluate_all(
        "all => all.map((row) => row.cells[0].querySelector('bdi').textContent)"
    )
    return [str(name) for name in names]


def head(page: Page, name: str) -> None:
    page.get_by_role("columnheader", name=name, exact=True).get_by_role("button").click()


@pytest.mark.parametrize(
    ("column", "first", "last"),
    [("Student", "a", "zoe"), ("Points", "zoe", "high"), ("State", "a", "zoe"),
     ("Exercise 2", "e", "a"), ("Met", "zoe", "high"), ("Lost", "zoe", "none"),
     ("Open", "zoe", "d"), ("Run", "zoe", "h")],
)  # fmt: skip
def test_every_column_sorts_by_what_it_means(
    browser: Browser, page_of_a_class: Path, column: str, first: str, last: str
) -> None:
    def key(name: str) -> str | None:
        number = ["Student", "Points", "State", "Exercise 2", "Met", "Lost", "Open", "Run"]
        cells = page.locator(f".hand-ins tbody tr:has(bdi:text-is('{name}')) > *")
        return cells.nth(number.index(column)).inner_text()

    with opened(browser, page_of_a_class) as page:
        head(page, column)
        rising = students(page)
        assert len(rising) == len(CLASS) + 1
        assert rising[0] == first
        assert key(rising[-1]) == key(last)
        head(page, column)
        assert key(students(page)[-1]) == key(first)


def test_every_column_has_a_test_of_its_sorting(browser: Browser, page_of_a_class: Path) -> None:
    with opened(browser, page_of_a_class) as page:
        heads = page.locator(".hand-ins thead th").all_inner_texts()
        assert [" ".join(h.split()) for h in heads] == [
            "Student", "Points", "State", "Exercise 2", "Met", "Lost", "Open", "Run"
        ]  # fmt: skip
        assert page.locator(".hand-ins thead th button").count() == len(heads)


def test_the_table_is_filtered_by_text_and_says_how_many_are_left(
    browser: Browser, page_of_a_class: Path
) -> None:
    with opened(browser, page_of_a_class) as page:
        status = page.get_by_role("status")
        expect(status).to_have_text("")
        page.get_by_label("Find").fill("H")
        assert sorted(students(page)) == ["h", "half", "high"]
        expect(status).to_have_text(f"3 of {len(CLASS) + 1} shown")
        page.get_by_label("Find").fill("4711")
        assert students(page) == ["zoe"]
        page.get_by_role("button", name="show all").click()
        assert len(students(page)) == len(CLASS) + 1
        expect(status).to_have_text("")
        expect(page.get_by_label("Find")).to_be_focused()
        assert not page.get_by_role("button", name="show all").is_visible()


def test_the_table_is_filtered_by_state(browser: Browser, page_of_a_class: Path) -> None:
    with opened(browser, page_of_a_class) as page:
        states = page.get_by_label("State")
        assert states.locator("option").all_inner_texts()[:3] == [
            "all", "need a person (7)", "not graded (1)"
        ]  # fmt: skip
        states.select_option("person")
        assert students(page) == ["a", "b", "h", "c", "d", "e", "f"]
        states.select_option("absent")
        assert students(page) == ["zoe"]
        states.select_option("withheld")
        assert students(page) == ["d"]
        page.get_by_label("Find").fill("x")
        assert students(page) == []


def test_a_criterion_leads_to_those_who_lost_it(browser: Browser, page_of_a_class: Path) -> None:
    with opened(browser, page_of_a_class, viewport={"width": 900, "height": 500}) as page:
        hardest = page.get_by_role("region", name="Hardest first")
        expect(hardest.get_by_role("listitem").first).to_contain_text("the numbers")
        expect(hardest.get_by_role("listitem").first).to_contain_text("saw …")
        one = page.get_by_role("button", name="Show the 3 who lost points on 2.b")
        expect(one).to_have_attribute("aria-pressed", "false")
        one.click()
        assert sorted(students(page)) == ["half", "low", "none"]
        expect(one).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("status")).to_contain_text("those who lost points on 2.b")
        expect(page.locator(".tools")).to_be_in_viewport()
        expect(page.get_by_role("button", name="show all")).to_be_focused()
        head(page, "Points")
        assert students(page) == ["low", "none", "half"]
        page.get_by_role("button", name="Show the 2 who lost points on 2.a").click()
        assert sorted(students(page)) == ["low", "none"]
        expect(one).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("Enter")  # the focus is on `show all`
        assert len(students(page)) == len(CLASS) + 1


def test_the_keyboard_reaches_and_works_everything(browser: Browser, page_of_a_class: Path) -> None:
    with opened(browser, page_of_a_class) as page:
        page.get_by_role("button", name="Show the 3 who lost points on 2.b").focus()
        page.keyboard.press("Space")
        assert len(students(page)) == 3
        page.keyboard.press("Space")
        page.keyboard.type("low")
        assert students(page) == ["low"]
        page.keyboard.press("Tab")
        expect(page.get_by_label("State")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="show all")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator(".scroll.table")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("columnheader", name="Student")).to_have_attribute(
            "aria-sort", "ascending"
        )


def test_one_assignment_of_several_is_shown_at_a_time(browser: Browser, page_of_two: Path) -> None:
    with opened(browser, page_of_two) as page:
        chooser = page.get_by_role("navigation", name="Assignments")
        first, second = chooser.get_by_role("link").all()
        expect(first).to_have_attribute("aria-current", "true")
        assert len(students(page)) == len(CLASS)
        second.click()
        assert sorted(students(page)) == ["ann", "bob"]
        expect(second).to_have_attribute("aria-current", "true")
        assert first.get_attribute("aria-current") is None
        page.locator("section.assignment:visible").get_by_label("Find").fill("bob")
        assert students(page) == ["bob"]
        page.go_back()
        assert len(students(page)) == len(CLASS)
    with opened(browser, page_of_two, java_script_enabled=False) as page:
        assert len(students(page)) == len(CLASS) + 2


def test_without_script_there_is_nothing_that_would_need_it(
    browser: Browser, page_of_a_class: Path
) -> None:
    with opened(browser, page_of_a_class, java_script_enabled=False) as page:
        assert page.locator("button, input, select").count() == 0
        assert len(students(page)) == len(CLASS) + 1


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_stands_out_at_every_width(
    browser: Browser, page_of_a_class: Path, page_of_two: Path, width: int, scheme: str
) -> None:
    size = {**PHONE, "width": width}
    for path in (page_of_a_class, page_of_two):
        with opened(browser, path, viewport=size, color_scheme=scheme) as page:
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(PALE) == []
            row = page.locator(".hand-ins tbody tr:visible").first
            row.scroll_into_view_if_needed()
            for link in row.get_by_role("link").all():
                box, table = (
                    link.bounding_box(),
                    page.locator(".scroll.table:visible").bounding_box(),
                )
                assert box is not None
                assert table is not None
                assert table["x"] <= box["x"]
                assert box["x"] + box["width"] <= table["x"] + table["width"]


def test_a_screen_reader_is_told_what_the_drawings_show(
    browser: Browser, page_of_a_class: Path
) -> None:
    with opened(browser, page_of_a_class) as page:
        drawing = page.get_by_role("img", name=re.compile("Histogram of the points"))
        assert drawing.count() == 1
        row = page.locator(".hand-ins").get_by_role("row", name=re.compile(r"^high "))
        assert row.get_by_role("cell", name="correct").count() == 1
        page.get_by_text("as a table").click()
        table = page.get_by_role("table", name="Hand-ins by points")
        expect(table.get_by_role("row", name="9 to 10")).to_be_visible()
