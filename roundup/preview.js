/* Sent by "roundup serve" with each page; no published page has it. It hears from the preview which version of the page is the newest, and loads
   the page again when that is another one; the browser keeps the place where it was. What is wrong with the files stands in a bar, in
   the shadow of an element of its own, so that neither the page's styles nor this one's reach the other. */
"use strict";
{
  const AGAIN = 500; // ms until a preview that does not answer is asked again
  const { version: shown } = document.currentScript.dataset;
  const STYLE = `
    :host { all: initial; position: fixed; inset: auto 0 0; z-index: 2147483647; color-scheme: light dark; }
    details { max-height: 45vh; overflow: auto; overscroll-behavior: contain; background: light-dark(#fff6ef, #2a1d18); color: light-dark(#1d1c1a, #eae4dc);
      border-top: 3px solid light-dark(#b3261e, #f2a08f); box-shadow: 0 -4px 24px rgb(0 0 0 / .18); font: 15px/1.5 system-ui, sans-serif; }
    summary { position: sticky; top: 0; background: inherit; padding: .6rem 1.1rem; cursor: pointer; }
    summary:focus-visible { outline: 2px solid; outline-offset: -4px; }
    strong { color: light-dark(#9c1c15, #f7b3a4); }
    ul { list-style: none; margin: 0; padding: 0 1.1rem .9rem; }
    li { margin: .35rem 0 0; overflow-wrap: anywhere; }
    code { font: 13.5px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; color: light-dark(#9c1c15, #f7b3a4); }
    @media (width < 40rem) { code { display: block; } }
    @media print { :host { display: none; } }`;
  let source, bar;

  /* A page that nobody sees asks for nothing: browsers allow few connections to a server, and one that is kept waiting takes one. */
  function listen() {
    if (source || document.hidden) return;
    source = new EventSource(`/_roundup/news?page=${encodeURIComponent(location.pathname)}`);
    source.addEventListener("message", ({ data }) => {
      const { version, problems } = JSON.parse(data);
      if (version === shown) tell(problems);
      else location.reload();
    });
    source.addEventListener("error", () => {
      rest();
      setTimeout(listen, AGAIN);
    });
  }

  function rest() {
    source?.close();
    source = undefined;
  }

  function tell(problems) {
    bar?.remove();
    bar = undefined;
    document.body.style.paddingBottom = "";
    if (!problems.length) return;
    bar = made("div", { role: "alert" });
    const shadow = bar.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    const summary = made("summary", {}, made("strong", {}, problems.length === 1 ? "1 problem" : `${problems.length} problems`), ". Pages stay as they were until all is mended.");
    const rows = problems.map(([where, what]) => made("li", {}, made("code", {}, `${where}:`), ` ${what}`));
    shadow.append(made("details", { open: "" }, summary, made("ul", {}, ...rows)));
    document.body.append(bar);
    document.body.style.paddingBottom = `${bar.offsetHeight}px`; // the end of the page can still be read
  }

  function made(name, attributes, ...inside) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...inside); // a string becomes a text, whatever stands in it
    return element;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  addEventListener("pageshow", listen);
  addEventListener("pagehide", rest);
  listen();
}
