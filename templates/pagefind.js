// Shows on the search page what Pagefind finds, in place of search.js and with the same elements. Pagefind's files lie in pagefind/; as
// a module they need a server, for no browser loads one from the disk. Its own page elements are not used: they know neither the night nor our words.
"use strict";
(() => {
  const SHOWN = 30;  // results; each is a file
  const PAUSE = 100;  // ms in the typing before the index is asked

  const [form, list, count] = ["search", "found", "count"].map(id => document.getElementById(id));
  const input = form.elements.q, top = new URL(form.dataset.root, location.href);

  let loaded, latest = 0;
  const load = () => loaded ??= import(new URL("pagefind/pagefind.js", top)).then(async pagefind => {
    await pagefind.options({ baseUrl: top.pathname });
    return pagefind;
  });

  const show = async () => {
    const turn = ++latest, query = input.value.trim();
    try {
      const results = query ? (await (await load()).search(query)).results : [];
      const items = (await Promise.all(results.slice(0, SHOWN).map(result => result.data()))).map(item);
      if (turn !== latest) return;
      count.textContent = query && form.dataset[results.length === 1 ? "one" : "other"].replace("{n}", results.length);
      list.replaceChildren(...items);
    } catch {
      if (turn === latest) count.textContent = form.dataset.failed;
    }
  };

  // The link leads to the heading of the page below which most was found. In an excerpt "<" and ">" are spelt out, and the only tags are those of <mark>.
  const item = ({ url, excerpt, meta, sub_results: parts }) => {
    const best = parts.reduce((a, b) => b.locations.length > a.locations.length ? b : a, parts[0] ?? { url, excerpt });
    const [li, a, span] = ["li", "a", "span"].map(name => document.createElement(name));
    Object.assign(a, { href: best.url, textContent: meta.title, dir: "auto" });
    Object.assign(span, { className: "facts", dir: "auto" });
    span.append(...best.excerpt.split(/<\/?mark>/).map((text, at) => {
      const part = document.createElement(at % 2 ? "b" : "span");
      part.textContent = text.replaceAll("&lt;", "<").replaceAll("&gt;", ">");
      return part;
    }));
    li.append(a, " ", span);
    return li;
  };

  let waiting;
  const tell = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const query = input.value.trim();
      show();
      history.replaceState(null, "", query ? `?${new URLSearchParams({ q: query })}` : location.pathname);
    }, PAUSE);
  };

  input.addEventListener("input", tell);
  form.addEventListener("submit", event => { event.preventDefault(); tell(); });
  input.value = new URLSearchParams(location.search).get("q") ?? input.value;
  show();
})();
