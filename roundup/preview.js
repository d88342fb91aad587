/* Sent by "roundup serve" with each page; no published page has it. It hears from the preview which version of the page is the newest. Where
   only one element of commentary differs, that alone is exchanged, which takes less than half the time and leaves place, focus and selection;
   else the page is loaded again, and the browser keeps the place where it was. What is wrong with the files stands in a bar, in the
   shadow of an element of its own, so that neither the page's styles nor this one's reach the other. */
"use strict";
{
  const AGAIN = 500; // ms until a preview that does not answer is asked again
  const TEXT = ".commentary"; // what no script of ours holds on to
  const { dataset } = document.currentScript;
  let shown = dataset.version; // a hash of the page and, behind the point, one of the files that it shows
  let source; // the page as it was sent, for scripts change it
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
  let newest; // what was heard last
  let turn = Promise.resolve();
  let news, bar;

  /* A page that nobody sees asks for nothing: browsers allow few connections to a server, and one that is kept waiting takes one. */
  function listen() {
    if (news || document.hidden) return;
    news = new EventSource(`/_roundup/news?page=${encodeURIComponent(location.pathname)}`);
    source ??= sent().then(page => (page?.version === shown ? page : undefined));
    news.addEventListener("message", ({ data }) => {
      newest = JSON.parse(data);
      turn = turn.then(take); // one after the other, for each begins where the one before has brought the page
    });
    news.addEventListener("error", () => {
      rest();
      setTimeout(listen, AGAIN);
    });
  }

  async function take() {
    const { version, problems, advice } = newest;
    if (version === shown || (await follow())) tell(problems, advice);
    else location.reload();
  }

  function rest() {
    news?.close();
    news = undefined;
  }

  /* Bring the page to the newest version in place; tell whether that could be done. A theme of one's own may have scripts that look at the words. */
  async function follow() {
    if (dataset.own !== undefined || !source) return false;
    const [then, now] = [await source, await sent()];
    if (!then || !now || then.files !== now.files) return false;
    if (then.version === now.version) return true; // it was brought there while this was asked
    const [old, new_, way] = difference(then.page.documentElement, now.page.documentElement);
    const here = way.reduce((node, place) => node?.childNodes[place], document.documentElement);
    if (!old.closest(TEXT) || new_.querySelector("script") || !here?.isEqualNode(old)) return false;
    here.replaceWith(document.importNode(new_, true));
    shown = now.version;
    source = Promise.resolve(now);
    return true;
  }

  /* The page as the preview sends it at this moment: parsed, with its version. */
  async function sent() {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
      const script = page.querySelector("script[data-version]");
      const { version } = script.dataset;
      script.remove();
      return { page, version, files: version.split(".")[1] };
    } catch {
      return undefined; // the preview has gone, or sent what is no page
    }
  }

  /* The smallest element that holds all in which two differ, as it is in the one and in the other, and the way there. */
  function difference(old, new_, way = []) {
    const [before, after] = [[...old.childNodes], [...new_.childNodes]];
    const places = before.length === after.length ? before.flatMap((node, place) => (node.isEqualNode(after[place]) ? [] : [place])) : [];
    const [place] = places;
    const inside = places.length === 1 && before[place].nodeType === Node.ELEMENT_NODE && after[place].nodeType === Node.ELEMENT_NODE;
    const alike = old.cloneNode(false).isEqualNode(new_.cloneNode(false));
    return inside && alike ? difference(before[place], after[place], [...way, place]) : [old, new_, way];
  }

  /* Problems stand open, for they hold up the page; advice waits to be asked. */
  function tell(problems, advice) {
    bar?.remove();
    bar = undefined;
    document.body.style.paddingBottom = "";
    const rows = problems.length ? problems : advice;
    if (!rows.length) return;
    bar = made("div", { role: problems.length ? "alert" : "status" });
    const shadow = bar.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    const noun = problems.length ? "problem" : "remark";
    const more = problems.length ? ". Pages stay as they were until all is mended." : ": what is not read, or may not be meant so.";
    const summary = made("summary", {}, made("strong", {}, `${rows.length} ${noun}${rows.length === 1 ? "" : "s"}`), more);
    const list = rows.map(([where, what]) => made("li", {}, made("code", {}, `${where}:`), ` ${what}`));
    shadow.append(made("details", problems.length ? { open: "" } : {}, summary, made("ul", {}, ...list)));
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
