// SPDX-License-Identifier: Apache-2.0
//
// The data of the run, and what all charts over its time share: the scale, the steps, the cursor.
const run = JSON.parse(document.getElementById("run-data").textContent);
const moment = (s) => s.toFixed(s < 1000 ? 2 : 1) + " s";

// Charts over the run's time share their margins, so that their time axes are aligned.
const frame = (box) => timeScale(box, 0, run.ends_s, Math.max(260, box.clientWidth) < 600 ? 48 : 76, 60);
const runMarks = (f) => withUnit(ticks(run.ends_s, f.inner < 400 ? 4 : 10));
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
