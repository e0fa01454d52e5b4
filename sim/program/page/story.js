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
    ? "learned in a " + text : "as " + text + " said";

  function sentence(deed, speaker, about, text) {
    switch (deed) {
      case "knows": return `${speaker} learns that ${about} is there`;
      case "updated": return `${speaker} has the new metadata of ${about}`;
      case "suspects": return text === "" ? `${speaker} has no answer from ${about} and suspects it`
                                          : `${speaker} suspects ${about}, ${heard(text)}`;
      case "clears": return `${speaker} trusts ${about} again: it has objected`;
      case "failed": return text === "" ? `${speaker} has waited long enough and holds ${about} for failed`
                                        : `${speaker} holds ${about} for failed, ${heard(text)}`;
      case "left": return `${speaker} knows that ${about} has left`;
      case "forgets": return `${speaker} forgets ${about}`;
      case "conflict": return `${speaker} hears of somebody else who is called ${about}`;
      case "no_udp": return `${speaker} reaches ${about} by stream and not by datagram`;
      default: return `${about} ${text}`;
    }
  }

  const select = element("select", {id: "member"});
  const others = element("input", {type: "checkbox"}), own = element("input", {type: "checkbox"});
  others.checked = own.checked = true;
  const list = byId("story-list"), note = byId("story-note");

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
    return element("li", {}, element("span", {class: "t"}, moment(first)), what);
  }
  const step = (at, words) => element("li", {}, element("span", {class: "t"}, moment(at)),
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
    note.textContent = (told.length === 0 ? "Nothing happened to it. " : "") +
      (left > 0 ? `${left} more ${left === 1 ? "event" : "events"} found no room in this page.` : "");
  }
  names.forEach((text, member) => select.append(element("option", {value: member}, text)));
  byId("story-controls").append(element("label", {for: "member"}, "Member"), select,
    element("label", {}, others, "what others held of it"), element("label", {}, own, "what it said itself"));
  for (const control of [select, others, own]) control.addEventListener("change", tell);

  // Whoever a step was done to first is the one that the run is about.
  const interesting = members.findIndex((m) => m.some((p) => p[1] === -1));
  const told = members.findIndex((m) => m.length > 0);
  select.value = String(Math.max(0, interesting >= 0 ? interesting : told));
  if (names.length > 0) tell();
  else byId("story").hidden = true;

  return {
    choose(member, go = false) {
      if (member < 0) return;
      select.value = String(member);
      tell();
      if (go) { byId("story").scrollIntoView(); select.focus(); }
    },
  };
})();
