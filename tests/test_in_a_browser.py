"""The pages in a real browser: operated by mouse and keyboard, on a phone, in the dark, on paper.

Chromium is the system's own, so playwright downloads nothing.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import records
import skips
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FOUND = next((path for name in NAMES if (path := shutil.which(name))), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOUND is None, reason=skips.BROWSER),
]

PHONE = {"width": 360, "height": 740}

# Text whose contrast with what is behind it is too low: WCAG asks for 4.5, and for 3 where large.
PALE = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map(
      (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parts(getComputedStyle(at).backgroundColor);
      if (alpha > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const pale = [];
  for (const element of document.body.querySelectorAll("*")) {
    const said = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!said || element.closest(".vh, script, .skip")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parts(style.color).slice(0, 3)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) pale.push([element.outerHTML.slice(0, 120), ratio]);
  }
  return pale;
}"""


class Pages(NamedTuple):
    """Where the pages of a batch lie."""

    batch: Path
    report: Path
    review: Path
    hostile: Path

    @property
    def all(self) -> list[Path]:
        return [*self, self.hostile.with_name("report.html")]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    out = tmp_path_factory.mktemp("batch")
    records.write_batch(out)
    folder = out / records.ID
    anna = folder / "Anna Lindqvist"
    [hostile] = folder.glob("Mal*/review.html")
    return Pages(out / "index.html", anna / "report.html", anna / "review.html", hostile)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=FOUND)
        yield started
        started.close()


@contextmanager
def opened(browser: Browser, path: Path, **settings: Any) -> Iterator[Page]:  # noqa: ANN401
    """A page in a browser of its own, which asks for nothing and complains of nothing."""
    context = browser.new_context(**settings)
    page = context.new_page()
    asked_for: list[str] = []
    trouble: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        trouble.append(dialog.message)
        dialog.dismiss()

    def note(message: ConsoleMessage) -> None:
        trouble.append(message.text)

    page.on("request", lambda request: asked_for.append(request.url))
    page.on("dialog", dismiss)
    page.on("console", note)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(path.as_uri())
    yield page
    foreign = [url for url in asked_for if not url.startswith(("data:image/", "file:"))]
    assert not foreign
    assert not trouble
    context.close()


def students(page: Page) -> list[str]:
    """The names in the table, from top to bottom."""
    return page.locator(".hand-ins tbody th a:first-child").all_inner_texts()


def test_injected_markup_stays_text_and_nothing_leaves(browser: Browser, pages: Pages) -> None:
    for path in pages.all:
        with opened(browser, path) as page:
            page.wait_for_load_state("networkidle")
            assert "taken" not in page.title()
            assert page.locator("main img:not([src^='data:image/png'])").count() == 0
            assert page.locator("iframe, object, embed, form, link, base").count() == 0
            assert page.locator("[onerror], [onload], [onclick], [style]").count() == 0
            for href in page.locator("a").evaluate_all("all => all.map((a) => a.href)"):
                assert href.startswith(("file:", "https://example.org/"))
    with opened(browser, pages.hostile) as page:
        shown = page.locator("main").inner_text()
        assert "<script>document.title='taken'</script>" in shown
        assert '<img src=x onerror="alert(1)">' in shown
        assert "[js](javascript:alert(1))" in shown
        assert "[picture: picture]" in shown
        assert "⟨U+202E⟩" in shown


def test_the_policy_stops_what_would_come_through_all_the_same(
    browser: Browser, pages: Pages
) -> None:
    context = browser.new_context()
    page = context.new_page()
    answered: list[str] = []
    page.on("response", lambda response: answered.append(response.url))
    page.goto(pages.review.as_uri())
    page.evaluate("""() => {
      const bait = document.createElement("div");
      bait.innerHTML = `<img src="missing.png" onerror="document.title='taken'">
        <img src="http://127.0.0.1:9/x.png"><b id="bait" style="color: rgb(1, 2, 3)">b</b>
        <style>#bait { color: rgb(1, 2, 3) }</style>`;
      document.body.append(bait);
      const script = document.createElement("script");
      script.textContent = "document.title = 'taken'";
      document.body.append(script);
    }""")
    page.wait_for_timeout(200)
    assert "taken" not in page.title()
    assert page.locator("#bait").evaluate("e => getComputedStyle(e).color") != "rgb(1, 2, 3)"
    assert answered == [pages.review.as_uri()]
    context.close()


def test_a_column_is_sorted_by_click_and_by_keyboard(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages.batch) as page:
        before = students(page)
        head = page.get_by_role("columnheader", name="Student")
        head.get_by_role("button").click()
        assert students(page) == sorted(before, key=str.lower)
        expect(head).to_have_attribute("aria-sort", "ascending")
        head.get_by_role("button").press("Enter")
        assert students(page) == sorted(before, key=str.lower, reverse=True)
        expect(head).to_have_attribute("aria-sort", "descending")
        points = page.get_by_role("columnheader", name="Points")
        head.get_by_role("button").press("Tab")
        page.keyboard.press("Space")
        expect(points).to_have_attribute("aria-sort", "ascending")
        assert head.get_attribute("aria-sort") is None
        values = page.locator(".hand-ins tbody td:nth-child(2)").evaluate_all(
            "all => all.map((cell) => Number(cell.dataset.v))"
        )
        assert values == sorted(values)
        for button in page.locator("thead button").all():
            button.click()
        assert sorted(students(page)) == sorted(before)


def test_without_script_the_index_is_whole(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages.batch) as page:
        before = students(page)
    with opened(browser, pages.batch, java_script_enabled=False) as page:
        assert students(page) == before
        assert page.locator("thead button").count() == 0


def test_hundreds_of_hand_ins_are_sorted_at_once(browser: Browser, tmp_path: Path) -> None:
    from grader.report import Records

    grade = records.graded(records.honest("ann")[0], records.asked())
    many = [grade.model_copy(update={"student": f"student {i}", "earned": float(i % 97)})
            for i in range(500)]  # fmt: skip
    (tmp_path / "index.html").write_text(records.class_page(Records(many)), encoding="utf-8")
    with opened(browser, tmp_path / "index.html") as page:
        page.get_by_role("columnheader", name="Student").get_by_role("button").click()
        assert students(page) == [f"student {i}" for i in range(500)]


def test_a_link_leads_from_the_index_to_the_review_and_back(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages.batch) as page:
        page.get_by_role("rowheader", name="Anna Lindqvist").get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Anna Lindqvist")
        page.get_by_role("link", name="All hand-ins").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("4 hand-ins")
        page.get_by_role("link", name="report of Anna Lindqvist").click()
        assert page.url == pages.report.as_uri()


def test_the_strip_leads_to_an_exercise_and_that_to_its_cell(
    browser: Browser, pages: Pages
) -> None:
    with opened(browser, pages.report) as page:
        strip = page.get_by_role("navigation", name="Exercises")
        strip.get_by_role("link", name="Exercise 4: partly").click()
        section = page.get_by_role("region", name=re.compile("Exercise 4"))
        expect(section).to_be_in_viewport()
        section.get_by_role("link", name="cell 3").first.click()
        expect(page.locator("#cell-3")).to_be_in_viewport()
        expect(page.locator("#cell-3 .note.wrong").first).to_contain_text("not met")
        page.locator("#cell-3").get_by_role("link", name="exercise 4").click()
        assert page.url.endswith("#exercise-4")


def test_further_hints_open_by_click_and_by_keyboard(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages.report) as page:
        first, second = page.locator("#exercise-4 .finding.wrong details").all()[:2]
        assert not first.locator("p").is_visible()
        first.locator("summary").click()
        expect(first.locator("p")).to_be_visible()
        second.locator("summary").press("Enter")
        expect(second.locator("p")).to_be_visible()
        second.locator("summary").press("Space")
        expect(second.locator("p")).not_to_be_visible()


def test_the_first_stop_of_the_keyboard_leads_to_the_content(
    browser: Browser, pages: Pages
) -> None:
    for path in pages.all:
        with opened(browser, path) as page:
            page.keyboard.press("Tab")
            link = page.locator("a.skip")
            expect(link).to_be_focused()
            expect(link).to_be_in_viewport(ratio=1)
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.id") == "main"


def test_what_is_focused_shows(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages.batch) as page:
        for _ in range(12):
            page.keyboard.press("Tab")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_in_the_dark(
    browser: Browser, pages: Pages, scheme: str
) -> None:
    for path in pages.all:
        with opened(browser, path, color_scheme=scheme) as page:
            paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
            dark = sum(map(int, re.findall(r"\d+", paper)[:3])) < 3 * 128
            assert dark == (scheme == "dark")
            assert page.evaluate(PALE) == []


def test_a_phone_need_not_scroll_sideways(browser: Browser, pages: Pages) -> None:
    for path in pages.all:
        with opened(browser, path, viewport=PHONE, is_mobile=True) as page:
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE["width"], path
    with opened(browser, pages.hostile, viewport=PHONE) as page:
        code = page.locator("pre.code").first
        assert code.evaluate("e => e.scrollWidth > e.clientWidth")
        assert code.get_attribute("tabindex") == "0"


def test_paper_shows_what_is_folded_and_nothing_dark(browser: Browser, pages: Pages) -> None:
    with opened(browser, pages.report, color_scheme="dark") as page:
        page.emulate_media(media="print")
        for folded in page.locator("details > :not(summary)").all():
            expect(folded).to_be_visible()
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 31, 36)"
        assert not page.locator("a.skip").is_visible()
        assert page.pdf().startswith(b"%PDF-")


def test_a_screen_reader_finds_its_way(browser: Browser, pages: Pages) -> None:
    for path in pages.all:
        with opened(browser, path) as page:
            assert page.locator("html").get_attribute("lang") == "en"
            assert page.get_by_role("main").count() == 1
            assert page.get_by_role("heading", level=1).count() == 1
            assert page.locator("img:not([alt])").count() == 0
            assert page.locator("th:not([scope])").count() == 0
    with opened(browser, pages.batch) as page:
        row = page.get_by_role("row", name="bob")
        assert row.get_by_role("cell", name="correct").count() == 2
        assert page.locator(".hand-ins").get_by_role("rowheader").count() == 4
