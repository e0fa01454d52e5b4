// SPDX-License-Identifier: Apache-2.0
//
// What happened to one member, and what it said, in order and in words.
const story = (() => {
  const {texts, members} = run.stories, names = run.names;
  const DEEDS = ["knows", "updated", "suspects", "clears", "failed", "left", "forgets", "conflict", "no_udp", "speaks"];
  const CLASS = {suspects: "suspects", failed: "failed", left: "gone-well", forgets: "gone-well",
                 knows: "fine", clears: "fine"};
  const name = (member) => names[member] ?? "?";
  const heard = (text) => text.startsWith("push-pull with ")
    ? "learned in a " + text : "reported by " + text;

  function sentence(deed, speaker, about, text) {
    switch (deed) {
      case "knows": return `${speaker} sees ${about} join`;
      case "updated": return `${speaker} has the new metadata of ${about}`;
      case "suspects": return text === "" ? `${speaker} gets no ack from ${about} and suspects it`
                                          : `${speaker} suspects ${about}, ${heard(text)}`;
      case "clears": return `${speaker} sees ${about} alive again: ${about} refuted`;
      case "failed": return text === "" ? `${speaker} declares ${about} failed: the suspicion timed out`
                                        : `${speaker} marks ${about} as failed, ${heard(text)}`;
      case "left": return `${speaker} sees that ${about} left`;
      case "forgets": return `${speaker} forgets ${about}`;
      case "conflict": return `${speaker} sees a second member with the name ${about}`;
      case "no_udp": return `${speaker} reaches ${about} by stream and not by datagram`;
      default: return `${about} ${text}`;
    }
  }

  let heatMark = () => {};  // set by the map
  const select = element("select", {id: "member"});
  const others = element("input", {type: "checkbox"}), own = element("input", {type: "checkbox"});
  others.checked = own.checked = true;
  const list = byId("story-list"), note = byId("story-note");

  // Points at that moment in the map and the charts.
  function time(s) {
    const made = element("button", {class: "t", type: "button", title: "show in the map"}, moment(s));
    made.addEventListener("click", () => {
      byId("map").scrollIntoView();
      cursor.at(s);
      heatMark(Number(select.value));
    });
    return made;
  }
  function passage(member, [first, code, isOwn, count, voices, last]) {
    const deed = DEEDS[code], what = element("div", {class: "what " + (CLASS[deed] ?? "")});
    const line = ([, other, text]) => {
      const words = text < 0 ? "" : texts[text];
      return isOwn && deed !== "speaks" ? sentence(deed, name(member), name(other), words)
                                        : sentence(deed, name(other), name(member), words);
    };
    voices.forEach((voice, i) => what.append(element("div", {},
      (i > 0 ? moment(voice[0]) + "  " : "") + line(voice))));
    if (count > voices.length) {
      const more = count - voices.length;
      what.append(element("div", {class: "more"}, more === 1
        ? `and ${name(last[1])} at ${moment(last[0])}`
        : `and ${more} more until ${moment(last[0])}, ${isOwn ? "about " : ""}${name(last[1])} last`));
    }
    return element("li", {}, time(first), what);
  }
  const step = (at, words) => element("li", {}, time(at),
                                      element("div", {class: "what done"}, words));

  function tell() {
    const member = Number(select.value), told = [];
    for (const p of members[member] ?? []) {
      if (p[1] === -1) told.push([p[0], step(p[0], run.steps[p[2]].what)]);
      else if (p[2] ? own.checked : others.checked) told.push([p[0], passage(member, p)]);
    }
    if (told.length > 0 || others.checked) {
      for (const s of run.steps) if (s.all) told.push([s.at_s, step(s.at_s, s.what)]);
    }
    told.sort((a, b) => a[0] - b[0]);
    list.replaceChildren(...told.map(([, item]) => item));
    const left = run.stories.left_out[member] ?? 0;
    note.textContent = (told.length === 0 ? "No events. " : "") +
      (left > 0 ? `${left} more ${left === 1 ? "event" : "events"} not shown: the story is too long.` : "");
  }
  names.forEach((text, member) => select.append(element("option", {value: member}, text)));
  byId("story-controls").append(element("label", {for: "member"}, "Member"), select,
    element("label", {}, others, "what others saw"), element("label", {}, own, "what it saw itself"));
  for (const control of [select, others, own]) control.addEventListener("change", tell);

  // It opens with the member that the weightiest step is done to.
  const first = members.findIndex((m) => m.length > 0);
  select.value = String(Math.max(0, run.victim >= 0 ? run.victim : first));
  if (names.length > 0) tell();
  else byId("story").hidden = true;

  // Links elsewhere in the page: #story/ and the member's number.
  function follow() {
    const wanted = /^#story\/(\d+)$/.exec(location.hash);
    if (!wanted || Number(wanted[1]) >= names.length) return;
    select.value = wanted[1];
    tell();
    byId("story").scrollIntoView();
  }
  addEventListener("hashchange", follow);
  addEventListener("load", follow);
  document.addEventListener("click", (event) => {  // the same link again is no change of it
    const link = event.target.closest?.("a.see");
    if (link && link.hash === location.hash) follow();
  });

  return {
    onMark(mark) { heatMark = mark; },
    choose(member, go = false) {
      if (member < 0) return;
      select.value = String(member);
      tell();
      if (go) { byId("story").scrollIntoView(); select.focus(); }
    },
  };
})();
