// SPDX-License-Identifier: Apache-2.0
//
// The steps over time, and what nodes sent and how they felt, under the map and on its scale.
(() => {
  const strip = byId("steps-strip");
  drawn(strip, () => {
    const f = frame(strip), high = 30;
    const svg = element("svg", {viewBox: `0 0 ${f.width} ${high}`, height: high, "aria-hidden": "true"});
    if (run.schedule_s !== undefined && f.x(run.ends_s) - f.x(run.schedule_s) > 50) {
      svg.append(element("text", {x: (f.x(run.schedule_s) + f.x(run.ends_s)) / 2, y: 12,
        "text-anchor": "middle", "font-style": "italic"}, "healing"));
    }
    let free = 0;
    run.steps.forEach((step, i) => {
      const x = f.x(step.at_s);
      svg.append(element("polygon", {class: "flag", points: `${x - 4},20 ${x + 4},20 ${x},29`},
        element("title", {}, moment(step.at_s) + ": " + step.what)));
      if (x < free || (run.schedule_s !== undefined && step.at_s >= run.schedule_s)) return;
      const next = run.steps.slice(i + 1).find((s) => f.x(s.at_s) - x > 8);
      const room = ((next ? f.x(next.at_s) : f.x(run.schedule_s ?? run.ends_s) + f.right - 4) - x) / 6.4;
      let words = step.what;
      if (words.length > room) words = words.slice(0, Math.max(0, Math.floor(room) - 1)) + "…";
      if (words.length < 6) return;
      svg.append(element("text", {x: Math.max(0, x - 4), y: 13}, words));
      free = x + words.length * 6.4 + 6;
    });
    strip.replaceChildren(svg);
  });
  const list = byId("steps-list");
  for (const step of run.steps) {
    list.append(element("li", {}, element("span", {class: "t"}, moment(step.at_s)),
                        element("span", {}, step.what)));
  }
  byId("steps").hidden = run.steps.length === 0;

  const load = run.load, count = load.columns;
  const middle = (i) => (i + 0.5) * load.width_s;
  function chart(box, title, lines, unit, top) {
    const head = element("h3", {}), plot = element("div", {class: "chart"});
    box.append(element("div", {}, head, plot));
    const say = (s) => {
      let text = title;
      const i = s === null ? -1 : Math.min(count - 1, Math.floor(s / load.width_s));
      if (i >= 0) text += " at " + digits(middle(i), 4) + " s: " +
        lines.map((l) => l.name + " " + l.show(l.values[i])).join(", ");
      head.textContent = text;
    };
    cursor.listeners.push(say);
    say(null);
    drawn(plot, () => {
      const f = frame(plot), high = 150, bottom = high - 24;
      const most = top ?? Math.max(...lines.flatMap((l) => l.values), 1e-9);
      const marks = ticks(most, 3), y = (v) => bottom - v / Math.max(most, marks[marks.length - 1]) * (bottom - 12);
      const svg = element("svg", {viewBox: `0 0 ${f.width} ${high}`, height: high, role: "img",
        "aria-label": title + " over time"});
      stepLines(svg, f, 4, bottom);
      for (const v of marks) {
        svg.append(element("line", {class: "axis", x1: f.left, x2: f.left + f.inner, y1: y(v), y2: y(v)}),
                   element("text", {x: f.left - 8, y: y(v) + 4, "text-anchor": "end"}, unit(v)));
      }
      const path = (values) => values.map((v, i) =>
        (i === 0 ? "M" : "L") + f.x(middle(i)).toFixed(1) + " " + y(v).toFixed(1)).join("");
      const upper = lines.find((l) => l.kind === "p99"), lower = lines.find((l) => l.kind === "median");
      if (upper && lower && count > 0) {
        const back = lower.values.map((v, i) => [f.x(middle(i)).toFixed(1), y(v).toFixed(1)]).reverse();
        svg.append(element("path", {class: "band",
          d: path(upper.values) + back.map(([px, py]) => "L" + px + " " + py).join("") + "Z"}));
      }
      let taken = [];
      for (const line of lines) {
        svg.append(element("path", {class: line.kind, d: path(line.values)}));
        const end = y(line.values[count - 1] ?? 0);
        if (f.right > 40 && count > 0 && taken.every((t) => Math.abs(t - end) > 12)) {
          svg.append(element("text", {x: f.x(middle(count - 1)) + 6, y: end + 4}, line.name));
          taken.push(end);
        }
      }
      timeAxis(svg, f, bottom);
      plot.replaceChildren(svg, ...[...plot.children].filter((c) => c.className === "cursor"));
    });
    cursor.follow(plot);
    plot.addEventListener("pointermove", (event) =>
      cursor.at(frame(plot).time(event.clientX - plot.getBoundingClientRect().left)));
    plot.addEventListener("pointerleave", () => cursor.at(null));
  }
  const charts = byId("load-charts");
  if (count === 0) {
    charts.append(element("p", {class: "note"}, "The run was too short for a column of one second."));
    return;
  }
  const spread = (of) => [
    {kind: "median", name: "median", values: of.median, show: amount},
    {kind: "p99", name: "99 %", values: of.p99, show: amount},
    {kind: "max", name: "max", values: of.max, show: amount}];
  chart(charts, "Datagrams per second", spread(load.packets), amount);
  chart(charts, "Bytes per second, datagrams and streams", spread(load.bytes), amount);
  if (load.health.worst.every((v) => v === 0)) {
    charts.append(element("p", {class: "note"}, "No node felt unwell: every health score was 0 throughout."));
  } else {
    chart(charts, "Worst health score", [{kind: "median", name: "worst", values: load.health.worst, show: String}],
          (v) => digits(v, 2));
    chart(charts, "Share of nodes with a health score above 0",
          [{kind: "median", name: "share", values: load.health.raised, show: percent}],
          (v) => Math.round(v * 1000) / 10 + " %");
  }
  const legend = byId("load-legend");
  for (const [cls, words] of [["median", "the median node"], ["p99", "99 % of the nodes are below"], ["max", "the busiest node"]]) {
    const key = element("i", {class: cls === "median" ? "key line" : "key line thin"});
    key.style.borderColor = cls === "max" ? "var(--soft)" : "var(--accent)";
    legend.append(element("span", {}, key, words));
  }
})();
