"""German is complete, and chosen by the browser."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from rubric_jobs import errors
from rubric_jobs.documents import model as documents
from tests.browser import steps
from tests.browser.conftest import PATIENCE_MS, Site, Teacher, Watch

APP = Path(__file__).parents[2] / "rubric_jobs"
STATIC = APP / "static" / "rubric_jobs"
OWN = ("error_", "warn_", "why_")
"""What the service says itself in English, for which other languages have sentences."""


def texts(language: str) -> dict[str, str]:
    written = (STATIC / f"texts-{language}.js").read_text(encoding="utf-8")
    return dict(re.findall(r'^  (\w+): "((?:[^"\\]|\\.)*)",$', written, re.M))


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_no_text_is_missing_in_german_and_each_has_the_same_places() -> None:
    english, german = texts("en"), texts("de")
    assert set(english) <= set(german)
    assert [key for key in german if key not in english and not key.startswith(OWN)] == []
    assert [key for key in english if places(english[key]) != places(german[key])] == []


def test_every_failure_has_a_german_sentence() -> None:
    assert {f"error_{code}" for code in errors.by_code()} <= set(texts("de"))


def test_every_reason_of_a_doubt_has_a_german_sentence() -> None:
    told = "".join((APP / "reader" / f"{name}.py").read_text(encoding="utf-8") for name in ("doubts", "agreement"))
    sentences = re.findall(r'(?:why|_DISAGREE) ?= ?f?"([A-Z][^"]*\.)"', told)
    words = ["row", "column", "skip", "number", "score to fill in", "no use", *documents.DOUBTS]
    asked = {
        "why_" + "_".join(re.findall("[a-z]+", re.sub(r"{[^}]*}", "", text).lower())) for text in [*sentences, *words]
    }
    assert len(sentences) >= 8
    assert asked <= set(texts("de"))


def test_every_text_that_the_element_asks_for_is_there() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.js") if "texts-" not in path.name)
    asked = set(re.findall(r'\bt\("(\w+)"', code))
    assert asked
    assert asked <= set(texts("en"))


def test_the_words_of_the_pages_are_in_the_compiled_catalogue() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (APP / "templates" / "rubric_jobs").glob("*.html"))
    asked = {one or other for one, other in re.findall(r"""translate (?:"([^"]*)"|'([^']*)')""", pages)}
    with (APP / "locale" / "de" / "LC_MESSAGES" / "django.mo").open("rb") as file:
        known = gettext.GNUTranslations(file)
    assert [word for word in asked if known.gettext(word) == word] == []


def test_a_german_browser_gets_german_and_says_so(browser: Browser, site: Site, teacher: Teacher, watch: Watch) -> None:
    context = browser.new_context(base_url=site.address, locale="de-AT", timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MS)
    watch.on(context, site.address)
    page = context.new_page()
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Anmelden")).to_be_visible()
    teacher.sign_in(context)
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == "de"
    expect(page.get_by_role("link", name="Meine Raster")).to_be_visible()
    page.get_by_role("button", name="Auslesen").wait_for()
    found = steps.rubric(
        steps.criterion("These", None, []),
        steps.criterion("Stil", 2.5, []),
        total=2.5,
        warnings=[{"code": "points_missing", "message": "“These” has no points.", "path": "criteria[0]"}],
    )
    steps.show(page, found)
    expect(page.get_by_text("„These“ hat keine Punkte, andere aber schon.")).to_be_visible()
    expect(page.get_by_label("Punkte von Stil")).to_have_value("2,5")
    context.close()
    assert watch.faults == []
