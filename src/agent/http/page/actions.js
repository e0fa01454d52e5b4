// SPDX-License-Identifier: Apache-2.0
//
// What changes something: only after the operator has typed the token (docs/operations/page.md), and what
// cannot be undone only after a question.
const actions = (() => {
  const dialog = byId("ask"), form = byId("ask-form"), failure = byId("ask-error"), yes = byId("ask-yes");
  const result = byId("write-result");
  let carryOut = null;

  // Shows a question; `act` runs on the answer yes, and its error is shown in the dialog.
  function ask({title, body, yes: words, act}) {
    byId("ask-title").textContent = title;
    byId("ask-body").replaceChildren(...body);
    failure.textContent = "";
    yes.textContent = words;
    yes.hidden = !act;
    byId("ask-no").textContent = act ? "Cancel" : "Close";
    yes.disabled = false;
    carryOut = act;
    dialog.showModal();
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!carryOut) return dialog.close();
    yes.disabled = true;
    failure.textContent = "";
    try {
      await carryOut();
      dialog.close();
    } catch (error) {
      failure.textContent = explained(error);
    }
    yes.disabled = false;
  });
  byId("ask-no").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => byId("ask-body").replaceChildren());

  function explained(error) {
    if (!(error instanceof ApiError)) return "No answer from the agent.";
    if (error.status === 401) { api.forget(); update(); return "The agent does not accept this token."; }
    if (error.status === 403) return "This agent takes no changes by HTTP: it was started without --http-token.";
    return shown(error.message);
  }
  const paragraph = (words) => element("p", {}, words);
  const announce = (words) => { result.textContent = words; layout.announce(words); };

  function askToken() {
    if (api.canWrite) {
      ask({title: "Changes are possible", yes: "Forget the token",
           body: [paragraph("This tab has the agent's token. It is forgotten when the tab is closed.")],
           act: async () => { api.forget(); update(); }});
      return;
    }
    const input = element("input", {type: "password", id: "token", autocomplete: "off", required: "", maxlength: "512"});
    ask({title: "Make changes", yes: "Use it", body: [
      paragraph("With the agent's --http-token: force-leave, user events and tags. The token stays in this tab."),
      element("label", {}, "Token", input)],
      act: async () => { await api.accept(input.value); update(); }});
    input.focus();
  }
  function update() {
    const button = byId("write-button");
    button.textContent = api.canWrite ? "Changes on" : "Read-only";
    button.classList.toggle("on", api.canWrite);
    byId("write-forms").hidden = !api.canWrite;
    story.drawState();
    drawTags();
  }

  function forceLeave(name, prune) {
    const member = cluster.members.get(name);
    ask({title: prune ? "Force-leave and prune?" : "Force-leave?", yes: prune ? "Prune it" : "Force it to leave", body: [
      paragraph(`${shown(name)} at ${shown(member?.address ?? "?")} is ${member?.condition ?? "unknown"}.`),
      paragraph(prune ? "All members forget it at once. It appears again only if it joins again."
                      : "All members record it as left instead of failed, and no longer try to reach it. " +
                        "If it is running, it comes back.")],
      act: async () => {
        await api.post(api.member(name) + "/force-leave", {prune});
        cluster.refetch(name);
        announce(`${shown(name)} was forced to leave.`);
      }});
  }

  byId("event-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = event.target.elements, name = fields.name.value, payload = fields.payload.value;
    ask({title: "Send the event?", yes: "Send", body: [
      paragraph(`"${shown(name)}" goes to all ${grouped(cluster.members.size)} members, and their event handlers run.`)],
      act: async () => {
        await api.post("/v1/event", {name, payload, coalesce: fields.coalesce.checked});
        announce(`The event "${shown(name)}" was sent.`);
        event.target.reset();
      }});
  });

  async function setTags(change, words) {
    try {
      agentView.tags = (await api.post("/v1/tags", change)).tags;
      drawTags();
      announce(words);
      return true;
    } catch (error) {
      announce(explained(error));
      return false;
    }
  }
  byId("tag-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const {key, value} = event.target.elements;
    if (await setTags({set: {[key.value]: value.value}}, `The tag ${shown(key.value)} was set.`)) event.target.reset();
  });
  function drawTags() {
    byId("tag-list").replaceChildren(...Object.entries(agentView.tags).map(([key, value]) => {
      const remove = element("button", {type: "button", "aria-label": "Remove the tag " + shown(key)}, "✕");
      remove.addEventListener("click", () => setTags({delete: [key]}, `The tag ${shown(key)} was removed.`));
      return element("li", {class: "tag"}, shown(`${key}=${value}`), remove);
    }));
  }

  byId("write-button").addEventListener("click", askToken);
  return {ask, update, forceLeave};
})();
