/** The style of every page. It needs no script, and no fonts or images from other sites. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f5f7f8; --card: #ffffff; --text: #16202a; --quiet: #5a6876; --line: #dce3e8; --accent: #0f766e;
  --on-accent: #ffffff; --good: #15803d; --warn: #b45309; --bad: #b91c1c; --good-bg: #e7f6ec; --warn-bg: #fdf3e1; --bad-bg: #fdeaea;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1419; --card: #172028; --text: #e6edf2; --quiet: #94a3b1; --line: #2a3641; --accent: #2dd4bf;
    --on-accent: #06231f; --good: #4ade80; --warn: #fbbf24; --bad: #f87171; --good-bg: #10291b; --warn-bg: #2e2410; --bad-bg: #331a1c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
a { color: var(--accent); }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 8px; top: 8px; background: var(--card); padding: 8px; z-index: 1; }
small, .quiet { color: var(--quiet); font-size: 13px; }
code, pre, .id { font-family: var(--mono); font-size: 13px; }
.id { overflow-wrap: anywhere; }

body > header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 24px; padding: 8px 24px; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: 10px; color: var(--text); font-size: 17px; font-weight: 650; text-decoration: none; }
.brand span, .login h1 span { color: var(--quiet); font-weight: 400; }
header nav { display: flex; flex: 1; gap: 4px; overflow-x: auto; }
header nav a { padding: 8px 12px; border-radius: 8px; color: var(--quiet); text-decoration: none; white-space: nowrap; }
header nav a:hover { color: var(--text); background: var(--ground); }
header nav a[aria-current] { color: var(--accent); font-weight: 600; background: var(--ground); }
.who { display: flex; align-items: center; gap: 12px; }

main { max-width: 1240px; margin: 0 auto; padding: 24px; }
main.narrow { max-width: 440px; padding-top: 12vh; }
h1 { margin: 0 0 16px; font-size: 24px; line-height: 1.25; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 32px 0 12px; font-size: 17px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; }
.notice { margin: 0 0 16px; padding: 10px 14px; border-radius: 8px; background: var(--warn-bg); color: var(--warn); }
.notice.bad { background: var(--bad-bg); color: var(--bad); } .notice.good { background: var(--good-bg); color: var(--good); }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 16px; margin-bottom: 24px; }
.tile { display: block; background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--good); border-radius: 12px; padding: 14px 18px; color: inherit; text-decoration: none; }
a.tile:hover { border-color: var(--accent); }
.tile.warn { border-left-color: var(--warn); } .tile.bad { border-left-color: var(--bad); } .tile.unknown { border-left-color: var(--quiet); }
.tile b { display: block; font-size: 30px; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile span { color: var(--quiet); }
.tile small { display: block; }

.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 10px 14px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--quiet); font-size: 13px; font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.number small { display: block; }
td.zero { color: var(--quiet); }
td time { white-space: nowrap; } td time small { display: block; }
.bad-text { color: var(--bad); } .warn-text { color: var(--warn); }
.error-text { overflow-wrap: anywhere; min-width: 220px; }
.badge { display: inline-block; padding: 1px 9px; border-radius: 99px; background: var(--ground); border: 1px solid var(--line); font-size: 13px; white-space: nowrap; }
.badge.good { color: var(--good); background: var(--good-bg); border-color: transparent; } .badge.warn { color: var(--warn); background: var(--warn-bg); border-color: transparent; }
.badge.bad { color: var(--bad); background: var(--bad-bg); border-color: transparent; }
.empty { padding: 32px; text-align: center; color: var(--quiet); }

form.search { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); align-items: end; gap: 12px; margin-bottom: 20px; }
label { display: grid; gap: 4px; font-size: 13px; color: var(--quiet); }
input, select, button, .button { font: inherit; min-height: 40px; border-radius: 8px; }
input, select { width: 100%; padding: 7px 10px; color: var(--text); background: var(--ground); border: 1px solid var(--line); }
input[type=checkbox] { width: 18px; min-height: 0; height: 18px; margin: 2px 0 0; accent-color: var(--accent); }
button, .button { display: inline-flex; align-items: center; justify-content: center; padding: 7px 16px; color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); font-weight: 600; text-decoration: none; cursor: pointer; }
button:hover, .button:hover { filter: brightness(1.08); }
button.second, .button.second { color: var(--text); background: var(--card); border-color: var(--line); }
button.danger { color: var(--bad); background: var(--card); border-color: var(--bad); }
button.plain { min-height: 32px; padding: 4px 10px; color: var(--quiet); background: none; border-color: var(--line); font-weight: 400; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 10px; margin: 16px 0; }
.login { display: grid; gap: 16px; padding: 32px; } .login h1 { display: flex; align-items: center; gap: 12px; }
.error { text-align: center; } .error .status { margin: 0; font-size: 56px; font-weight: 650; color: var(--quiet); line-height: 1; }

dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 8px 24px; margin: 0; }
dl.facts dt { color: var(--quiet); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 0; padding: 16px; overflow: auto; max-height: 480px; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
ol.steps { list-style: none; margin: 0; padding: 4px 0 0 8px; }
ol.steps li { position: relative; padding: 0 0 18px 24px; border-left: 2px solid var(--line); overflow-wrap: anywhere; }
ol.steps li:last-child { border-left-color: transparent; padding-bottom: 0; }
ol.steps li::before { content: ""; position: absolute; left: -7px; top: 5px; width: 12px; height: 12px; border-radius: 50%; background: var(--accent); box-shadow: 0 0 0 3px var(--card); }
ol.steps li.bad::before { background: var(--bad); } ol.steps li.warn::before { background: var(--warn); } ol.steps li.good::before { background: var(--good); }

@media (max-width: 720px) {
  body > header { padding: 8px 14px; } header nav { order: 3; flex-basis: 100%; } header nav a { flex: 1; padding: 8px 6px; font-size: 14px; text-align: center; } .who { margin-left: auto; }
  main { padding: 16px 14px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 10px; } .tile { padding: 12px 14px; } .tile b { font-size: 24px; }
  dl.facts { grid-template-columns: 1fr; gap: 2px; } dl.facts dd { margin-bottom: 10px; }
  /* A row becomes a card, with a label for each value. */
  table.cards thead { display: none; }
  table.cards, table.cards tbody, table.cards tr, table.cards th, table.cards td { display: block; }
  table.cards tr { padding: 12px 14px; border-bottom: 1px solid var(--line); } table.cards tr:last-child { border-bottom: 0; }
  table.cards tbody th { padding: 0 0 4px; border: 0; }
  table.cards td { display: flex; justify-content: space-between; gap: 16px; padding: 3px 0; border: 0; text-align: right; }
  table.cards td::before { content: attr(data-label); color: var(--quiet); text-align: left; flex: none; }
  table.cards td.wide { display: block; text-align: left; } table.cards td.wide::before { display: block; font-size: 13px; }
  .error-text { min-width: 0; }
}
`;
