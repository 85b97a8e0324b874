"""The look of the sandbox's pages: plain, so that nobody takes them for the product."""

STYLE = """
:root { color-scheme: light dark; --line: #d7dbe0; --soft: #f5f6f8; --text: #1d2733; --faint: #66717e; --strong: #2b5b8a; --bad: #a3352b; }
@media (prefers-color-scheme: dark) {
  :root { --line: #39424d; --soft: #1c232b; --text: #e6eaee; --faint: #9aa5b1; --strong: #8ab8e6; --bad: #f0968c; }
  body { background: #12171d; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--text); }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 4px 0 16px; }
h2 { font-size: 17px; margin: 32px 0 10px; }
a { color: var(--strong); text-decoration: none; }
a:hover { text-decoration: underline; }
.back { font-size: 14px; }
.back::before { content: "\\2190  "; }
.lead, .note { color: var(--faint); }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin-bottom: 20px; }
.tiles div { border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px; min-width: 120px; }
.tiles b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--faint); font-size: 13px; }
.tabs { display: flex; flex-wrap: wrap; gap: 4px; border-bottom: 1px solid var(--line); margin-bottom: 12px; }
.tab { padding: 8px 12px; color: var(--text); border-bottom: 2px solid transparent; }
.tab.on { border-color: var(--strong); font-weight: 600; }
.tab span { color: var(--faint); font-size: 13px; font-weight: 400; }
.frame { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-size: 13px; color: var(--faint); background: var(--soft); }
th, td { padding: 7px 12px; border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; }
.empty { border: 1px dashed var(--line); border-radius: 8px; padding: 24px; text-align: center; color: var(--faint); }
.on { color: var(--bad); }
.tab.on { color: var(--text); }
.off { color: var(--faint); }
.problem { border-left: 4px solid var(--bad); background: var(--soft); padding: 10px 14px; }
.buttons { display: flex; gap: 6px; justify-content: flex-end; }
button { font: inherit; padding: 4px 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--soft); color: var(--text); cursor: pointer; }
button:hover { border-color: var(--strong); }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 14px; margin-bottom: 16px; }
.fields label { color: var(--faint); font-size: 13px; }
.fields input, .fields output { display: block; width: 100%; font: inherit; font-size: 15px; color: var(--text); margin-top: 3px; }
.fields input { padding: 6px 10px; border: 1px solid var(--line); border-radius: 6px; background: transparent; }
.fields output { padding: 7px 0; overflow-wrap: anywhere; }
.fields button { align-self: end; }
"""
