"""Pictures of the pages of who is treated, for docs/how-to: `python docs/patient_pictures.py DATA`.

DATA is the data folder of a demonstration that runs (`openketamine demo --data DATA`). Two of its
people get letters; this opens their links as a phone does, in English and in Spanish, and writes
small PNGs to docs/pictures. `tests/docs/test_patient_pictures.py` holds the how-to against them.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).parent / "pictures"
PHONE = {"width": 390, "height": 844}
NAMES = ("begin", "question", "pause", "thanks", "own", "papers", "question-es", "own-es")
_ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# What both languages show: the first question of the PHQ-9.
_ASKED = "input[name=form][value=phq-9]"
_ENGLISH, _SPANISH = "whitfield@example.org", "sorby@example.org"


def file_of(name: str) -> Path:
    """Where a picture of this name lies."""
    return PICTURES / f"patient-{name}.png"


def letters(data: Path, to: str) -> Iterator[str]:
    """The links in the letters to this address, the newest last."""
    for path in sorted((data / "mail").glob("*")):
        for letter in path.read_text(encoding="utf-8").split("-" * 79):
            if f"To: {to}" in letter:
                yield from re.findall(r"\n(http://\S+/c/[^/\s]+/)\n", letter)


def main(data: Path) -> None:
    """Every picture anew."""
    born = dict(_born(data))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGS)
        for link in letters(data, _ENGLISH):
            _walk(browser, link, born["Whitfield"], "")
        for link in letters(data, _SPANISH):
            _walk(browser, link, born["Sørby"], "-es")
        browser.close()


def _walk(browser: Browser, link: str, born: tuple[int, int, int], ending: str) -> None:
    """From the letter to the papers, as a thumb goes."""
    page = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto(link)
    _keep(page, f"begin{ending}")
    _tap(page, "main .primary")
    _keep(page, f"question{ending}", only=_ASKED)
    _tap(page, ".mine-foot a")
    _keep(page, f"pause{ending}")
    _tap(page, "main a.primary")
    while "/c/i/" in page.url:
        free = page.locator("textarea").count()
        _tap(page, "form[data-once] .primary" if free else ".mine-answers button")
    _keep(page, f"thanks{ending}")
    for name, number in zip(("year", "month", "day"), born, strict=True):
        page.fill(f"#{name}", str(number))
    _tap(page, "form.form .primary")
    _keep(page, f"own{ending}")
    _tap(page, "form[action='papers/'] button")
    _keep(page, f"papers{ending}")


def _tap(page: Page, which: str) -> None:
    with page.expect_navigation():
        page.locator(which).first.tap()


def _keep(page: Page, name: str, only: str = "") -> None:
    """`only`: not where this stands nowhere on the page."""
    if name in NAMES and (not only or page.locator(only).count()):
        page.screenshot(path=str(file_of(name)))


def _born(data: Path) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Days of birth out of the demonstration's own database; nothing here writes."""
    url = (data / "database-url").read_text(encoding="utf-8").strip()
    with psycopg.connect(url, options="-c default_transaction_read_only=on") as connection:
        for family, day in connection.execute("SELECT family, birth_date FROM patients_person"):
            if day is not None:
                yield family, (day.year, day.month, day.day)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
