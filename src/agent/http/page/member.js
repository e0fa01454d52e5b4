// SPDX-License-Identifier: Apache-2.0
//
// One member: what this agent knows of it and what it recorded about it, oldest first. The member is in
// the address (#member/NAME), so that it can be linked to and left with the browser's "back".
const story = (() => {
  const body = byId("member-body"), none = byId("member-none"), note = byId("member-note");
  const CLASS = {suspect: "suspects", failed: "failed", left: "gone-well", reaped: "gone-well", alive: "fine"};
  // The same changes below the Serf layer: nothing that the other records do not have.
  const CORE = new Set(["alive", "updated", "dead", "left", "forgotten"]);
  let name = null, lastSeq = -1, ticket = 0, delay = 0;

  // Replaces the content only if it differs: a button keeps the focus, a text its selection.
  function redrawn(box, content, draw) {
    if (box.content === content) return;
    box.content = content;
    box.replaceChildren(...draw());
  }
  function drawFacts(member) {
    const facts = [
      ["Address", member.address],
      ["Since", `${exactly(member.sinceMs)} (${age(member.sinceMs)})`],
      ...(member.by?.length > 0 ? [[member.condition === "failed" ? "Declared dead by" : "Accused by", member.by.map(shown).join(", ")]] : []),
      ["Incarnation", member.incarnation],
      ["RTT of the last probe", rtt(member.rtt_ms)],
      ["Last ack to this agent", member.ackMs ? `${exactly(member.ackMs)} (${age(member.ackMs)})` : "none"],
      ["Protocol", `${member.protocol ?? "–"}, delegate ${member.delegate ?? "–"}`],
    ];
    redrawn(byId("member-facts"), JSON.stringify(facts), () => facts.map(([key, value]) =>
      element("div", {}, element("dt", {}, key), element("dd", {}, shown(value)))));
    redrawn(byId("member-tags"), member.tagText, () => member.tagList.map(([key, value]) => {
      const tag = element("button", {type: "button", class: "tag", title: "Show the members with this tag"},
        shown(key + "=" + value));
      tag.addEventListener("click", () => { table.withTag(key, value); layout.show("members"); });
      return tag;
    }));
  }
  function drawActions(member) {
    const box = byId("member-actions"), state = member.condition;
    box.hidden = !api.canWrite || (state !== "failed" && state !== "left");
    const button = (words, prune) => {
      const made = element("button", {type: "button"}, words);
      made.addEventListener("click", () => actions.forceLeave(name, prune));
      return made;
    };
    redrawn(box, state, () => [...(state === "failed" ? [button("Force-leave…", false)] : []),
      button("Force-leave and prune…", true)]);
  }
  function passage(record, before) {
    const moment = Date.parse(record.time);
    const kind = CLASS[AFTER[record.event]] ?? "";
    const what = element("div", {class: "what " + kind}, shown(record.message));
    const more = element("details", {}, element("summary", {}, shown(record.event)));
    more.addEventListener("toggle", () => {
      if (more.children.length === 1) more.append(timeline.fieldsOf(record));
    });
    what.append(more);
    const time = element("time", {class: "t", datetime: record.time, title: exactly(moment)}, clock(moment));
    if (before) time.append(element("span", {class: "later"}, "+" + span(moment - before)));
    return element("li", {}, time, what);
  }

  function drawState() {
    const member = cluster.members.get(name);
    byId("member-title").textContent = name === null ? "Member" : shown(name);
    // A name that a shell would read otherwise is left for the operator to quote.
    byId("member-command").textContent = `rollcall why ${/^[\w.-]+$/.test(name ?? "") ? name : "NAME"} --all`;
    byId("member-state").replaceChildren(...(member ? [stateMark(member.condition)] : []));
    none.hidden = name !== null;
    body.hidden = name === null;
    if (!member) return;
    drawFacts(member);
    drawActions(member);
  }
  async function fetchHistory() {
    const mine = ++ticket, asked = name;
    if (asked === null) return;
    try {
      const answer = await api.get(api.member(asked) + "/history");
      if (mine !== ticket) return;
      const newest = answer.records.length > 0 ? answer.records[answer.records.length - 1].seq : 0;
      if (newest === lastSeq && byId("member-story").children.length > 0) return;
      lastSeq = newest;
      const main = answer.records.filter((record) => !CORE.has(record.event));
      let before = 0;
      byId("member-story").replaceChildren(...(main.length > 0 ? main : answer.records).map((record) => {
        const item = passage(record, before);
        before = Date.parse(record.time);
        return item;
      }));
      note.textContent = answer.records.length === 0
        ? "Nothing: the journal is in memory, and begins with this agent's start." : "";
    } catch (error) {
      if (mine !== ticket) return;
      note.textContent = error instanceof ApiError && error.status === 404
        ? "This agent knows no member of that name." : "The history could not be read: " + shown(error.message);
    }
  }
  function choose(wanted) {
    if (wanted === name) return;
    name = wanted;
    lastSeq = -1;
    byId("member-story").replaceChildren();
    for (const id of ["member-facts", "member-tags"]) redrawn(byId(id), "", () => []);
    note.textContent = "";
    table.show(name);
    map.mark(name);
    drawState();
    fetchHistory();
  }
  const ofAddress = () => {
    const found = /^#member\/(.+)$/.exec(location.hash);
    try { return found ? decodeURIComponent(found[1]) : null; } catch { return null; }
  };
  addEventListener("hashchange", () => {
    const wanted = ofAddress();
    choose(wanted);
    if (wanted === null && layout.narrow) layout.show("members");
  });
  byId("member-back").addEventListener("click", () => { layout.show("members"); byId("grid").focus(); });
  cluster.listen(() => { if (name !== null) drawState(); });

  return {
    get name() { return name; },
    start() { const wanted = ofAddress(); if (wanted !== null) { choose(wanted); layout.show("member"); } },
    open(wanted) {
      layout.show("member");
      const hash = "#member/" + encodeURIComponent(wanted);
      if (location.hash !== hash) location.hash = hash;
      choose(wanted);
    },
    // With the arrow keys: only where the story is visible beside the list, and after a moment.
    follow(wanted) {
      if (!layout.visible("member")) return;
      clearTimeout(delay);
      delay = setTimeout(() => {
        history.replaceState(null, "", "#member/" + encodeURIComponent(wanted));
        choose(wanted);
      }, 150);
    },
    close() {
      if (name === null) return false;
      history.replaceState(null, "", location.pathname);
      choose(null);
      if (layout.visible("timeline") === false) layout.show("timeline");
      return true;
    },
    record(record) { if (record.member === name) fetchHistory(); },
    drawState,
  };
})();
