// SPDX-License-Identifier: Apache-2.0
//
// The last minutes as lanes: one for each member that changed, time to the right, in the colour of its
// state. Drawn from the records that the page has.
const lanes = (() => {
  const MOST = 8, LANE = 20, BEFORE = {failed: "suspect", suspect: "alive", alive: "unknown", left: "alive"};
  const FILL = {suspect: "suspect", failed: "failed", left: "left", unknown: "unknown"};
  const box = byId("lanes"), spanChoice = byId("timeline-span");

  // For each member its changes in the window and the state before the first of them, the latest first.
  function collect(records, from) {
    const changes = new Map();
    for (const record of records) {
      const state = AFTER[record.event];
      if (state === undefined || !record.member) continue;
      const at = Date.parse(record.time), lane = changes.get(record.member) ?? {name: record.member, list: []};
      if (at < from) {
        lane.before = state;
      } else {
        lane.before ??= BEFORE[state] ?? "alive";
        lane.list.push([at, state]);
        lane.last = at;
      }
      changes.set(record.member, lane);
    }
    const calm = (lane) => lane.list.length === 1 && lane.list[0][1] === "alive" && lane.before === "unknown";
    const all = [...changes.values()].filter((lane) => lane.list.length > 0);
    // A cluster that has just started: joins alone are no trouble and would fill the picture.
    const troubled = all.filter((lane) => !calm(lane));
    return (troubled.length > 0 ? troubled : all.length <= MOST ? all : []).sort((a, b) => b.last - a.last);
  }

  function timeTicks(from, to, room) {
    const wanted = Math.max(2, room / 90), steps = [15, 30, 60, 120, 300, 600, 900, 1800];
    const step = 1000 * (steps.find((s) => (to - from) / 1000 / s <= wanted) ?? 3600);
    const marks = [];
    for (let t = Math.ceil(from / step) * step; t <= to; t += step) marks.push([t, clock(t).slice(0, step < 60000 ? 8 : 5)]);
    return marks;
  }

  function draw() {
    // An agent that has just started has no records for most of the span.
    const to = agentClock.now(), first = Date.parse(timeline.records[0]?.time ?? "");
    const from = Math.max(to - 1000 * Number(spanChoice.value), Math.min(first || 0, to - 60000) - 5000);
    const all = collect(timeline.records, from), list = all.slice(0, MOST);
    if (list.length === 0) {
      box.replaceChildren(element("p", {class: "note quiet"},
        `No member changed in the last ${spanChoice.selectedOptions[0].textContent}.`));
      return;
    }
    const scale = timeScale(box, from, to, box.clientWidth < 420 ? 92 : 150, 8);
    const bottom = list.length * LANE, height = bottom + 24;
    const svg = element("svg", {viewBox: `0 0 ${scale.width} ${height}`, height, role: "img", "aria-label":
      "State of the members that changed, over time. The records below have the same."});
    const marks = timeTicks(from, to, scale.inner);
    for (const [t] of marks) {
      svg.append(element("line", {class: "axis", x1: scale.x(t), x2: scale.x(t), y1: 0, y2: bottom}));
    }
    list.forEach((lane, i) => svg.append(drawLane(lane, i * LANE, scale, from, to)));
    timeMarks(svg, scale, bottom, marks);
    box.replaceChildren(svg);
    if (all.length > MOST) {
      box.append(element("p", {class: "note"}, `and ${grouped(all.length - MOST)} more members`));
    }
  }
  // Names differ at their ends more often than at their beginnings.
  function shortened(words, room) {
    if (wide(words) <= room) return words;
    const half = Math.max(2, Math.floor(words.length * room / wide(words) / 2) - 1);
    return words.slice(0, half) + "…" + words.slice(-half);
  }
  function drawLane(lane, y, scale, from, to) {
    const group = element("g", {class: "lane"});
    const name = element("text", {x: scale.left - 8, y: y + 14, "text-anchor": "end"},
      shortened(shown(lane.name), scale.left - 12));
    group.append(element("title", {}, shown(lane.name)), name,
      element("rect", {class: "lane-alive", x: scale.left, y: y + 8, width: scale.inner, height: 4}));
    const pieces = [[from, lane.before], ...lane.list];
    pieces.forEach(([at, state], i) => {
      const end = i + 1 < pieces.length ? pieces[i + 1][0] : to;
      const x = scale.x(at), width = Math.max(scale.x(end) - x, i === 0 ? 0 : 2.5);
      const kind = FILL[state] ?? (state === "reaped" ? "unknown" : "");
      if (kind !== "" && width > 0) {
        group.append(element("rect", {class: "lane-" + kind, x, y: y + 4, width, height: 12}));
      } else if (state === "alive" && i > 0) {
        group.append(element("rect", {class: "lane-back", x: x - 1.25, y: y + 4, width: 2.5, height: 12}));
      }
    });
    group.addEventListener("click", () => story.open(lane.name));
    return group;
  }
  drawn(box, draw);
  spanChoice.addEventListener("change", draw);
  return {draw};
})();
