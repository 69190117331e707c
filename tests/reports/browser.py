"""A headless Chromium for the pages, or the reason why there is none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


def missing() -> str:
    """Why browser tests cannot run here; empty where they can."""
    if find_spec("selenium") is None:
        return "selenium is not installed (pip install 'warwire[dev]')"
    if not _program("chromium", "chromium-browser", "google-chrome"):
        return "no Chromium (apt-get install chromium)"
    if not _program("chromedriver"):
        return "no chromedriver (apt-get install chromium-driver)"
    return ""


@contextmanager
def open_browser(*, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator[Any]:
    """A browser whose inner window has the given size; its log holds console and requests."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = _program("chromium", "chromium-browser", "google-chrome")
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(_program("chromedriver")))
    try:
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        yield driver
    finally:
        driver.quit()


def axe_source() -> str:
    """The axe-core script: of node_modules where npm put it there, else of axe-core-python."""
    local = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if local.is_file():
        return local.read_text(encoding="utf-8")
    spec = find_spec("axe_core_python")
    if spec is None or spec.origin is None:
        return ""
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def _program(*names: str) -> str:
    return next(filter(None, map(shutil.which, names)), "") or ""
