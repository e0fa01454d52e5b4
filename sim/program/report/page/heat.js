// SPDX-License-Identifier: Apache-2.0
//
// The heat map: members against time.
const heat = (() => {
  const data = run.heat, columns = data.columns, rows = data.rows.length;
  const STATES = ["suspect", "failed", "left", "unknown"];
  const WORDS = {suspect: "suspect for", failed: "failed for", left: "left for", unknown: "not known to"};
  // shares[state][row * columns + column], of 255.
  const shares = STATES.map(() => new Uint8Array(rows * columns));
  const bytes = Uint8Array.from(atob(data.cells), (c) => c.charCodeAt(0));
  for (let row = 0, i = 0; row < rows; ++row) {
    for (const layer of shares) {
      for (let column = 0; column < columns;) {
        const length = bytes[i++], value = bytes[i++];
        layer.fill(value, row * columns + column, row * columns + column + length);
        column += length;
      }
    }
  }
  // Rows of members that were not simply alive for all. Every member is unknown at first, in a cluster
  // that has just started: that counts only where it lasts for more than a tenth of the time.
  const touched = [];
  for (let row = 0; row < rows; ++row) {
    const columnsWith = (layer) =>
      layer.subarray(row * columns, (row + 1) * columns).reduce((n, v) => n + (v > 0), 0);
    const [suspect, failed, left, unknown] = shares.map(columnsWith);
    if (suspect + failed + left > 0 || unknown > columns / 10) touched.push(row);
  }
  // Longest in doubt first: suspect or failed before left or unknown.
  const area = (row, layers) => layers.reduce((sum, layer) =>
    sum + layer.subarray(row * columns, (row + 1) * columns).reduce((a, b) => a + b, 0), 0);
  const doubt = new Map(touched.map((row) => [row, [area(row, shares.slice(0, 2)), area(row, shares.slice(2))]]));
  const large = rows > 60;
  if (large) {
    touched.sort((a, b) => doubt.get(b)[0] - doubt.get(a)[0] || doubt.get(b)[1] - doubt.get(a)[1] || a - b);
  }
  const calmRows = Array.from({length: rows}, (_, row) => row).filter((row) => !doubt.has(row));
  const allRows = large ? [...touched, ...calmRows] : Array.from({length: rows}, (_, row) => row);
  let onlyTouched = large && touched.length > 0 && touched.length < rows;
  let shown = onlyTouched ? touched : allRows;
  let height = 0, at = {row: 0, column: 0};

  const box = byId("heat"), readout = byId("heat-readout");
  const canvas = element("canvas", {tabindex: "0", role: "application",
    "aria-label": "Map of members and time. Arrow keys move, Enter shows the member's story.",
    "aria-describedby": "heat-readout"});
  const mark = element("div", {class: "rowmark"});
  box.append(canvas, mark);
  cursor.follow(box);

  const label = (row) => data.members_per_row === 1 ? data.rows[row]
    : data.rows[row] + " and up to " + (data.members_per_row - 1) + " more";

  // A single observer must be visible too: no strength between 0 and 0.2.
  const strength = (value) => value === 0 ? 0 : 0.2 + 0.8 * Math.sqrt(value / 255);

  function paint() {
    const f = frame(box), ratio = window.devicePixelRatio || 1;
    height = Math.round(Math.min(shown.length * 20, Math.max(360, Math.min(680, shown.length * 8))));
    height = Math.max(height, 22);
    const pen = sharpPen(canvas, f.width, height + 26);
    const calm = rgb(colour("calm")), inks = STATES.map((s) => rgb(colour(s)));
    // One pixel for each column and line; with too many lines, the worst of several.
    const lines = Math.max(1, Math.min(shown.length, Math.floor(height * ratio)));
    const had = Math.min(columns, Math.ceil(data.ends_s / data.width_s - 1e-9));
    const image = new ImageData(columns, lines);
    for (let line = 0; line < lines; ++line) {
      const first = Math.floor(line * shown.length / lines);
      const end = Math.max(first + 1, Math.floor((line + 1) * shown.length / lines));
      for (let column = 0; column < had; ++column) {
        const weight = shares.map((layer) => {
          let most = 0;
          for (let i = first; i < end; ++i) most = Math.max(most, layer[shown[i] * columns + column]);
          return strength(most);
        });
        const sum = weight.reduce((a, b) => a + b, 0), scale = sum > 1 ? 1 / sum : 1;
        const place = (line * columns + column) * 4;
        for (let c = 0; c < 3; ++c) {
          let value = calm[c] * (1 - Math.min(1, sum));
          for (let s = 0; s < weight.length; ++s) value += inks[s][c] * weight[s] * scale;
          image.data[place + c] = value;
        }
        image.data[place + 3] = 255;
      }
    }
    const small = document.createElement("canvas");
    small.width = columns;
    small.height = lines;
    small.getContext("2d").putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, columns, lines, f.left, 0, f.x(columns * data.width_s) - f.left, height);
    const each = height / shown.length;
    if (each >= 7) {
      pen.fillStyle = colour("paper");
      for (let i = 1; i < shown.length; ++i) pen.fillRect(f.left, i * each - 0.5, f.inner, 1);
    }
    pen.strokeStyle = colour("ink");
    pen.globalAlpha = 0.35;
    pen.setLineDash([2, 3]);
    for (const step of run.steps) {
      pen.beginPath();
      pen.moveTo(f.x(step.at_s), 0);
      pen.lineTo(f.x(step.at_s), height);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    pen.fillStyle = colour("soft");
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    const every = Math.max(1, Math.ceil(14 / each));
    for (let i = 0; i < shown.length; i += every) {
      pen.fillText(data.rows[shown[i]], f.left - 8, Math.min(Math.max((i + 0.5) * each, 6), height - 6), f.left - 10);
    }
    pen.textBaseline = "alphabetic";
    for (const [s, words] of runMarks(f)) {
      pen.textAlign = f.x(s) + 20 > f.width ? "right" : "center";
      pen.fillText(words, f.x(s), height + 18);
    }
  }

  function point(row, column) {
    at = {row: Math.min(shown.length - 1, Math.max(0, row)), column: Math.min(columns - 1, Math.max(0, column))};
    const f = frame(box), each = height / shown.length, place = shown[at.row] * columns + at.column;
    mark.style.display = "block";
    mark.style.left = f.left - 2 + "px";
    mark.style.width = f.inner + 4 + "px";
    mark.style.top = at.row * each - 1 + "px";
    mark.style.height = Math.max(4, each) + 2 + "px";
    cursor.at(Math.min(run.ends_s, (at.column + 0.5) * data.width_s));
    const parts = STATES.map((s, i) => [s, shares[i][place]]).filter(([, v]) => v > 0)
      .map(([s, v]) => WORDS[s] + " " + percent(v / 255) + " of its observers");
    const from = at.column * data.width_s;
    readout.textContent = label(shown[at.row]) + ", " + digits(from, 5) + " to " +
      digits(from + data.width_s, 5) + " s: " +
      (parts.length > 0 ? parts.join(", ") : "alive for all") + ".";
  }
  function place(event) {
    const f = frame(box), area = canvas.getBoundingClientRect();
    return [Math.floor((event.clientY - area.top) / (height / shown.length)),
            Math.floor(f.time(event.clientX - area.left) / data.width_s)];
  }
  const member = () => run.names.indexOf(data.rows[shown[at.row]]);
  canvas.addEventListener("pointermove", (event) => point(...place(event)));
  canvas.addEventListener("pointerleave", () => { mark.style.display = "none"; cursor.at(null); });
  canvas.addEventListener("click", (event) => { point(...place(event)); story.choose(member()); });
  canvas.addEventListener("keydown", (event) => {
    const far = event.shiftKey ? 10 : 1;
    const moves = {ArrowUp: [-far, 0], ArrowDown: [far, 0], ArrowLeft: [0, -far], ArrowRight: [0, far],
                   Home: [0, -columns], End: [0, columns]};
    if (event.key === "Enter") story.choose(member(), true);
    else if (moves[event.key]) point(at.row + moves[event.key][0], at.column + moves[event.key][1]);
    else return;
    event.preventDefault();
  });

  const legend = byId("map-legend");
  for (const [state, words] of [["suspect", "suspect"], ["failed", "failed"], ["left", "left"], ["unknown", "not known"]]) {
    const ramp = element("span", {class: "ramp", "aria-hidden": "true"});
    for (const share of [0.02, 0.25, 0.6, 1]) {
      const patch = element("i");
      patch.style.background = `color-mix(in srgb, var(--${state}) ${100 * strength(share * 255)}%, var(--calm))`;
      ramp.append(patch);
    }
    legend.append(element("span", {}, ramp, words));
  }
  legend.append(element("span", {}, "pale: few observers, full: all of them"));
  if (rows > 12 && touched.length > 0 && touched.length < rows) {
    const choice = element("input", {type: "checkbox"});
    choice.checked = onlyTouched;
    choice.addEventListener("change", () => {
      onlyTouched = choice.checked;
      shown = onlyTouched ? touched : allRows;
      at = {row: 0, column: 0};
      mark.style.display = "none";
      paint();
    });
    byId("map-controls").append(element("label", {}, choice,
      `only members in doubt (${touched.length} of ${rows})`));
  }
  drawn(box, paint);
  story.onMark((member) => {
    const row = shown.findIndex((r) => data.rows[r] === run.names[member]);
    if (row >= 0) point(row, Math.floor((cursor.now ?? 0) / data.width_s));
  });
  return {touched};
})();
