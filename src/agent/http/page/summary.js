// SPDX-License-Identifier: Apache-2.0
//
// How many members are in which state: buttons that filter, a bar of shares, the title of the tab and its
// icon. And whether the agent still answers.
const summary = (() => {
  const counts = byId("counts"), shares = byId("shares"), buttons = new Map(), parts = new Map();
  for (const state of CONDITIONS) {
    const number = element("b"), button = element("button", {type: "button", class: "count is-" + state}, number,
      element("span", {}, state));
    button.number = number;
    button.addEventListener("click", () => {
      table.only = table.only === state ? "" : state;
      layout.show("members");
      draw();
    });
    counts.append(button);
    buttons.set(state, button);
    const part = element("i", {class: "share is-" + state});
    shares.append(part);
    parts.set(state, part);
  }
  let alarmed = null;
  function icon(trouble) {
    const fill = trouble ? "%23bb5566" : "%2322806a";
    if (trouble === alarmed) return;
    alarmed = trouble;
    byId("icon").href = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>" +
      `<circle cx='8' cy='8' r='7' fill='${fill}'/></svg>`;
  }
  function draw() {
    const now = cluster.counts(), total = Math.max(1, cluster.members.size);
    for (const [state, button] of buttons) {
      button.number.textContent = grouped(now[state]);
      button.classList.toggle("zero", now[state] === 0);
      button.setAttribute("aria-pressed", String(table.only === state));
      // A single failed member of thousands is visible.
      const part = parts.get(state);
      part.style.flexGrow = String(now[state] / total);
      part.hidden = now[state] === 0;
    }
    const trouble = now.suspect + now.failed;
    const title = (trouble > 0 ? `(${trouble}) ` : "") + shown(agentView.name || "rollcall");
    if (document.title !== title) document.title = title;
    icon(trouble > 0);
  }
  cluster.listen(draw);

  // --- the connection
  const pill = byId("connection"), gone = byId("gone");
  let state = "", goneSince = 0, retryAt = 0, why = "";
  function drawGone() {
    const waited = Date.now() - goneSince;
    // A reconnect that succeeds at once is no reason for an alarm.
    gone.hidden = state !== "waiting" || waited < 1500;
    document.body.classList.toggle("stale", !gone.hidden);
    if (gone.hidden) return;
    const left = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    byId("gone-text").textContent = `This agent does not answer (${shown(why)}) since ${clock(goneSince)}. ` +
      `What you see is from then. ${left > 0 ? `Next attempt in ${left} s.` : "Trying…"}`;
  }
  function connection(next, error = "", pause = 0) {
    if (next === "waiting" && state !== "waiting") goneSince = Date.now();
    if (next === "live" && state === "waiting") layout.announce("Connected again.");
    state = next;
    why = error;
    retryAt = Date.now() + pause;
    pill.className = "is-" + next;
    pill.textContent = {connecting: "connecting", live: "live", waiting: "reconnecting"}[next];
    drawGone();
  }
  return {draw, connection, tick: drawGone};
})();
