// SPDX-License-Identifier: Apache-2.0
//
// Shared by all pages: elements, number formats, colours, text that must fit. All text is inserted as
// text, never as markup.
"use strict";
const byId = (id) => document.getElementById(id);

const SVG_NAMES = ["svg", "g", "path", "line", "text", "rect", "title", "polygon"];
function element(name, attributes = {}, ...children) {
  const made = SVG_NAMES.includes(name) ? document.createElementNS("http://www.w3.org/2000/svg", name)
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
