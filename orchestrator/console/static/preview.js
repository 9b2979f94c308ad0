// A preview that follows the files, and claims that light up. Without it the page is whole: links do the same.
// No frame runs a script: a claim is lit by the end of the frame's address (#claim-name) and the frame's own style.
"use strict";

(() => {
  const live = document.getElementById("live");
  const state = live.querySelector(".live-state");
  const button = live.querySelector("button");
  let seen = live.dataset.state;
  let chosen = new URLSearchParams(location.search).get("claim") || "";
  let lit = chosen;

  // --- claims ---------------------------------------------------------------------------------------------------

  const frames = () => document.querySelectorAll(".device iframe");

  function address(frame) {
    const document = (frame.dataset.address || frame.getAttribute("src")).split("#")[0];
    return `${new URL(document, location.href)}#${lit ? `claim-${lit}` : "none"}`;
  }

  function light(name) {
    if (name === lit) return;
    lit = name;
    mark();
    for (const frame of frames()) go(frame);
  }

  // Replaced, so that the way back does not lead through every claim and every version that was looked at.
  const go = (frame) => frame.contentWindow.location.replace(address(frame));

  function mark() {
    for (const one of document.querySelectorAll("mark[data-claim], [data-claim-of]"))
      one.toggleAttribute("data-lit", lit !== "" && (one.dataset.claim || one.dataset.claimOf) === lit);
  }

  const claimOf = (event) => event.target.closest?.("[data-claim-of]")?.dataset.claimOf;
  for (const [name, to] of [["mouseover", claimOf], ["focusin", claimOf]])
    document.addEventListener(name, (event) => to(event) && light(to(event)));
  for (const name of ["mouseout", "focusout"])
    document.addEventListener(name, (event) => claimOf(event) && light(chosen));
  document.addEventListener("click", (event) => {
    const name = claimOf(event);
    if (!name || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    chosen = chosen === name ? "" : name;
    const here = new URL(location.href);
    chosen ? here.searchParams.set("claim", chosen) : here.searchParams.delete("claim");
    history.replaceState(null, "", here);
    light(chosen || name);
  });

  // --- changes --------------------------------------------------------------------------------------------------

  async function load(quick) {
    const here = new URL(location.href);
    if (quick) here.searchParams.set("quick", "");
    const answer = await fetch(here, { headers: { Accept: "text/html" } });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  function show(page) {
    const news = page.getElementById("live");
    if (!news || !same(page)) return location.reload(); // other frames than before, or none: from the beginning
    const focused = document.activeElement?.id;
    for (const part of document.querySelectorAll("[data-part]")) {
      const next = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (part.outerHTML !== next.outerHTML) part.replaceWith(document.adoptNode(next));
    }
    document.getElementById("voices").className = page.getElementById("voices").className;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    const loading = [...frames()].map((frame) => follow(frame, page));
    mark();
    seen = news.dataset.state;
    return Promise.all(loading);
  }

  function same(page) {
    const shape = (of) => [...of.querySelectorAll("[data-part], .device iframe")].map((one) => one.dataset.part || one.title).join();
    return shape(page) === shape(document);
  }

  function follow(frame, page) {
    const next = page.querySelector(`[data-voice="${frame.closest("[data-voice]").dataset.voice}"] iframe`);
    if (next.dataset.version === frame.dataset.version) return null;
    frame.dataset.version = next.dataset.version;
    return new Promise((resolve) => {
      frame.addEventListener("load", resolve, { once: true });
      frame.dataset.address = next.getAttribute("src");
      go(frame);
    });
  }

  // The whole check takes longer than the frames: it waits until nobody has saved for a while, and makes nobody wait.
  const CALM_MS = 600;
  let newest = 0;

  async function changed(now) {
    if (now === seen) return;
    const turn = ++newest;
    const current = () => turn === newest;
    try {
      const page = await load(true);
      if (!current()) return;
      await show(page);
      document.dispatchEvent(new CustomEvent("jogral:shown", { detail: seen }));
      await new Promise((done) => setTimeout(done, CALM_MS));
      const checked = current() && (await load(false));
      if (!current()) return;
      await show(checked);
      document.dispatchEvent(new CustomEvent("jogral:checked", { detail: seen }));
    } catch {
      say("away");
    }
  }

  // --- listening ------------------------------------------------------------------------------------------------

  let events = null;
  function say(mode) {
    live.dataset.mode = mode;
    if (state.textContent !== state.dataset[mode]) state.textContent = state.dataset[mode];
  }

  function listen() {
    const url = new URL(live.dataset.changes, location.href);
    url.searchParams.set("seen", seen);
    events = new EventSource(url);
    events.addEventListener("open", () => say("live"));
    events.addEventListener("error", () => say("away"));
    events.addEventListener("files", (event) => changed(event.data));
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    if (events) {
      events.close();
      events = null;
      say("paused");
    } else listen();
    button.textContent = button.dataset[events ? "pause" : "resume"];
  });

  mark();
  listen();
  addEventListener("pagehide", () => events?.close());
})();
