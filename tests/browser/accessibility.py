"""What axe-core, the usual judge of accessibility, finds on a page that keeps somebody from using it."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

_GRAVE = {"serious", "critical"}
# In a second colour scheme only what depends on colours can differ.
_COLOURS = ["color-contrast", "link-in-text-block"]
# A colour on its way to another belongs to neither scheme: judged is what stays the same from one frame to the next but one.
# Judging a contrast costs a thousand times what comparing two looks does: of texts that look alike (the rows of a list, the
# entries of the menu) with the same classes on the same backgrounds, three are judged.
_RUN = """async ([colours_of, only_colours]) => {
  const colours = () => [...document.querySelectorAll("body, body *")]
    .map((one) => { const { color, backgroundColor } = getComputedStyle(one); return color + backgroundColor; }).join();
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let before = "", tries = 0; before !== (before = colours()) && tries < 100; tries++) {
    await frame();
    await frame();
    for (const one of document.getAnimations()) try { one.finish(); } catch { one.cancel(); }
  }
  const look_of = (one) => {
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(one);
    const look = [one.tagName, one.className, one.parentElement.className, color, fontSize, fontWeight, textShadow];
    for (let part = one; part; part = part.parentElement) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(part);
      look.push(backgroundColor, backgroundImage, opacity);
    }
    return look.join("|");
  };
  const alike = new Map();
  const speaks = (one) => one.matches("input, select, textarea") || [...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim());
  const shown = [...document.querySelectorAll("body *")].filter((one) => speaks(one) && one.checkVisibility() && !one.closest(".brand-preview"));
  const judged = shown.filter((one) => {
    const look = look_of(one), known = alike.get(look) ?? 0;
    alike.set(look, known + 1);
    return known < 3;
  });
  const options = { resultTypes: ["violations"], iframes: false };
  const violations = [];
  if (judged.length) {
    const runOnly = { type: "rule", values: colours_of };
    violations.push(...(await axe.run({ include: judged }, { ...options, runOnly })).violations);
  }
  if (!only_colours) {
    const rules = Object.fromEntries(colours_of.map((rule) => [rule, { enabled: false }]));
    const whole = { include: document, exclude: [".brand-preview"] };
    violations.push(...(await axe.run(whole, { ...options, rules })).violations);
  }
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
    found: list[dict[str, Any]] = page.evaluate(_RUN, [_COLOURS, only_colours])
    return [
        f"{one['id']} ({one['impact']}, {one['count']} times): {one['help']}: {' | '.join(one['nodes'])}"
        for one in found
        if one["impact"] in _GRAVE
    ]
