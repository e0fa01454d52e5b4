// SPDX-License-Identifier: Apache-2.0
//
// What members and records are called and how old they are: the vocabulary of the page.

// The worst first: the order of the list, of the counts, and of the points on the map.
const CONDITIONS = ["suspect", "failed", "leaving", "left", "alive"];
const COLOURS = {suspect: "suspect", failed: "failed", leaving: "left", left: "left", alive: "back"};
const MARKS = {suspect: "?", failed: "✕", leaving: "↗", left: "↗", alive: ""};

// The status is Serf's; a suspect is still alive in it.
function condition(member) {
  if (member.status === "alive" && member.state === "suspect") return "suspect";
  return CONDITIONS.includes(member.status) ? member.status : "alive";
}

// The condition that a member has after a record about it; undefined if it changes none.
const AFTER = {
  __proto__: null,
  "member-join": "alive", "suspicion-cleared": "alive", "member-suspected": "suspect",
  "member-failed": "failed", "member-leave": "left", "member-reap": "reaped",
};

// The agent's clock, where it differs from this computer's by more than a network explains.
const agentClock = {
  ahead: 0,
  learn(date) {
    const ahead = Date.parse(date) + 500 - Date.now();  // the header has whole seconds
    if (Number.isFinite(ahead)) this.ahead = Math.abs(ahead) > 2500 ? ahead : 0;
  },
  now() { return Date.now() + this.ahead; },
};

function span(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return s.toFixed(1) + " s";
  if (s < 100) return Math.round(s) + " s";
  if (s < 6000) return Math.round(s / 60) + " min";
  return s < 172800 ? Math.round(s / 3600) + " h" : Math.round(s / 86400) + " d";
}
const age = (moment) => span(agentClock.now() - moment);
const two = (n) => String(n).padStart(2, "0");
function clock(moment) {
  const date = new Date(moment);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
function exactly(moment) {
  const date = new Date(moment), day = new Date(agentClock.now()).toDateString();
  const time = clock(moment) + "." + String(date.getMilliseconds()).padStart(3, "0");
  return date.toDateString() === day ? time
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const rtt = (ms) => ms === null || ms === undefined ? "–"
  : ms < 1 ? Math.round(ms * 1000) + " µs" : digits(ms, 3) + " ms";

// Invisible and direction-changing characters would let one name look like another.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const shown = (text) => String(text).replace(HIDDEN,
  (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

// A dot or mark and the word: never the colour alone.
function stateMark(state) {
  const mark = element("i", {class: "dot", "aria-hidden": "true"}, MARKS[state] ?? "");
  return element("span", {class: "state is-" + state}, mark, state);
}
function accusers(by) {
  if (!by || by.length === 0) return "";
  return shown(by[0]) + (by.length > 1 ? ` +${by.length - 1}` : "");
}
