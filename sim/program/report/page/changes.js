// SPDX-License-Identifier: Apache-2.0
//
// How changes spread: a chart for each kind of change, a curve for each step, and a table of both.
(() => {
  const KINDS = [
    ["gone", "Crashed or cut off: seen as failed"],
    ["silent", "Paused: suspected or failed"],
    ["left", "Left: seen as left"],
    ["back", "Started, joined or reconnected: seen as alive"],
  ];
  const charts = byId("changes-charts"), table = byId("changes-table");
  if (run.changes.length === 0) {
    byId("changes").hidden = true;
    return;
  }
  // One time axis for all kinds, from 0, so that lengths can be compared.
  const most = Math.max(...run.changes.map((c) => c.last_s ?? 0), 0.001);
  const parts = new Map();  // by curve: elements to emphasise together
  const emphasise = (curve, on) => parts.get(curve).forEach((p) => p.classList.toggle("on", on));
  run.changes.forEach((curve) => parts.set(curve, []));

  for (const [kind, title] of KINDS) {
    const curves = run.changes.filter((c) => c.kind === kind);
    if (curves.length === 0) continue;
    const plot = element("div", {class: "chart"});
    charts.append(element("div", {}, element("h3", {}, title), plot));
    drawn(plot, () => {
      const width = Math.max(240, plot.clientWidth), high = 220, left = 46, right = 14, bottom = high - 26;
      const steps = ticks(most * 1.04, width < 400 ? 3 : 6), step = steps[1] ?? most;
      const marks = [];
      for (let s = 0; s < most + step; s += step) marks.push(Number(s.toPrecision(9)));
      const top = marks[marks.length - 1];
      const x = (s) => left + s / top * (width - left - right);
      const y = (share) => bottom - share * (bottom - 10);
      const svg = element("svg", {viewBox: `0 0 ${width} ${high}`, height: high, role: "img",
        "aria-label": title + ": share that knew against time; the table below has the figures"});
      for (const share of [0, 0.25, 0.5, 0.75, 1]) {
        svg.append(element("line", {class: "axis", x1: left, x2: width - right, y1: y(share), y2: y(share)}),
          element("text", {x: left - 8, y: y(share) + 4, "text-anchor": "end"}, share * 100 + " %"));
      }
      for (const [s, words] of withUnit(marks)) {
        svg.append(element("line", {class: "axis", x1: x(s), x2: x(s), y1: bottom, y2: bottom + 5}),
          element("text", {x: Math.min(x(s), width - 18), y: bottom + 19, "text-anchor": "middle"}, words));
      }
      for (const curve of curves) {
        if (curve.points.length === 0) continue;
        let d = `M${x(0)} ${y(0)}L${x(curve.first_s).toFixed(1)} ${y(0)}`, share = 0;
        for (const [s, then] of curve.points) {
          // Sampled curves have slopes between their points; complete ones have steps.
          d += (curve.learned <= curve.points.length ? `L${x(s).toFixed(1)} ${y(share).toFixed(1)}` : "") +
               `L${x(s).toFixed(1)} ${y(then).toFixed(1)}`;
          share = then;
        }
        d += `L${x(top).toFixed(1)} ${y(share).toFixed(1)}`;
        const path = element("path", {class: `curve ${kind}` + (curves.length > 6 ? " many" : ""), d},
          element("title", {}, moment(curve.at_s) + ": " + curve.what));
        path.addEventListener("pointerenter", () => emphasise(curve, true));
        path.addEventListener("pointerleave", () => emphasise(curve, false));
        parts.set(curve, [...parts.get(curve).filter((p) => p.localName === "tr"), path]);
        svg.append(path);
      }
      // Each curve has its name beside it, where no other name is; the slowest first.
      const taken = [];
      const slowest = [...curves].sort((a, b) => (b.last_s ?? 0) - (a.last_s ?? 0));
      for (const curve of slowest) {
        const words = fitted(curve.what, Math.min(220, width * 0.45)), size = wide(words);
        for (const share of [0.5, 0.35, 0.65, 0.2, 0.8]) {
          const point = curve.points.find(([, then]) => then >= share);
          if (!point || words === "") continue;
          const right = x(point[0]) + 8, at = right + size < width ? right : x(point[0]) - 8 - size;
          const h = y(share) + 4;
          if (at < left || taken.some((t) => Math.abs(t.h - h) < 14 && at < t.to + 6 && at + size > t.at - 6)) continue;
          taken.push({h, at, to: at + size});
          svg.append(element("text", {class: "name", x: at, y: h}, words));
          break;
        }
      }
      plot.replaceChildren(svg);
    });
  }

  const head = element("tr");
  for (const [words, cls] of [["at", "n"], ["step", ""], ["pairs", "n wide-only"], ["first", "n"], ["median", "n"],
                              ["99 %", "n wide-only"], ["last", "n"], ["never", "n"]]) {
    head.append(element("th", {class: cls, scope: "col"}, words));
  }
  const rows = element("tbody");
  for (const curve of run.changes) {
    const time = (s) => s === undefined ? "–" : seconds(s);
    const row = element("tr", {tabindex: "0"},
      element("td", {class: "n"}, moment(curve.at_s)),
      element("td", {}, curve.what + (curve.one_in > 1 ? ` (one pair in ${curve.one_in} recorded)` : "")),
      element("td", {class: "n wide-only"}, String(curve.pairs)),
      element("td", {class: "n"}, time(curve.first_s)), element("td", {class: "n"}, time(curve.median_s)),
      element("td", {class: "n wide-only"}, time(curve.p99_s)), element("td", {class: "n"}, time(curve.last_s)),
      element("td", {class: "n"}, String(curve.pairs - curve.learned)));
    for (const [event, on] of [["pointerenter", true], ["pointerleave", false], ["focus", true], ["blur", false]]) {
      row.addEventListener(event, () => emphasise(curve, on));
    }
    parts.get(curve).push(row);
    rows.append(row);
  }
  table.append(element("table", {}, element("thead", {}, head), rows));
})();
