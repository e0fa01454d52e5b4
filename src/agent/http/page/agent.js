// SPDX-License-Identifier: Apache-2.0
//
// The agent that serves this page: its health, its queues, and the figures that are out of the ordinary.
// Asked every few seconds while the page is visible; the charts begin when the page is opened.
const agentView = (() => {
  const SAMPLES = 720;
  // Counters that stay 0 on a good day.
  const UNUSUAL = new RegExp("fail|reject|refus|lost|drop|overflow|invalid|conflict|timed_out|evicted|unbeatable|" +
    "unreachable|no_route|send_full|too_many|bad_token|late_(50|100|1000)ms|pauses|not_written|sends_failing|mismatch");
  // These only count members that failed, which the list shows.
  const SHOWN_ELSEWHERE = new Set(["serf.failed", "rollcall.failures", "rollcall.probes_failed"]);
  const samples = [];
  let latest = null, tags = {};

  const number = (stats, section, key) => Number(stats?.[section]?.[key] ?? NaN);
  function sample(agent) {
    const sum = (...pairs) => pairs.reduce((all, [section, key]) => all + (number(agent.stats, section, key) || 0), 0);
    samples.push({
      at: agentClock.now(), health: agent.health_score,
      queued: sum(["rollcall", "broadcasts_queued"], ["serf", "intent_queue"], ["serf", "event_queue"], ["serf", "query_queue"]),
      sent: number(agent.stats, "transport", "udp.sent"), received: number(agent.stats, "transport", "udp.received"),
      late: number(agent.stats, "transport", "loop.late_20ms"),
      busy: 100 * agent.sample?.cpu?.busy, iowait: 100 * agent.sample?.cpu?.iowait,
      memory: 100 * (1 - agent.sample?.memory?.available / agent.sample?.memory?.total),
    });
    if (samples.length > SAMPLES) samples.shift();
  }
  const series = (key) => samples.map((s) => [s.at, s[key]]).filter(([, v]) => Number.isFinite(v));
  function rates(key) {
    const values = series(key);
    return values.slice(1).map(([t, v], i) => [t, Math.max(0, v - values[i][1]) / Math.max((t - values[i][0]) / 1000, 0.1)]);
  }

  // --- charts
  const CHARTS = [
    {title: "Health score", hint: "0 is healthy; each point makes probe timeouts longer", least: 2,
     lines: () => [{kind: "median", name: "", points: series("health")}]},
    {title: "Messages in the queues", hint: "broadcasts, intents, events, queries", least: 10,
     lines: () => [{kind: "median", name: "", points: series("queued")}]},
    {title: "Datagrams per second", hint: "", least: 5,
     lines: () => [{kind: "median", name: "in", points: rates("received")}, {kind: "max", name: "out", points: rates("sent")}]},
    {title: "Timers late by 20 ms or more, per second", hint: "a busy or starved host", least: 2,
     lines: () => [{kind: "median", name: "", points: rates("late")}]},
    {title: "CPU time of this host, percent", hint: "of all cores", least: 100,
     lines: () => [{kind: "median", name: "used", points: series("busy")},
                   {kind: "max", name: "waiting for disks", points: series("iowait")}]},
    {title: "Memory of this host in use, percent", hint: "what is not available to new processes", least: 100,
     lines: () => [{kind: "median", name: "", points: series("memory")}]},
  ];
  for (const chart of CHARTS) {
    const plot = element("div", {class: "chart"});
    const part = element("div", {}, element("h3", {}, chart.title,
      element("span", {class: "soft hint"}, chart.hint)), plot);
    byId("agent-charts").append(part);
    chart.draw = () => {
      const lines = chart.lines(), points = lines.flatMap((l) => l.points);
      part.hidden = points.length === 0 && samples.length > 1;
      if (points.length < 2 || plot.clientWidth === 0) return;
      const to = points[points.length - 1][0], from = Math.min(points[0][0], to - 60000);
      const scale = timeScale(plot, from, to, 42, 30), span = to - from;
      const marks = [0.02, 0.5, 1].map((share) => [from + share * span, clock(from + share * span)]);
      const highest = Math.max(chart.least, ...points.map(([, v]) => v));
      plot.replaceChildren(lineChart(scale, {label: chart.title + " over time", lines, unit: amount, top: highest,
                                             marks, height: 104}));
    };
    drawn(plot, chart.draw);
  }

  // --- facts
  function drawFacts(agent) {
    const facts = [["Name", agent.name], ["Version", agent.version], ["Address", agent.address],
      ["Profile", agent.profile], ["Up for", span(1000 * agent.uptime_s)],
      ["Encrypted", agent.encrypted ? "yes" : "no"], ["Records so far", grouped(agent.seq)]];
    byId("agent-facts").replaceChildren(...facts.map(([key, value]) =>
      element("div", {}, element("dt", {}, key), element("dd", {}, shown(value ?? "–")))));
    const score = agent.health_score ?? 0;
    byId("agent-verdict").replaceChildren(element("span", {class: "verdict " + (score > 0 ? "broken" : "holds")},
      score > 0 ? `health score ${score}` : "healthy"));
  }
  const nonzero = (value) => value !== "0" && value !== "" && value !== "no" && value !== "false";
  function figureTable(rows) {
    const body = element("tbody");
    for (const [key, value] of rows) {
      body.append(element("tr", {}, element("td", {class: "mono"}, shown(key)), element("td", {class: "n"}, shown(value))));
    }
    return element("table", {}, body);
  }
  function drawFigures(agent) {
    const all = Object.entries(agent.stats ?? {}).flatMap(([section, figures]) =>
      Object.entries(figures ?? {}).map(([key, value]) => [section + "." + key, String(value)]));
    const odd = all.filter(([key, value]) => UNUSUAL.test(key) && nonzero(value) && !key.startsWith("seeds.") &&
      !SHOWN_ELSEWHERE.has(key));
    byId("unusual").replaceChildren(element("h3", {}, "Out of the ordinary"), odd.length > 0 ? figureTable(odd)
      : element("p", {class: "note"}, "Nothing: no drops, refusals, failures or long delays were counted."));
    if (byId("figures").parentElement.open) byId("figures").replaceChildren(figureTable(all));
  }
  byId("figures").parentElement.addEventListener("toggle", () => { if (latest) drawFigures(latest); });

  function draw() {
    if (!latest || !layout.visible("agent")) return;
    drawFacts(latest);
    drawFigures(latest);
    for (const chart of CHARTS) chart.draw();
  }
  return {
    draw,
    get name() { return latest?.name ?? ""; },
    get tags() { return tags; },
    set tags(announced) { tags = announced; },
    get latest() { return latest; },
    async load() {
      const agent = await api.get("/v1/agent");
      // A restart: the numbers of the journal begin again, and so do the counters.
      const restarted = latest !== null && agent.uptime_s + 2 < latest.uptime_s;
      if (restarted) samples.length = 0;
      latest = agent;
      tags = agent.tags ?? {};
      sample(agent);
      byId("agent-name").textContent = shown(agent.name);
      byId("agent-about").textContent = `${shown(agent.address)} · rollcall ${shown(agent.version)}` +
        (agent.encrypted ? "" : " · not encrypted");
      draw();
      return {agent, restarted};
    },
  };
})();
