// SPDX-License-Identifier: Apache-2.0
//
// Shared by all charts: when they are drawn, the scale of time, sharp canvases, and charts of lines.

// Draws a chart when its box gets a width, when the colours change, and when the page is printed.
const drawings = [];
let fitting = 0;
function fit() {
  fitting = 0;
  for (const drawing of drawings) {
    if (drawing.width === drawing.box.clientWidth) continue;
    drawing.width = drawing.box.clientWidth;
    drawing.draw();
  }
}
// In a separate animation frame: drawing changes heights, and perhaps widths again.
const widths = new ResizeObserver(() => { fitting ||= requestAnimationFrame(fit); });
function drawn(box, draw) {
  drawings.push({box, draw, width: 0});
  widths.observe(box);
}
const redraw = () => drawings.forEach((drawing) => drawing.draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("beforeprint", () => { document.documentElement.dataset.paper = ""; redraw(); });
addEventListener("afterprint", () => { delete document.documentElement.dataset.paper; redraw(); });

// Time from left to right: [from, to] over the width of a box, between two margins.
function timeScale(box, from, to, left, right) {
  const width = Math.max(260, box.clientWidth), inner = width - left - right;
  const span = Math.max(to - from, 1e-9);
  return {
    width, left, right, inner,
    x: (t) => left + (t - from) / span * inner,
    time: (x) => from + Math.min(span, Math.max(0, (x - left) / inner * span)),
  };
}
// Marks are pairs of time and text. A text is under its mark, but not over the edge.
function timeMarks(svg, scale, y, marks) {
  for (const [t, words] of marks) {
    const x = scale.x(t);
    svg.append(element("line", {class: "axis", x1: x, x2: x, y1: y, y2: y + 5}),
      element("text", {x, y: y + 18, "text-anchor": x + 20 > scale.width ? "end" : "middle"}, words));
  }
}

// Sized in CSS pixels, drawn in those of the screen.
function sharpPen(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = height + "px";
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return context;
}

// A chart of lines as SVG. lines: [{kind, name, points: [[t, value]...]}]; kind is a class of the style
// sheet, "p99" and "median" enclose a band. unit: value to text. behind(svg, top, bottom) draws first.
function lineChart(scale, {label, lines, unit, top, marks, height = 150, behind}) {
  const bottom = height - 24;
  const highest = top ?? Math.max(...lines.flatMap((l) => l.points.map(([, v]) => v)), 1e-9);
  const levels = ticks(highest, 3);
  const y = (v) => bottom - v / Math.max(highest, levels[levels.length - 1]) * (bottom - 12);
  const svg = element("svg", {viewBox: `0 0 ${scale.width} ${height}`, height, role: "img", "aria-label": label});
  behind?.(svg, 4, bottom);
  for (const v of levels) {
    svg.append(
      element("line", {class: "axis", x1: scale.left, x2: scale.left + scale.inner, y1: y(v), y2: y(v)}),
      element("text", {x: scale.left - 8, y: y(v) + 4, "text-anchor": "end"}, unit(v)));
  }
  const place = ([t, v]) => scale.x(t).toFixed(1) + " " + y(v).toFixed(1);
  const path = (points) => points.map((point, i) => (i === 0 ? "M" : "L") + place(point)).join("");
  const upper = lines.find((l) => l.kind === "p99"), lower = lines.find((l) => l.kind === "median");
  if (upper && lower && upper.points.length > 0) {
    const back = [...lower.points].reverse();
    svg.append(element("path", {class: "band",
      d: path(upper.points) + back.map((point) => "L" + place(point)).join("") + "Z"}));
  }
  for (const line of lines) svg.append(element("path", {class: line.kind, d: path(line.points)}));
  // Each line has its name at its end; names are kept apart, in the order of the lines.
  const ends = lines.filter((line) => line.points.length > 0).map((line) => {
    const [t, v] = line.points[line.points.length - 1];
    return {name: line.name, x: scale.x(t) + 6, y: y(v) + 4};
  }).sort((p, q) => q.y - p.y);
  ends.forEach((end, i) => {
    if (i > 0) end.y = Math.min(end.y, ends[i - 1].y - 13);
    svg.append(element("text", {x: end.x, y: end.y}, end.name));
  });
  timeMarks(svg, scale, bottom, marks);
  return svg;
}
