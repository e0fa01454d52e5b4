// SPDX-License-Identifier: Apache-2.0
//
// What happened, the newest first: the records of the agent's journal as they come. Keeps as many as the
// agent does, shows the last few hundred.
const timeline = (() => {
  const KEPT = 4096, SHOWN = 250;
  const CHANGES = new Set([...Object.keys(AFTER), "member-update", "refuted", "name-conflict", "paused", "lagged",
    "restarted", "user-event", "force-leave", "keyring-changed"]);
  const OWN = new Set(["seq", "time", "level", "event", "component", "message", "member"]);
  const list = byId("records"), kindChoice = byId("timeline-kind"), note = byId("records-note");
  const records = [];
  let fresh = [], frame = 0;

  const wanted = (record) => {
    const warns = record.level === "WARN" || record.level === "ERR";
    return kindChoice.value === "all" || warns || (kindChoice.value === "changes" && CHANGES.has(record.event));
  };

  // Everything about a record beside its message; also used by the story of a member.
  function fieldsOf(record) {
    const fields = element("dl", {class: "fields"});
    const add = (key, value) => fields.append(element("dt", {}, shown(key)),
      element("dd", {}, shown(typeof value === "object" ? JSON.stringify(value) : value)));
    if (record.seq !== undefined) add("seq", record.seq);
    add("time", record.time);
    for (const [key, value] of Object.entries(record)) {
      if (!OWN.has(key) && value !== "" && value !== null) add(key, value);
    }
    return fields;
  }
  function row(record) {
    const moment = Date.parse(record.time);
    const state = AFTER[record.event] ?? (record.level === "WARN" || record.level === "ERR" ? "warning" : "note");
    const time = element("time", {datetime: record.time, title: exactly(moment)}, clock(moment));
    const what = element("span", {class: "what"}, shown(record.message));
    const item = element("li", {class: "record is-" + state});
    const open = element("button", {type: "button", "aria-expanded": "false", "aria-label": "Details"}, "…");
    open.addEventListener("click", () => {
      const details = item.querySelector("dl");
      details?.remove();
      if (!details) item.append(fieldsOf(record));
      open.setAttribute("aria-expanded", String(!details));
    });
    item.append(time, what);
    if (record.member) {
      const about = element("button", {type: "button", class: "about", title: "Show what happened to it"},
        shown(record.member));
      about.addEventListener("click", () => story.open(record.member));
      what.replaceChildren(...split(shown(record.message), shown(record.member), about));
    }
    item.append(open);
    return item;
  }
  // The member's name in the message is the button.
  function split(message, name, button) {
    const at = message.indexOf(name);
    return at < 0 ? [button, " " + message] : [message.slice(0, at), button, message.slice(at + name.length)];
  }

  function flush() {
    frame = 0;
    const items = fresh.filter(wanted).slice(-SHOWN).reverse().map(row);
    fresh = [];
    list.prepend(...items);
    while (list.children.length > SHOWN) list.lastElementChild.remove();
    note.textContent = list.children.length === 0 ? "No records of this kind yet." : "";
    lanes.draw();
  }
  function redrawAll() {
    list.replaceChildren();
    fresh = records.slice(-KEPT);
    flush();
  }
  kindChoice.addEventListener("change", redrawAll);

  return {
    records, fieldsOf,
    add(record) {
      records.push(record);
      if (records.length > KEPT + 512) records.splice(0, records.length - KEPT);
      fresh.push(record);
      frame ||= requestAnimationFrame(flush);
    },
    // A gap in the records is part of the story.
    lagged({lost}) {
      this.add({time: new Date(agentClock.now()).toISOString(), level: "WARN", event: "lagged",
                message: `${grouped(lost)} records are missing here: this page was disconnected or read too slowly`});
    },
    restarted() {
      this.add({time: new Date(agentClock.now()).toISOString(), level: "WARN", event: "restarted",
                message: "the agent was restarted"});
    },
  };
})();
