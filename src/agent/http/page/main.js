// SPDX-License-Identifier: Apache-2.0
//
// Starts the page: the agent, then its members and its events at the same time, and the clock that keeps
// ages and figures current while the page is visible.
(() => {
  const REPLAYED = 1000;  // records from before the page was opened
  let known = -1;         // records up to this number are already in the list of members

  // Says in words what became worse, for screen readers; many at once as a number.
  let spoken = [], speaking = 0;
  function speak(record) {
    if (record.event !== "member-failed" && record.event !== "member-suspected") return;
    spoken.push(shown(record.message));
    speaking ||= setTimeout(() => {
      layout.announce(spoken.length > 3 ? `${spoken.length} members failed or became suspect.` : spoken.join(". "));
      spoken = [];
      speaking = 0;
    }, 1000);
  }

  const stream = new EventStream({
    // The agent may have been restarted while it was away: then its numbers begin again.
    async connecting() {
      summary.connection(known < 0 ? "connecting" : "waiting", "connecting");
      const {agent, restarted} = await agentView.load();
      const again = restarted || agent.seq < stream.since;
      if (again && known >= 0) {
        timeline.restarted();
        stream.since = 0;
      }
      // Of a long history only the end is shown.
      if (known < 0) stream.since = Math.max(0, agent.seq - REPLAYED);
      if (again || known < 0) known = agent.seq;
      cluster.load().catch(() => {});
    },
    event({name, data}) {
      let record;
      try { record = JSON.parse(data); } catch { return; }
      if (name === "lagged") {
        timeline.lagged(record);
        cluster.load().catch(() => {});
      } else if (name === "restarted") {
        timeline.restarted();
      } else {
        timeline.add(record);
        if (record.seq <= known) return;
        known = record.seq;
        cluster.record(record);
        story.record(record);
        speak(record);
      }
    },
    state: (state, error, pause) => summary.connection(state, error, pause),
  });
  byId("retry").addEventListener("click", () => stream.now());

  // Once a second; what costs a request, every fifth time.
  let beat = 0;
  function tick() {
    summary.tick();
    if (document.hidden) return;
    if (layout.visible("members")) table.later();
    if (++beat % 5 !== 0 || document.body.classList.contains("stale")) return;
    lanes.draw();
    agentView.load().catch(() => {});
    cluster.refreshIfOld();
    map.refreshIfOld();
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { beat = 4; tick(); } });

  layout.applyTheme();
  layout.arrange();
  summary.connection("connecting");
  // The list does not wait for anything else.
  cluster.load().catch(() => {});
  stream.connect();
  actions.update();
  summary.draw();
  story.start();
  setInterval(tick, 1000);
})();
