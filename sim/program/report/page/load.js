// SPDX-License-Identifier: Apache-2.0
//
// The steps, and the load and health of the nodes, on the time scale of the map.
(() => {
  const strip = byId("steps-strip");
  drawn(strip, () => {
    const f = frame(strip), high = 58;
    const svg = element("svg", {viewBox: `0 0 ${f.width} ${high}`, height: high, "aria-hidden": "true"});
    // Highest weight first; each in the first line where it overlaps no other. Shortened only if its
    // text fits in no line.
    const lines = [[], [], []], heights = [12, 27, 42];
    const order = run.steps.filter((s) => run.schedule_s === undefined || s.at_s < run.schedule_s)
      .sort((a, b) => b.weight - a.weight || a.at_s - b.at_s);
    const spot = (x, words, line) => {
      const width = wide(words), begin = Math.max(0, Math.min(x - 4, f.width - width));
      return lines[line].every(([from, to]) => begin > to + 8 || begin + width < from - 8)
        ? [begin, begin + width] : null;
    };
    const healing = run.schedule_s === undefined ? 0 : f.x(run.schedule_s);
    if (healing > 0 && f.x(run.ends_s) - healing > 60) {
      lines[2].push([healing + 4, healing + 4 + wide("healing")]);
      svg.append(element("text", {x: healing + 4, y: heights[2], "font-style": "italic"}, "healing"));
    }
    for (const step of order) {
      const x = f.x(step.at_s);
      const place = [f.width, 220, 110].flatMap((room) => {
        const words = fitted(step.what, room);
        return words === "" ? [] : lines.map((_, line) => ({words, line, at: spot(x, words, line)}));
      }).find((p) => p.at !== null);
      if (!place) continue;
      lines[place.line].push(place.at);
      svg.append(element("text", {x: place.at[0], y: heights[place.line]}, place.words),
                 element("line", {class: "axis", x1: x, x2: x, y1: heights[place.line] + 3, y2: 48}));
    }
    for (const step of run.steps) {
      const x = f.x(step.at_s);
      svg.append(element("polygon", {class: "flag", points: `${x - 4},48 ${x + 4},48 ${x},57`},
        element("title", {}, moment(step.at_s) + ": " + step.what)));
    }
    strip.replaceChildren(svg);
  });
  const list = byId("steps-list");
  for (const step of run.steps) {
    list.append(element("li", {}, element("span", {class: "t"}, moment(step.at_s)),
                        step.victim < 0 ? element("span", {}, step.what)
                          : element("a", {class: "see", href: "#story/" + step.victim}, step.what)));
  }
  byId("steps").hidden = run.steps.length === 0;

  const load = run.load, count = load.columns;
  const middle = (i) => (i + 0.5) * load.width_s;
  function chart(box, title, lines, unit, top) {
    const head = element("h3", {}), plot = element("div", {class: "chart"});
    box.append(element("div", {}, head, plot));
    const update = (s) => {
      let text = title;
      const i = s === null ? -1 : Math.min(count - 1, Math.floor(s / load.width_s));
      if (i >= 0) text += " at " + digits(middle(i), 4) + " s: " +
        lines.map((l) => l.name + " " + l.show(l.values[i])).join(", ");
      head.textContent = text;
    };
    cursor.listeners.push(update);
    update(null);
    drawn(plot, () => {
      const f = frame(plot);
      const svg = lineChart(f, {label: title + " over time", unit, top, marks: runMarks(f),
        lines: lines.map((l) => ({...l, points: l.values.map((v, i) => [middle(i), v])})),
        behind: (behind, from, to) => stepLines(behind, f, from, to)});
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
    charts.append(element("p", {class: "note"}, "Every health score was 0 throughout."));
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
