// SPDX-License-Identifier: Apache-2.0
//
// The story of one member: what happened to it, what others saw, what it announced, in order.
const story = (() => {
  const {texts, members} = run.stories, names = run.names;
  const KINDS = ["joined", "updated", "suspects", "clears", "failed", "left", "forgets", "conflict", "no_udp", "own"];
  const CLASS = {suspects: "suspects", failed: "failed", left: "gone-well", forgets: "gone-well",
                 joined: "fine", clears: "fine"};
  const name = (member) => names[member] ?? "?";
  const source = (text) => text.startsWith("push-pull with ")
    ? "learned in a " + text : "reported by " + text;

  function sentence(kind, observer, about, text) {
    switch (kind) {
      case "joined": return `${observer} sees ${about} join`;
      case "updated": return `${observer} has the new metadata of ${about}`;
      case "suspects": return text === "" ? `${observer} gets no ack from ${about} and suspects it`
                                          : `${observer} suspects ${about}, ${source(text)}`;
      case "clears": return `${observer} sees ${about} alive again: ${about} refuted`;
      case "failed": return text === "" ? `${observer} declares ${about} failed: the suspicion timed out`
                                        : `${observer} marks ${about} as failed, ${source(text)}`;
      case "left": return `${observer} sees that ${about} left`;
      case "forgets": return `${observer} forgets ${about}`;
      case "conflict": return `${observer} sees a second member with the name ${about}`;
      case "no_udp": return `${observer} reaches ${about} by stream and not by datagram`;
      default: return `${about} ${text}`;
    }
  }

  let heatMark = () => {};  // set by the map
  const select = element("select", {id: "member"});
  const others = element("input", {type: "checkbox"}), own = element("input", {type: "checkbox"});
  others.checked = own.checked = true;
  const list = byId("story-list"), note = byId("story-note");

  // A button that shows the time in the map and the charts.
  function time(s) {
    const made = element("button", {class: "t", type: "button", title: "show in the map"}, moment(s));
    made.addEventListener("click", () => {
      byId("map").scrollIntoView();
      cursor.at(s);
      heatMark(Number(select.value));
    });
    return made;
  }
  function passage(member, [first, code, isOwn, count, entries, last]) {
    const kind = KINDS[code], what = element("div", {class: "what " + (CLASS[kind] ?? "")});
    const line = ([, other, text]) => {
      const words = text < 0 ? "" : texts[text];
      return isOwn && kind !== "own" ? sentence(kind, name(member), name(other), words)
                                     : sentence(kind, name(other), name(member), words);
    };
    entries.forEach((entry, i) => what.append(element("div", {},
      (i > 0 ? moment(entry[0]) + "  " : "") + line(entry))));
    if (count > entries.length) {
      const more = count - entries.length;
      what.append(element("div", {class: "more"}, more === 1
        ? `and ${name(last[1])} at ${moment(last[0])}`
        : `and ${more} more until ${moment(last[0])}, ${isOwn ? "about " : ""}${name(last[1])} last`));
    }
    return element("li", {}, time(first), what);
  }
  const step = (at, words) => element("li", {}, time(at),
                                      element("div", {class: "what done"}, words));

  function render() {
    const member = Number(select.value), items = [];
    for (const p of members[member] ?? []) {
      if (p[1] === -1) items.push([p[0], step(p[0], run.steps[p[2]].what)]);
      else if (p[2] ? own.checked : others.checked) items.push([p[0], passage(member, p)]);
    }
    if (items.length > 0 || others.checked) {
      for (const s of run.steps) if (s.all) items.push([s.at_s, step(s.at_s, s.what)]);
    }
    items.sort((a, b) => a[0] - b[0]);
    list.replaceChildren(...items.map(([, item]) => item));
    const left = run.stories.left_out[member] ?? 0;
    note.textContent = (items.length === 0 ? "No events. " : "") +
      (left > 0 ? `${left} more ${left === 1 ? "event" : "events"} not shown: the story is too long.` : "");
  }
  names.forEach((text, member) => select.append(element("option", {value: member}, text)));
  byId("story-controls").append(element("label", {for: "member"}, "Member"), select,
    element("label", {}, others, "what others saw"), element("label", {}, own, "what it saw itself"));
  for (const control of [select, others, own]) control.addEventListener("change", render);

  // Opens with the member that the step of the highest weight affects.
  const first = members.findIndex((m) => m.length > 0);
  select.value = String(Math.max(0, run.victim >= 0 ? run.victim : first));
  if (names.length > 0) render();
  else byId("story").hidden = true;

  // Links elsewhere in the page: #story/ and the member's number.
  function follow() {
    const wanted = /^#story\/(\d+)$/.exec(location.hash);
    if (!wanted || Number(wanted[1]) >= names.length) return;
    select.value = wanted[1];
    render();
    byId("story").scrollIntoView();
  }
  addEventListener("hashchange", follow);
  addEventListener("load", follow);
  document.addEventListener("click", (event) => {  // the same link again fires no hashchange
    const link = event.target.closest?.("a.see");
    if (link && link.hash === location.hash) follow();
  });

  return {
    onMark(mark) { heatMark = mark; },
    choose(member, go = false) {
      if (member < 0) return;
      select.value = String(member);
      render();
      if (go) { byId("story").scrollIntoView(); select.focus(); }
    },
  };
})();
