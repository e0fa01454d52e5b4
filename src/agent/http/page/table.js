// SPDX-License-Identifier: Apache-2.0
//
// The list of members: sorted, filtered, with only the visible rows in the document. The grid has the
// focus and names its active row (aria-activedescendant), so that rows can come and go.
const table = (() => {
  const COLUMNS = [
    {key: "condition", title: "Status"},
    {key: "name", title: "Name"},
    {key: "address", title: "Address"},
    {key: "sinceMs", title: "Since", number: true},
    {key: "by", title: "Accused by", hint: "The accusers of a suspect, or who declared the member failed"},
    {key: "rtt_ms", title: "RTT", number: true, hint: "Round-trip time of the last probe that this agent had answered"},
    {key: "ackMs", title: "Last ack", number: true, hint: "When this agent last had an answer to a probe of its own"},
    {key: "tagText", title: "Tags"},
  ];
  const ORDER = Object.fromEntries(CONDITIONS.map((name, i) => [name, i]));
  const text = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const last = (value) => value ?? -1;
  const COMPARE = {
    condition: (a, b) => ORDER[a.condition] - ORDER[b.condition] ||
      (a.condition === "alive" ? 0 : b.sinceMs - a.sinceMs),
    name: (a, b) => a.rank - b.rank,
    address: (a, b) => text(a.address, b.address),
    sinceMs: (a, b) => b.sinceMs - a.sinceMs,
    by: (a, b) => (b.by?.length ?? 0) - (a.by?.length ?? 0) || text(a.by?.[0] ?? "", b.by?.[0] ?? ""),
    rtt_ms: (a, b) => last(b.rtt_ms) - last(a.rtt_ms),
    ackMs: (a, b) => a.ackMs - b.ackMs,
    tagText: (a, b) => text(a.tagText, b.tagText),
  };
  const grid = byId("grid"), head = byId("grid-head"), body = byId("grid-body"), empty = byId("grid-empty");
  const filter = byId("filter"), sortChoice = byId("sort");
  const rows = [];  // elements, reused
  let list = [], sort = "condition", reversed = false, only = "", active = null, selected = null, frame = 0;

  // --- what is in the list
  function arrange() {
    const matches = memberFilter(filter.value), compare = COMPARE[sort], sign = reversed ? -1 : 1;
    list = [];
    for (const member of cluster.members.values()) {
      if ((only === "" || member.condition === only) && matches(member)) list.push(member);
    }
    list.sort((a, b) => sign * compare(a, b) || a.rank - b.rank);
    grid.setAttribute("aria-rowcount", String(list.length + 1));
    const total = cluster.members.size;
    byId("shown").textContent = list.length === total
      ? (cluster.complete ? "" : "loading…") : `${grouped(list.length)} of ${grouped(total)}`;
    empty.hidden = list.length > 0;
    empty.textContent = total === 0 ? "Loading the members…" : "No member matches the filter. Esc clears it.";
    render();
  }

  // --- rows
  function makeRow() {
    const row = element("div", {role: "row", class: "row"});
    row.cells = COLUMNS.map(({key, number}) => {
      const cell = element("span", {role: "gridcell", class: "c-" + key + (number ? " n" : "")});
      row.append(cell);
      return cell;
    });
    row.addEventListener("click", () => choose(row.member));
    body.append(row);
    return row;
  }
  function set(cell, words, title = "") {
    if (cell.words !== words) cell.textContent = cell.words = words;
    if (cell.title !== title) cell.title = title;
  }
  function fill(row, member, index, high) {
    row.member = member;
    const [state, name, address, since, by, trip, ack, tags] = row.cells;
    if (state.words !== member.condition) {
      state.words = member.condition;
      state.replaceChildren(stateMark(member.condition));
      row.dataset.state = member.condition;
    }
    set(name, shown(member.name), shown(member.name));
    set(address, shown(member.address));
    set(since, age(member.sinceMs));
    set(by, accusers(member.by), (member.by ?? []).map(shown).join(", "));
    set(trip, rtt(member.rtt_ms));
    set(ack, member.ackMs ? age(member.ackMs) : "–");
    set(tags, shown(member.tagText), shown(member.tagText));
    row.id = "row-" + index;
    row.style.transform = `translateY(${index * high}px)`;
    row.setAttribute("aria-rowindex", String(index + 2));
    row.setAttribute("aria-selected", String(member.name === selected));
    row.classList.toggle("active", member.name === active);
    row.hidden = false;
  }
  const rowHeight = () => (layout.narrow ? 56 : 29);
  function render() {
    frame = 0;
    const high = rowHeight(), top = grid.scrollTop, room = grid.clientHeight;
    if (room === 0) return;
    body.style.height = list.length * high + "px";
    const from = Math.max(0, Math.floor(top / high) - 6);
    const to = Math.min(list.length, Math.ceil((top + room) / high) + 6);
    // A row keeps its element while it stays visible: element i has the rows i, i + pool, ...
    while (rows.length < to - from) rows.push(makeRow());
    const used = new Set();
    for (let i = from; i < to; ++i) {
      const slot = i % rows.length;
      used.add(slot);
      fill(rows[slot], list[i], i, high);
    }
    rows.forEach((row, slot) => { if (!used.has(slot)) { row.hidden = true; row.removeAttribute("id"); } });
    const at = indexOf(active);
    if (at >= from && at < to) grid.setAttribute("aria-activedescendant", "row-" + at);
    else grid.removeAttribute("aria-activedescendant");
  }
  const later = () => { frame ||= requestAnimationFrame(render); };
  const indexOf = (name) => (name === null ? -1 : list.findIndex((member) => member.name === name));

  // --- choosing and moving
  function choose(member) {
    active = member.name;
    later();
    story.open(member.name);
  }
  function move(to) {
    if (list.length === 0) return;
    const index = Math.max(0, Math.min(list.length - 1, to)), high = rowHeight();
    active = list[index].name;
    const head_ = head.offsetHeight, top = index * high;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + high > grid.scrollTop + grid.clientHeight - head_) {
      grid.scrollTop = top + high - grid.clientHeight + head_;
    }
    render();
    story.follow(active);
  }
  grid.addEventListener("keydown", (event) => {
    if (event.target !== grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = indexOf(active), page = Math.max(1, Math.floor(grid.clientHeight / rowHeight()) - 2);
    const moves = {ArrowDown: at + 1, ArrowUp: at < 0 ? 0 : at - 1, PageDown: at + page, PageUp: at - page,
                   Home: 0, End: list.length - 1};
    if (moves[event.key] !== undefined) move(moves[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && at >= 0) choose(list[at]);
    else return;
    event.preventDefault();
  });
  grid.addEventListener("focus", () => { if (active === null && list.length > 0) move(0); });
  grid.addEventListener("scroll", later, {passive: true});
  new ResizeObserver(later).observe(grid);

  // --- sorting and filtering
  function sortBy(key) {
    reversed = sort === key && !reversed;
    sort = key;
    sortChoice.value = key;
    drawHead();
    arrange();
  }
  function drawHead() {
    const row = element("div", {role: "row", class: "row head", "aria-rowindex": "1"});
    for (const {key, title, number, hint} of COLUMNS) {
      const on = key === sort;
      const button = element("button", {type: "button", "data-sort": key}, title,
        element("span", {"aria-hidden": "true"}, on ? (reversed ? " ▲" : " ▼") : ""));
      if (hint) button.title = hint;
      button.addEventListener("click", () => {
        sortBy(key);
        head.querySelector(`[data-sort="${key}"]`).focus();
      });
      row.append(element("span", {role: "columnheader", class: "c-" + key + (number ? " n" : ""),
        "aria-sort": on ? (reversed ? "ascending" : "descending") : "none"}, button));
    }
    head.replaceChildren(row);
  }
  for (const {key, title} of COLUMNS) sortChoice.append(element("option", {value: key}, title));
  sortChoice.addEventListener("change", () => { sort = ""; sortBy(sortChoice.value); });
  filter.addEventListener("input", () => { grid.scrollTop = 0; arrange(); });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      grid.focus();
      if (indexOf(active) < 0) move(0);
    }
  });

  drawHead();
  cluster.listen(arrange);
  return {
    arrange, later,
    show(name) { selected = name; if (name !== null) active = name; later(); },
    get only() { return only; },
    set only(state) { only = state; grid.scrollTop = 0; arrange(); },
    clearFilter() {
      if (filter.value === "" && only === "") return false;
      filter.value = "";
      only = "";
      arrange();
      summary.draw();
      return true;
    },
    withTag(key, value) { filter.value = `${key}=${value}`; filter.dispatchEvent(new Event("input")); },
  };
})();
