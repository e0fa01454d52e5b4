// SPDX-License-Identifier: Apache-2.0
//
// Which views are visible: all beside each other on a wide screen, one at a time on a phone. Also light
// and dark, the keys, and the line for screen readers.
const layout = (() => {
  const VIEWS = [["members", "Members"], ["timeline", "Timeline"], ["member", "Member"], ["map", "Map"], ["agent", "Agent"]];
  const wide = matchMedia("(min-width: 1400px)"), narrow = matchMedia("(max-width: 760px)");
  const tabs = byId("tabs"), root = document.documentElement;
  let current = narrow.matches ? "members" : wide.matches ? "map" : "timeline";

  // Visible whatever tab is chosen.
  const fixed = () => (narrow.matches ? [] : wide.matches ? ["members", "timeline"] : ["members"]);
  const visible = (view) => view === current || fixed().includes(view);
  function arrange() {
    const always = fixed(), choice = VIEWS.filter(([view]) => !always.includes(view));
    if (always.includes(current)) current = wide.matches ? "map" : "timeline";
    for (const [view] of VIEWS) {
      byId(view).hidden = !visible(view);
      byId(view).classList.toggle("tabbed", !always.includes(view));
    }
    tabs.replaceChildren(...choice.map(([view, title]) => {
      const on = view === current;
      const tab = element("button", {type: "button", role: "tab", id: "tab-" + view, "aria-controls": view,
        "aria-selected": String(on), tabindex: on ? "0" : "-1"}, title);
      tab.addEventListener("click", () => show(view));
      return tab;
    }));
    table.later();
    agentView.draw();
    map.refreshIfOld();
    map.mark(story.name);
    lanes.draw();
  }
  function show(view) {
    if (fixed().includes(view)) return;
    if (current === view) return;
    current = view;
    arrange();
  }
  tabs.addEventListener("keydown", (event) => {
    const all = [...tabs.children], at = all.findIndex((tab) => tab.tabIndex === 0);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(all[(to + all.length) % all.length].id.slice(4));
    tabs.querySelector("[tabindex='0']").focus();
  });
  for (const media of [wide, narrow]) media.addEventListener("change", arrange);

  // --- light and dark: the system's, unless chosen here
  const THEMES = {"": "Auto", light: "Light", dark: "Dark"};
  const kept = () => { try { return localStorage.getItem("rollcall-theme") ?? ""; } catch { return ""; } };
  let theme = THEMES[kept()] ? kept() : "";
  function applyTheme() {
    if (theme === "") delete root.dataset.theme;
    else root.dataset.theme = theme;
    byId("theme-button").textContent = THEMES[theme];
    byId("theme-button").setAttribute("aria-label", "Colours: " + THEMES[theme]);
    redraw();
  }
  byId("theme-button").addEventListener("click", () => {
    const names = Object.keys(THEMES);
    theme = names[(names.indexOf(theme) + 1) % names.length];
    try { localStorage.setItem("rollcall-theme", theme); } catch { /* for this page only */ }
    applyTheme();
  });

  // --- keys that work everywhere
  const KEYS = [["/", "filter the members"], ["↑ ↓ PgUp PgDn Home End", "move in the list"],
    ["Enter", "show what happened to the member"], ["Esc", "clear the filter, or close the member"],
    ["text", "anywhere in name, address, status or tags"], ["status:failed", "a status, or its beginning"],
    ["role=db", "a tag whose value contains the text"], ["!text", "the opposite of any of these"]];
  function help() {
    const list = element("dl", {class: "keys"});
    for (const [key, words] of KEYS) list.append(element("dt", {class: "mono"}, key), element("dd", {}, words));
    actions.ask({title: "Keyboard and filters", body: [list]});
  }
  byId("help-button").addEventListener("click", help);
  document.addEventListener("keydown", (event) => {
    if (byId("ask").open || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && !typing) {
      show("members");
      byId("filter").focus();
      byId("filter").select();
    } else if (event.key === "?" && !typing) {
      help();
    } else if (event.key === "Escape") {
      if (!table.clearFilter()) story.close();
      if (typing?.id === "filter") byId("grid").focus();
    } else return;
    event.preventDefault();
  });
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    show("members");
    byId("grid").focus();
  });

  return {
    show, visible, arrange, applyTheme,
    get narrow() { return narrow.matches; },
    announce(words) {
      const line = element("p", {}, words), log = byId("announce");
      log.append(line);
      while (log.children.length > 5) log.firstChild.remove();
    },
  };
})();
