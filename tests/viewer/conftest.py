"""A browser for the pages."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="session")
def browser():
    """Chromium, where that and playwright are installed."""
    reason = "pages are tried in a browser: install Chromium, and pip install playwright"
    sync_api = pytest.importorskip("playwright.sync_api", reason=reason)
    if CHROMIUM is None:
        pytest.skip(reason)
    with sync_api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def tab(browser):
    """A page of it, in whose console nothing must be complained of."""
    opened = browser.new_page(viewport={"width": 1200, "height": 800})
    complaints = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    harmless = ("GPU stall", "willReadFrequently", "ERR_CONNECTION_REFUSED")  # of these tests; of a server that ended
    assert [said for said in complaints if not any(words in said for words in harmless)] == []
