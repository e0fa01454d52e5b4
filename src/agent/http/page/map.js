// SPDX-License-Identifier: Apache-2.0
//
// The network map: coordinates of eight dimensions, projected on the two in which the members differ most.
const map = (() => {
  const EDGE = 28, PALETTE = ["accent", "suspect", "failed", "back", "left", "unknown"];
  const box = byId("map-chart"), readout = byId("map-readout"), choice = byId("map-colour");
  const canvas = element("canvas", {tabindex: "0", role: "application", "aria-describedby": "map-readout",
    "aria-label": "Map of the members. Arrow keys move to the next member in a direction, Enter shows it."});
  box.append(canvas);
  let height = 300, points = [], scale = null, at = null, marked = null, loadedAt = 0, busy = false, groups = new Map();

  const plus = (a, b, k) => a.map((v, i) => v + k * b[i]);
  const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
  // The direction of the greatest spread, by power iteration; `without` is taken out.
  function direction(vectors, without) {
    const size = vectors[0].length, matrix = Array.from({length: size}, () => new Array(size).fill(0));
    for (const v of vectors) for (let i = 0; i < size; ++i) for (let j = 0; j < size; ++j) matrix[i][j] += v[i] * v[j];
    let found = Array.from({length: size}, (_, i) => 1 / (i + 1.5));
    for (let round = 0; round < 60; ++round) {
      if (without) found = plus(found, without, -dot(found, without));
      const next = matrix.map((line) => dot(line, found)), long = Math.hypot(...next);
      if (!(long > 0)) break;
      found = next.map((v) => v / long);
    }
    if (without) found = plus(found, without, -dot(found, without));
    return found;
  }
  function project(coordinates) {
    const usable = coordinates.filter((c) => Array.isArray(c.vec) && c.vec.length > 1 && c.vec.every(Number.isFinite));
    if (usable.length === 0) return [];
    const size = usable[0].vec.length, same = usable.filter((c) => c.vec.length === size);
    const middle = same.reduce((sum, c) => plus(sum, c.vec, 1 / same.length), new Array(size).fill(0));
    const vectors = same.map((c) => plus(c.vec, middle, -1));
    const across = direction(vectors), down = direction(vectors, across);
    return same.map((c, i) => ({name: c.name, at: c, x: dot(vectors[i], across), y: dot(vectors[i], down)}));
  }
  // Rule N1 of docs/protocol.md.
  function distance(a, b) {
    const raw = Math.hypot(...plus(a.vec, b.vec, -1)) + (a.height ?? 0) + (b.height ?? 0);
    const adjusted = raw + (a.adjustment ?? 0) + (b.adjustment ?? 0);
    return adjusted > 0 ? adjusted : raw;
  }

  async function load() {
    if (busy) return;
    busy = true;
    try {
      points = project((await api.get("/v1/coordinates")).coordinates);
      loadedAt = Date.now();
      readout.textContent = points.length === 0 ? "No member has announced a coordinate." : "";
      offerTags();
      draw();
    } catch (error) {
      readout.textContent = "The coordinates could not be read: " + shown(error.message);
    }
    busy = false;
  }

  // --- colours: by state, or by the values of a tag
  function offerTags() {
    const keys = new Set();
    for (const member of cluster.members.values()) for (const [key] of member.tagList) keys.add(key);
    const had = choice.value, names = [...keys].sort().slice(0, 30);
    choice.replaceChildren(element("option", {value: ""}, "state"),
      ...names.map((key) => element("option", {value: key}, "tag " + shown(key))));
    choice.value = names.includes(had) ? had : "";
  }
  function groupOf(point) {
    if (choice.value === "") return stateOf(point);
    const tags = cluster.members.get(point.name)?.tags ?? {};
    return Object.hasOwn(tags, choice.value) ? tags[choice.value] : "(none)";
  }
  function colourGroups() {
    if (choice.value === "") return new Map(CONDITIONS.map((name) => [name, COLOURS[name]]));
    const sizes = new Map();
    for (const point of points) sizes.set(groupOf(point), (sizes.get(groupOf(point)) ?? 0) + 1);
    const names = [...sizes.keys()].sort((a, b) => sizes.get(b) - sizes.get(a));
    return new Map(names.map((name, i) => [name, PALETTE[Math.min(i, PALETTE.length - 1)]]));
  }
  function drawLegend() {
    const counts = new Map();
    for (const point of points) counts.set(groupOf(point), (counts.get(groupOf(point)) ?? 0) + 1);
    const entries = [...groups].filter(([name]) => counts.has(name)).slice(0, 8).map(([name, ink]) => {
      const key = element("i", {class: "key round"});
      key.style.background = `var(--${ink})`;
      return element("span", {}, key, `${shown(name)} ${grouped(counts.get(name))}`);
    });
    byId("map-legend").replaceChildren(...entries, element("span", {}, "○ this agent"));
  }

  // --- drawing
  function draw() {
    if (box.clientWidth === 0) return;
    const width = Math.max(260, box.clientWidth);
    // What the pane has beside the texts around the chart.
    const pane = box.parentElement, texts = [...pane.children].filter((child) => child !== box);
    const room = pane.clientHeight - texts.reduce((sum, child) => sum + child.offsetHeight, 0);
    height = Math.max(220, Math.min(620, room - 48));
    const context = sharpPen(canvas, width, height);
    canvas.style.width = width + "px";
    if (points.length === 0) return;
    const spread = (axis) => {
      const values = points.map((p) => p[axis]);
      return [Math.min(...values), Math.max(...values)];
    };
    const [left, right] = spread("x"), [top, bottom] = spread("y");
    const k = Math.min((width - 2 * EDGE) / Math.max(right - left, 1e-6), (height - 2 * EDGE) / Math.max(bottom - top, 1e-6));
    scale = {k, x: (v) => width / 2 + (v - (left + right) / 2) * k, y: (v) => height / 2 + (v - (top + bottom) / 2) * k};
    groups = colourGroups();
    const size = points.length > 1000 ? 2 : points.length > 100 ? 2.8 : 5;
    for (const point of points) {
      point.px = scale.x(point.x);
      point.py = scale.y(point.y);
      const state = stateOf(point);
      point.bad = state === "suspect" || state === "failed";
    }
    // The points in trouble come last, over the others.
    drawPoints(context, points.filter((p) => !p.bad), size, points.length < 60 ? 1 : 0.6);
    drawPoints(context, points.filter((p) => p.bad), size + 1.5, 1);
    context.globalAlpha = 1;
    ring(context, agentView.name, size + 3, "ink", 1.5);
    if (marked !== null) ring(context, marked, size + 6, "accent", 2.5);
    labels(context, width);
    ruler(context, k);
    drawLegend();
  }
  function drawPoints(context, some, radius, alpha) {
    const inks = new Map(PALETTE.map((ink) => [ink, colour(ink)]));
    context.globalAlpha = alpha;
    for (const point of some) {
      context.fillStyle = inks.get(groups.get(groupOf(point)) ?? "unknown");
      context.beginPath();
      context.arc(point.px, point.py, radius, 0, 7);
      context.fill();
    }
  }
  const stateOf = (point) => cluster.members.get(point.name)?.condition ?? "left";
  const pointOf = (name) => points.find((p) => p.name === name);
  function ring(context, name, radius, ink, line) {
    const point = pointOf(name);
    if (!point) return;
    context.strokeStyle = colour(ink);
    context.lineWidth = line;
    context.beginPath();
    context.arc(point.px, point.py, radius, 0, 7);
    context.stroke();
  }
  // Names where there is room: the chosen one, this agent, the worst, then the rest of a small cluster.
  function labels(context, width) {
    const taken = [], first = [marked, agentView.name, at?.name].map(pointOf).filter(Boolean);
    const bad = points.filter((p) => p.bad).slice(0, 40);
    context.font = "12px system-ui, sans-serif";
    context.lineWidth = 3;
    context.strokeStyle = colour("paper");
    for (const point of new Set([...first, ...bad, ...(points.length <= 60 ? points : [])])) {
      const words = shown(point.name).slice(0, 40), long = context.measureText(words).width;
      const x = point.px + 10 + long < width ? point.px + 10 : point.px - 10 - long, y = point.py + 4;
      if (taken.some((t) => Math.abs(t.y - y) < 14 && x < t.x + t.long + 6 && x + long > t.x - 6)) continue;
      taken.push({x, y, long});
      context.strokeText(words, x, y);
      context.fillStyle = colour(first.includes(point) ? "ink" : "soft");
      context.fillText(words, x, y);
    }
  }
  function ruler(context, k) {
    // The longest round length of at most 120 pixels.
    const most = 120 / k, power = Math.pow(10, Math.floor(Math.log10(most)));
    const length = power * [5, 2, 1].find((n) => n * power <= most);
    context.strokeStyle = context.fillStyle = colour("soft");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(8, height - 14);
    context.lineTo(8, height - 8);
    context.lineTo(8 + length * k, height - 8);
    context.lineTo(8 + length * k, height - 14);
    context.stroke();
    context.fillText(length < 0.001 ? digits(length * 1e6, 2) + " µs" : digits(length * 1000, 3) + " ms", 12, height - 14);
  }

  // --- pointing
  function point(found) {
    at = found;
    const own = pointOf(agentView.name), member = found && cluster.members.get(found.name);
    readout.textContent = !found ? "" : `${shown(found.name)}: ${member ? member.condition : "no longer a member"}` +
      (own && own !== found ? `, about ${rtt(distance(own.at, found.at) * 1000)} from ${shown(own.name)}` : "") +
      (member?.tagText ? `, ${shown(member.tagText)}` : "");
    draw();
  }
  function nearest(x, y, allowed = () => true) {
    let best = null, least = Infinity;
    for (const p of points) {
      const far = (p.px - x) ** 2 + (p.py - y) ** 2;
      if (far < least && allowed(p)) [best, least] = [p, far];
    }
    return {best, far: Math.sqrt(least)};
  }
  canvas.addEventListener("pointermove", (event) => {
    const area = canvas.getBoundingClientRect();
    const {best, far} = nearest(event.clientX - area.left, event.clientY - area.top);
    if (far < 24 ? best !== at : at !== null) point(far < 24 ? best : null);
  });
  canvas.addEventListener("click", () => { if (at) story.open(at.name); });
  canvas.addEventListener("keydown", (event) => {
    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}, way = ways[event.key];
    if (event.key === "Enter" && at) story.open(at.name);
    else if (way && points.length > 0) {
      const from = at ?? pointOf(agentView.name) ?? points[0];
      const {best} = nearest(from.px, from.py, (p) => {
        const across = p.px - from.px, down = p.py - from.py, along = across * way[0] + down * way[1];
        return along > 0.5 && along >= Math.abs(across * way[1] + down * way[0]);
      });
      point(best ?? from);
    } else return;
    event.preventDefault();
  });
  choice.addEventListener("change", draw);
  drawn(box, draw);
  // Thousands of points are not drawn again for every record.
  let drawing = 0;
  cluster.listen(() => {
    if (!layout.visible("map")) return;
    if (loadedAt === 0) return map.refreshIfOld();
    drawing ||= setTimeout(() => { drawing = 0; draw(); }, points.length > 500 ? 1500 : 200);
  });

  return {
    mark(name) { marked = name; if (layout.visible("map")) draw(); },
    // Coordinates change slowly.
    refreshIfOld() {
      if (layout.visible("map") && cluster.complete && Date.now() - loadedAt > Math.max(15000, points.length * 12)) load();
    },
  };
})();
