/* Keys for readers: j and k to the next and the previous paper, o opens it, / searches. All else works without this file.
   Letters as keys can be in the way of those who speak to their computer (WCAG 2.1.4): a switch at the foot of the page turns
   them off, and the browser remembers that. Nothing else is kept, and nothing is asked for. */
"use strict";
{
  const STOPS = "article.pick, [data-stop]";
  const HEADING_LINK = ":is(h1, h2, h3, h4, h5, h6) a[href]:not(.no)"; // .no is a pick's link to itself
  const TYPED_INTO = "input:not([type=checkbox]), textarea, select, [contenteditable]:not([contenteditable=false])";
  const AT_TOP = 40; // px: a stop that was scrolled to keeps some room above it
  const KEPT = "roundup.keys";
  const words = document.currentScript.dataset;
  const stops = [...document.querySelectorAll(STOPS)];
  const field = document.querySelector("input[type=search]");
  const searchPage = document.querySelector("head link[rel~=search]:not([type])"); // with a type it is for machines, as OpenSearch is
  let on = recall();

  const keys = {
    ...(stops.length && { j: () => go(next()), k: () => go(previous()), o: () => here() && linkOf(here())?.click() }),
    ...((field || searchPage) && { "/": search }),
  };

  /* A browser may keep nothing, and then throws; the switch holds for this page all the same. */
  function recall() {
    try {
      return localStorage.getItem(KEPT) !== "off";
    } catch {
      return true;
    }
  }

  function remember() {
    try {
      if (on) localStorage.removeItem(KEPT);
      else localStorage.setItem(KEPT, "off");
    } catch {
      /* as above */
    }
  }

  const top = stop => stop.getBoundingClientRect().top;

  /* The stop that has the focus, unless the reader has scrolled away from it. */
  function focused() {
    const stop = document.activeElement?.closest(STOPS);
    return stop && top(stop) < innerHeight && stop.getBoundingClientRect().bottom > 0 ? stop : undefined;
  }

  const here = () => focused() ?? stops.findLast(stop => top(stop) <= AT_TOP);
  const next = () => (focused() ? stops[stops.indexOf(focused()) + 1] : stops.find(stop => top(stop) > AT_TOP));
  const previous = () => (focused() ? stops[stops.indexOf(focused()) - 1] : stops.findLast(stop => top(stop) < 0));
  const linkOf = stop => stop.querySelector(HEADING_LINK) ?? stop.querySelector("a[href]");

  function go(stop) {
    if (!stop) return;
    linkOf(stop)?.focus({ preventScroll: true });
    stop.scrollIntoView({ block: "start", behavior: "instant" }); // for all readers as for those who want less motion
  }

  function search() {
    if (field) {
      field.focus();
      field.select();
    } else {
      location.assign(searchPage.href);
    }
  }

  function press(event) {
    const act = on && Object.hasOwn(keys, event.key) && keys[event.key];
    if (!act || event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest(TYPED_INTO) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act();
  }

  /* The switch says what the keys do, too: only those that do something on this page. */
  function show() {
    const said = { j: words.next, k: words.previous, o: words.open, "/": words.search };
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: on });
    const label = document.createElement("label");
    label.append(box, ` ${words.keys}`);
    for (const key of Object.keys(keys)) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      label.append(" ", cap, ` ${said[key]}`);
    }
    box.addEventListener("change", () => {
      on = box.checked;
      remember();
    });
    const line = document.createElement("p");
    line.className = "keys";
    line.append(label);
    (document.querySelector(".foot") ?? document.body).append(line);
  }

  if (Object.keys(keys).length) {
    show();
    document.addEventListener("keydown", press);
  }
}
