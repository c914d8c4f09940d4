"""axe-core in a page, from the package that bundles it."""

from importlib.resources import files

from playwright.async_api import Page

SOURCE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
}


async def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is, one line for each element."""
    if not await page.evaluate("() => typeof window.axe === 'object'"):
        await page.evaluate(SOURCE)
    found = await page.evaluate("options => window.axe.run(document, options)", OPTIONS)
    return [
        f"{violation['impact']} {violation['id']}: {node['target'][0]} ({violation['help']})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
