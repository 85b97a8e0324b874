"""What axe-core, the usual judge of accessibility, finds on a page that keeps somebody from using it."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

_GRAVE = {"serious", "critical"}
# In a second colour scheme only what depends on colours can differ.
_COLOURS = ["color-contrast", "link-in-text-block"]
# A colour on its way to another belongs to neither scheme: judged is what stays the same from one frame to the next but one.
_RUN = """async (rules) => {
  const colours = () => [...document.querySelectorAll("body, body *")]
    .map((one) => { const { color, backgroundColor } = getComputedStyle(one); return color + backgroundColor; }).join();
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let before = "", tries = 0; before !== (before = colours()) && tries < 100; tries++) {
    await frame();
    await frame();
    for (const one of document.getAnimations()) try { one.finish(); } catch { one.cancel(); }
  }
  const options = { resultTypes: ["violations"], iframes: false };
  if (rules.length) options.runOnly = { type: "rule", values: rules };
  const { violations } = await axe.run({ include: document, exclude: [".brand-preview"] }, options);
  return violations.map((one) => ({
    id: one.id, impact: one.impact, help: one.help, count: one.nodes.length,
    nodes: one.nodes.slice(0, 4).map((node) => `${node.html.slice(0, 160)} [${(node.any[0]?.message ?? "").slice(0, 160)}]`),
  }));
}"""


@cache
def _program() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def grave_findings(page: Page, *, only_colours: bool = False) -> list[str]:
    """Return what is serious or critical, each as a line that names the rule and the first places.

    The program enters through the debugger, which the page's content security policy does not concern.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_program() + ";undefined")
    found: list[dict[str, Any]] = page.evaluate(_RUN, _COLOURS if only_colours else [])
    return [
        f"{one['id']} ({one['impact']}, {one['count']} times): {one['help']}: {' | '.join(one['nodes'])}"
        for one in found
        if one["impact"] in _GRAVE
    ]
