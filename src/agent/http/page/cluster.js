// SPDX-License-Identifier: Apache-2.0
//
// The members as this agent sees them: loaded in pages, then kept current by records and by a slow
// refresh. Listeners are called once per frame, with whether the list of names changed.
const cluster = (() => {
  const members = new Map(), listeners = [], doubtful = new Set();
  const collator = new Intl.Collator("en", {numeric: true});
  const FIRST_PAGE = 200, PAGE = 2500, MOST_SINGLE = 40;
  let loading = null, complete = false, loadedAt = 0, scheduled = 0, namesChanged = false, flushing = 0;

  function notify(names) {
    namesChanged ||= names;
    scheduled ||= requestAnimationFrame(() => {
      scheduled = 0;
      if (namesChanged) rank();
      const changed = namesChanged;
      namesChanged = false;
      for (const listener of listeners) listener(changed);
    });
  }
  // Comparing numbers is much faster than comparing names, each time the list is sorted.
  function rank() {
    [...members.values()].sort((a, b) => collator.compare(a.name, b.name))
      .forEach((member, i) => { member.rank = i; });
  }
  function prepare(member) {
    member.condition = condition(member);
    member.sinceMs = Date.parse(member.since) || 0;
    member.ackMs = member.last_ack ? Date.parse(member.last_ack) : 0;
    member.tagList = Object.entries(member.tags ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    member.tagText = member.tagList.map(([key, value]) => key + "=" + value).join("  ");
    member.text = [member.name, member.address, member.condition, member.tagText].join("\n").toLowerCase();
    return member;
  }
  function put(member) {
    const known = members.get(member.name);
    prepare(member);
    member.rank = known ? known.rank : members.size;
    members.set(member.name, member);
    notify(!known);
  }
  function remove(name) {
    if (members.delete(name)) notify(true);
  }

  async function loadPages() {
    const seen = new Set();
    let after;
    do {
      const path = `/v1/members?limit=${members.size === 0 ? FIRST_PAGE : PAGE}` +
        (after === undefined ? "" : "&after=" + encodeURIComponent(after));
      const page = await api.get(path);
      for (const member of page.members) {
        seen.add(member.name);
        put(member);
      }
      after = page.next;
    } while (after !== undefined);
    for (const name of [...members.keys()]) if (!seen.has(name)) remove(name);
    complete = true;
    loadedAt = Date.now();
    notify(false);
  }
  // One at a time; a second request waits for the first.
  function load() {
    loading ??= loadPages().finally(() => { loading = null; });
    return loading;
  }

  async function refetch(name) {
    try {
      put(await api.get(api.member(name)));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) remove(name);
    }
  }
  async function flush() {
    const names = [...doubtful];
    doubtful.clear();
    if (loading) await loading.catch(() => {});
    if (names.length > MOST_SINGLE) await load().catch(() => {});
    else for (const name of names) await refetch(name);
    flushing = 0;
    if (doubtful.size > 0) schedule();
  }
  const schedule = () => { flushing ||= setTimeout(flush, doubtful.size > MOST_SINGLE ? 2000 : 120); };

  return {
    members, load, remove, refetch,
    get complete() { return complete; },
    listen(listener) { listeners.push(listener); },
    // A record is shown at once; who accused and since when is fetched after it.
    record(record) {
      const after = AFTER[record.event], known = members.get(record.member);
      if (after === undefined && record.event !== "member-update") return;
      if (known && after !== undefined && after !== "reaped") {
        known.status = after === "suspect" ? "alive" : after;
        known.state = {failed: "dead", left: "left"}[after] ?? after;
        known.since = record.time;
        if (after === "alive") known.by = [];
        put(known);
      }
      doubtful.add(record.member);
      schedule();
    },
    // Last acks and round-trip times change without a record. The larger the list, the more seldom.
    refreshIfOld() {
      if (complete && Date.now() - loadedAt > Math.max(15000, members.size * 12)) load().catch(() => {});
    },
    counts() {
      const counts = Object.fromEntries(CONDITIONS.map((name) => [name, 0]));
      for (const member of members.values()) ++counts[member.condition];
      return counts;
    },
  };
})();
