// SPDX-License-Identifier: Apache-2.0
//
// Requests to the agent that served this page (docs/http.md), and its stream of events.
class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

const api = (() => {
  const KEY = "rollcall-token";
  // Only for this tab, and never in an address.
  const stored = () => { try { return sessionStorage.getItem(KEY) ?? ""; } catch { return ""; } };
  let token = stored();

  async function request(path, options = {}) {
    const response = await fetch(path, {cache: "no-store", redirect: "error", ...options});
    const date = response.headers.get("Date");
    if (date !== null) agentClock.learn(date);
    if (response.ok) return response;
    let text = "";
    try { text = (await response.json()).error; } catch { /* not JSON: the status says enough */ }
    throw new ApiError(response.status, text || `the agent answered ${response.status}`);
  }
  const limited = (ms) => AbortSignal.timeout(ms);

  async function post(path, body, withToken = token) {
    const response = await request(path, {method: "POST", body: JSON.stringify(body), signal: limited(15000),
      headers: {"Content-Type": "application/json", Authorization: "Bearer " + withToken}});
    return response.json();
  }
  return {
    get: async (path) => (await request(path, {signal: limited(20000)})).json(),
    request, post,
    member: (name) => "/v1/members/" + encodeURIComponent(name),
    get canWrite() { return token !== ""; },
    // An event without a name is refused, but only after the token was accepted: a check without effect.
    async accept(text) {
      try {
        await post("/v1/event", {}, text);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 400) throw error;
      }
      token = text;
      try { sessionStorage.setItem(KEY, text); } catch { /* kept until the page is closed */ }
    },
    forget() {
      token = "";
      try { sessionStorage.removeItem(KEY); } catch { /* there was none */ }
    },
  };
})();

// The lines of a text/event-stream as events {id, name, data}.
class EventParser {
  constructor(emit) {
    this.emit = emit;
    this.rest = "";
    this.clear();
  }
  clear() {
    this.id = this.name = "";
    this.data = [];
  }
  feed(text) {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop();
    for (const line of lines) this.line(line.endsWith("\r") ? line.slice(0, -1) : line);
  }
  line(line) {
    if (line === "") {
      if (this.data.length > 0) this.emit({id: this.id, name: this.name, data: this.data.join("\n")});
      return this.clear();
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;  // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") this.id = value;
    else if (field === "event") this.name = value;
    else if (field === "data") this.data.push(value);
  }
}

// Follows /v1/events, for good: reconnects with growing pauses and continues after the last record.
// By fetch, since an EventSource shows only events whose names it knows, and no reason for a failure.
// notify.event({id, name, data}), notify.state("live" or "waiting", error, ms until the next attempt).
class EventStream {
  constructor(notify) {
    this.notify = notify;
    this.since = 0;
    this.failures = 0;
  }
  now() {
    if (this.timer) this.connect();
  }
  async connect() {
    clearTimeout(this.timer);
    this.timer = 0;
    const abort = new AbortController();
    // The agent sends a comment every 15 s: silence means that the connection is dead.
    let watch = setTimeout(() => abort.abort(), 10000);
    const alive = () => { clearTimeout(watch); watch = setTimeout(() => abort.abort(), 40000); };
    let error = "the connection ended";
    try {
      await this.notify.connecting();
      const response = await api.request("/v1/events?since=" + this.since, {signal: abort.signal});
      this.notify.state("live");
      this.failures = 0;
      const parser = new EventParser((event) => {
        if (/^\d+$/.test(event.id)) this.since = Number(event.id);
        this.notify.event(event);
      });
      const reader = response.body.getReader(), decoder = new TextDecoder();
      for (;;) {
        alive();
        const {done, value} = await reader.read();
        if (done) break;
        parser.feed(decoder.decode(value, {stream: true}));
      }
    } catch (caught) {
      error = abort.signal.aborted ? "no answer" : caught instanceof ApiError ? caught.message : "no connection";
    }
    clearTimeout(watch);
    const pause = Math.min(10000, 500 * 2 ** this.failures++) * (0.8 + 0.4 * Math.random());
    this.timer = setTimeout(() => this.connect(), pause);
    this.notify.state("waiting", error, pause);
  }
}
