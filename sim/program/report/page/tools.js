// SPDX-License-Identifier: Apache-2.0
//
// Shared by all charts: elements, number formats, the time scale, the cursor. All text is inserted as
// text, never as markup.
"use strict";
const run = JSON.parse(document.getElementById("run-data").textContent);
const byId = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "line", "text", "rect", "title", "polygon"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name)
                   : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const digits = (value, most) => String(Number(value.toPrecision(most)));
function seconds(s) {
  if (s === 0) return "0 s";
  return Math.abs(s) < 1 ? digits(s * 1000, 3) + " ms" : digits(s, s < 1000 ? 3 : 5) + " s";
}
const moment = (s) => s.toFixed(s < 1000 ? 2 : 1) + " s";
const percent = (share) => share > 0 && share < 0.01 ? "under 1 %" :
  (share < 1 && share > 0.99 ? "over 99" : Math.round(share * 100)) + " %";
function amount(value) {
  if (value >= 1e6) return digits(value / 1e6, 3) + " M";
  if (value >= 1e4) return digits(value / 1e3, 3) + " k";
  return digits(value, 3);
}
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
function rgb(hex) {
  const n = parseInt(hex.slice(1), 16);
  return [n >> 16 & 255, n >> 8 & 255, n & 255];
}

// Round steps that divide [0, top] into about `wanted` parts.
function ticks(top, wanted) {
  if (!(top > 0)) return [0];
  const rough = top / wanted, power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough * 0.999);
  const list = [];
  for (let i = 0; i * step <= top * 1.0001; ++i) list.push(Number((i * step).toPrecision(12)));
  return list;
}

// The last mark names the unit.
const withUnit = (marks) => marks.map((s, i) => [s, digits(s, 4) + (i + 1 === marks.length ? " s" : "")]);

const pen = document.createElement("canvas").getContext("2d");
function wide(words) {
  pen.font = "12px " + getComputedStyle(document.body).fontFamily;
  return pen.measureText(words).width;
}
// Shortens text to `room` pixels; "" if too little would be left to read.
function fitted(words, room) {
  if (wide(words) <= room) return words;
  let n = words.length - 1;
  while (n > 0 && wide(words.slice(0, n) + "…") > room) --n;
  return n < 7 ? "" : words.slice(0, n).trimEnd() + "…";
}

// Under its mark, but not over the edge.
const anchor = (f, s) => f.x(s) + 20 > f.width ? "end" : "middle";

// Charts over the run's time share their margins, so that their time axes are aligned.
function frame(box) {
  const width = Math.max(260, box.clientWidth);
  const left = width < 600 ? 48 : 76, right = 60;
  const span = Math.max(run.ends_s, 1e-9);
  return {
    width, left, right, inner: width - left - right,
    x: (s) => left + s / span * (width - left - right),
    time: (x) => Math.min(span, Math.max(0, (x - left) / (width - left - right) * span)),
  };
}
function timeAxis(svg, f, y) {
  for (const [s, words] of withUnit(ticks(run.ends_s, f.inner < 400 ? 4 : 10))) {
    svg.append(element("line", {class: "axis", x1: f.x(s), x2: f.x(s), y1: y, y2: y + 5}),
               element("text", {x: f.x(s), y: y + 18, "text-anchor": anchor(f, s)}, words));
  }
}
function stepLines(svg, f, top, bottom) {
  if (run.schedule_s !== undefined) {
    svg.append(element("rect", {class: "healing", x: f.x(run.schedule_s), y: top,
      width: Math.max(0, f.x(run.ends_s) - f.x(run.schedule_s)), height: bottom - top}));
  }
  let last = -9;
  for (const step of run.steps) {
    const x = f.x(step.at_s);
    if (x - last < 1.5) continue;
    svg.append(element("line", {class: "step", x1: x, x2: x, y1: top, y2: bottom}));
    last = x;
  }
}

// The time under the pointer, shown in every chart over the run's time.
const cursor = {
  lines: [], listeners: [],
  follow(box) {
    const line = element("div", {class: "cursor"});
    box.append(line);
    this.lines.push({box, line});
  },
  at(s) {
    for (const {box, line} of this.lines) {
      line.style.display = s === null ? "none" : "block";
      if (s !== null) line.style.left = frame(box).x(s) + "px";
    }
    this.now = s;
    for (const update of this.listeners) update(s);
  },
};

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
