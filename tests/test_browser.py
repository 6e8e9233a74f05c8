"""The page in a real browser: search, filters, sorting, opening a failure, 5,000 rows, no errors, nothing fetched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runs import SHOWN, hostile_run, record, run_of

from conformance.case import Outcome
from conformance.reports import Outputs, Run

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed: the extra `browser` has it"
)

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

MANY = 5000


def many_cases() -> Run:
    """Return a run of 5,000 cases by two implementations, every 50th of them failed by the first."""
    outcomes = [Outcome.FAILED if number % 50 == 7 else Outcome.PASSED for number in range(MANY)]
    mine = [
        record(
            f"case-{number}",
            outcome,
            tags=("odd",) if number % 2 else (),
            features=("strides",) if number % 3 == 0 else (),
            shown=SHOWN if outcome is Outcome.FAILED else None,
            diagnosis=("swaps the strides",) if outcome is Outcome.FAILED else (),
            seconds=float(number),
        )
        for number, outcome in enumerate(outcomes)
    ]
    return run_of(*mine, *(record(f"case-{number}", name="theirs") for number in range(MANY)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def many_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "many.html"
    Outputs(html=path).write(many_cases())
    return path


class Seen:
    """A page that is open, with what went wrong in it."""

    def __init__(self, browser: Any, path: Path, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", lambda dialog: self.troubles.append(dialog.message))
        self.requests: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    @property
    def count(self) -> str:
        """What the page says of the cases that are found."""
        return str(self.page.locator("#count").inner_text())

    @property
    def rows(self) -> list[str]:
        """The cases in sight, and a few around."""
        return list(self.page.locator("#rows th").all_inner_texts())


@pytest.fixture
def seen(browser: Any, many_page: Path) -> Iterator[Seen]:
    opened = Seen(browser, many_page)
    yield opened
    opened.context.close()
    assert opened.troubles == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []


def test_only_rows_in_sight_are_in_the_document(seen: Seen) -> None:
    assert seen.count == "5,000 cases"
    assert seen.rows[0] == "case-0"
    assert len(seen.rows) < 100
    assert seen.page.get_attribute("#table", "aria-rowcount") == "5001"
    seen.page.locator("#scroller").evaluate("each => { each.scrollTop = each.scrollHeight; }")
    seen.page.wait_for_function("document.querySelector('#rows').innerText.includes('case-4999')")
    assert len(seen.rows) < 100
    assert "case-0" not in seen.rows


def test_search_finds_as_one_types(seen: Seen) -> None:
    seen.page.locator("#search").press_sequentially("case-499")
    assert seen.count == "11 of 5,000 cases"
    seen.page.locator("#search").fill("SWAPS case-7")
    assert seen.rows == ["case-7", "case-707", "case-757"]
    seen.page.locator("#search").fill("there is no such case")
    assert (seen.count, seen.rows) == ("0 of 5,000 cases", [])
    seen.page.get_by_role("button", name="Clear").click()
    seen.page.wait_for_function("document.querySelector('#count').innerText === '5,000 cases'")


def test_filters_narrow_together(seen: Seen) -> None:
    seen.page.locator("#outcome").select_option("failed")
    assert seen.count == "100 of 5,000 cases"
    seen.page.locator("#tag").select_option("odd")
    assert seen.count == "100 of 5,000 cases"  # every 50th from 7 on is odd
    seen.page.locator("#feature").select_option("strides")
    assert seen.count == "33 of 5,000 cases"
    seen.page.locator("#implementation").select_option("1")
    assert seen.count == "0 of 5,000 cases"


def test_heads_sort_both_ways(seen: Seen) -> None:
    head = seen.page.get_by_role("columnheader", name="seconds")
    assert head.get_attribute("aria-sort") is None
    head.get_by_role("button").click()
    assert (head.get_attribute("aria-sort"), seen.rows[0]) == ("ascending", "case-0")
    head.get_by_role("button").press("Enter")
    assert (head.get_attribute("aria-sort"), seen.rows[0]) == ("descending", "case-4999")
    seen.page.get_by_role("columnheader", name="mine").get_by_role("button").click()
    assert seen.rows[:2] == ["case-7", "case-57"]


def test_cell_of_the_matrix_shows_its_cases(seen: Seen) -> None:
    seen.page.get_by_role("button", name="conv2d, strides: 33 of 1667 wrong; show the cases").click()
    assert seen.count == "1,667 of 5,000 cases"
    seen.page.locator("#search").press_sequentially("case-4998")
    assert seen.rows == ["case-4998"]


def test_case_opens_by_keyboard_with_pictures_of_each_implementation(seen: Seen) -> None:
    seen.page.locator("#search").fill("case-57")
    button = seen.page.get_by_role("button", name="case-57", exact=True)
    button.press("Enter")
    dialog = seen.page.get_by_role("dialog", name="case-57")
    assert dialog.locator("h3").all_inner_texts() == ["✗ failed\nmine", "✓ passed\ntheirs"]
    assert dialog.get_by_role("img").count() == len(SHOWN.planes)
    label = dialog.get_by_role("img").nth(1).get_attribute("aria-label")
    assert label == "Got, 2 by 2, from 1 to 3; the worst element, row 1, column 1, is NaN"
    assert dialog.locator("svg .window").count() == 2  # that of the input lies in the padding
    assert dialog.get_by_role("row", name="not finite").inner_text().split() == ["not", "finite", "1", "✗"]
    assert seen.page.url.endswith("#case=case-57")
    seen.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert seen.page.evaluate("document.activeElement.innerText") == "case-57"


def test_next_and_previous_go_through_what_is_found(seen: Seen) -> None:
    seen.page.locator("#outcome").select_option("failed")
    seen.page.get_by_role("button", name="case-7", exact=True).click()
    assert seen.page.get_by_role("button", name="Previous").is_disabled()
    seen.page.get_by_role("button", name="Next").click()
    assert seen.page.get_by_role("dialog", name="case-57").is_visible()
    seen.page.get_by_role("button", name="Close").click()
    assert not seen.page.get_by_role("dialog").is_visible()


def test_failure_that_is_written_out_draws_its_pictures_once(seen: Seen) -> None:
    failure = seen.page.locator("details.failure").first
    assert failure.locator("svg").count() == 0
    for _ in range(3):
        failure.locator("summary").first.click()
    failure.locator("svg").first.wait_for()
    assert failure.locator("svg").count() == len(SHOWN.planes)
    failure.get_by_text("numbers").nth(1).click()
    assert failure.get_by_role("region", name="Got as numbers").locator("td").all_inner_texts() == [
        "1",
        "2",
        "3",
        "NaN",
    ]


def test_link_to_a_case_opens_it(browser: Any, many_page: Path) -> None:
    seen = Seen(browser, many_page)
    seen.page.goto(f"{many_page.as_uri()}#case=case-4907")
    assert seen.page.get_by_role("dialog", name="case-4907").is_visible()
    seen.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_drawn_in_light_and_dark(browser: Any, many_page: Path, scheme: str) -> None:
    seen = Seen(browser, many_page, color_scheme=scheme)
    background = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    (red, *_) = (int(number) for number in background.removeprefix("rgb(").removesuffix(")").split(","))
    assert (red > 200) == (scheme == "light")
    picture = seen.page.screenshot()
    assert picture.startswith(b"\x89PNG")
    seen.context.close()


def test_page_is_readable_without_its_script(browser: Any, many_page: Path) -> None:
    seen = Seen(browser, many_page, java_script_enabled=False)
    assert "100 of 5,000 judged cases are wrong" in seen.page.inner_text("#verdicts")
    failure = seen.page.locator("details.failure").first
    failure.locator("summary").click()
    assert "again:  conformance show case-7" in failure.inner_text()
    assert "need JavaScript" in seen.page.inner_text("#cases")
    seen.context.close()


def test_narrow_page_does_not_scroll_sideways(browser: Any, many_page: Path) -> None:
    seen = Seen(browser, many_page, viewport={"width": 390, "height": 800})
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    seen.context.close()


def test_narrow_page_has_the_outcome_beside_a_long_case(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "long.html"
    Outputs(html=path).write(run_of(record("sweep-padding-and-strides.same.stride-5x6.dilation-1x2", Outcome.FAILED)))
    seen = Seen(browser, path, viewport={"width": 390, "height": 800})
    chip = seen.page.locator("#rows .chip").bounding_box()
    assert chip["x"] + chip["width"] <= 390
    seen.context.close()


def test_print_has_every_row_and_no_controls(seen: Seen) -> None:
    seen.page.locator("#search").fill("case-11")
    seen.page.emulate_media(media="print")
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert len(seen.rows) == 111
    assert not seen.page.locator("#filters").is_visible()
    seen.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert len(seen.rows) < 111


def test_hostile_texts_do_nothing(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    Outputs(html=path).write(hostile_run())
    seen = Seen(browser, path)
    seen.page.get_by_role("button", name="first", exact=True).click()
    assert "<script>alert(1)</script>" in seen.page.locator("#case-body pre").first.inner_text()
    seen.page.get_by_role("button", name="Close").click()
    for failure in seen.page.locator("details.failure > summary").all():
        failure.click()
    assert seen.page.locator("script").count() == 2
    assert seen.troubles == []
    seen.context.close()
