// Finds papers in the reader's browser, in the files of search/ that roundup/search/ writes. No server, no word that is not in the page:
//
//   <form role="search" id="search" data-root="../" data-one="{n} result" data-other="{n} results" data-failed="..."><input type="search" name="q"></form>
//   <p role="status" id="count" aria-live="polite"></p>
//   <ol id="found"></ol>
"use strict";
(() => {
  const SHOWN = 50;  // results,
  const STEP = 10;   // drawn so many at a time as the reader comes to them, for each may stand in a file of its own
  const WORDS = 8;   // of a query are looked up; if it has fewer, also what two next to each other make
  const WEIGHT = [1, 2, 2.5];  // of a word in an abstract, in commentary, in a title, a name or a tag. With 4 for the last, phrases of commentary suffer
  const SPREAD = 4;  // files at most hold the words that begin as the last one does: "co" alone would be in many

  const [form, list, count] = ["search", "found", "count"].map(id => document.getElementById(id));
  const input = form.elements.q;

  // ---- files: each is a script that calls roundupSearch ----

  const arrived = {}, asked = {};
  window.roundupSearch = (name, ...values) => { arrived[name] = values; };

  const load = (name, read) => asked[name] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => { delete asked[name]; reject(new Error(script.src)); };
    script.onload = () => arrived[name] ? resolve(read(...arrived[name])) : fail();
    script.onerror = fail;
    script.src = `${form.dataset.root || "./"}search/${name}.js`;
    document.head.append(script);
  });
  const loadIndex = () => load("index", index => ({ ...index, words: wordsOf(index) }));

  // ---- words, by the rules of the index ----

  // Returns a query's words, in order; and by word those that it makes with its neighbours: who asks for pre-training wants pretraining, too.
  const wordsOf = rules => {
    const pattern = new RegExp(rules.word, "gu"), spaceless = new RegExp(rules.spaceless, "u");
    const dress = new RegExp(rules.dress, "g"), ending = new RegExp(rules.ending);
    const folded = text => [...text.normalize("NFKD").toLowerCase().replace(dress, "")].map(char => rules.letters[char] ?? char).join("");
    const stemmed = word => { const at = word.search(ending); return at < rules.stem ? word : word.slice(0, at); };
    const pairs = ([first, ...rest]) => rest.length ? rest.map((char, at) => (rest[at - 1] ?? first) + char) : [first];
    const parts = word => !spaceless.test(word) && !/^\d/.test(word) && !rules.stop.includes(word);
    return text => {
      const found = folded(text).match(pattern) ?? [], joined = new Map();
      const read = word => spaceless.test(word) ? pairs(word) : rules.stop.includes(word) ? [] : [stemmed(word)];
      found.slice(1).forEach((word, at) => {
        const both = found[at] + word;
        if (!parts(found[at]) || !parts(word) || both.length > rules.longest) return;
        for (const part of [found[at], word].map(stemmed)) joined.set(part, [...joined.get(part) ?? [], stemmed(both)]);
      });
      return { wanted: [...new Set(found.flatMap(read))].slice(0, WORDS), joined };
    };
  };

  // ---- a file of words -> each word with its places: the number of a document times 4, and where in it, as WEIGHT has it ----

  const BITS = Object.fromEntries([..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].map((char, value) => [char, value]));

  const unpacked = (scale, coded, packed) => {
    const texts = packed.split(" ");
    let word = "";
    return (coded.match(/[A-Z][^A-Z]*/g) ?? []).map((part, n) => {
      word = word.slice(0, part.charCodeAt(0) - 65) + part.slice(1);
      let read;
      return { word, get places() { return read ??= placesOf(scale, texts[n]); } };  // of most words in a file nobody asks
    });
  };

  const placesOf = (scale, text) => {
    const end = 6 * text.length, places = [];
    let at = 0, document = 0;
    const bit = () => BITS[text[Math.floor(at / 6)]] >> (5 - at++ % 6) & 1;
    const ones = () => { let length = 0; while (at < end && bit()) length++; return length; };
    const number = bits => { let value = 0; while (bits--) value = 2 * value + bit(); return value; };
    const width = Math.max(0, 31 - Math.clz32(11 * scale / 16)) - ones();
    for (let high = ones(); at < end; high = ones()) {
      document += (high << width) + number(width);
      places.push(4 * document++ + (bit() ? 2 * bit() : 1));
    }
    return places;
  };

  // ---- a query ----

  // Returns the numbers of the documents that have most of the words (all, if there are such), best first, the newest of equals.
  const find = async query => {
    const { count: total, first, words } = await loadIndex();
    const fileOf = word => Math.max(0, first.findLastIndex(start => start <= word));
    const read = async (word, end = fileOf(word)) => {
      const names = first.slice(fileOf(word), end + 1).map((_, n) => `words-${fileOf(word) + n}`);
      return (await Promise.all(names.map(name => load(name, unpacked)))).flat();
    };
    const { wanted, joined } = words(query);
    const looked = [...new Set([...joined.values()].flat())].slice(0, WORDS - wanted.length);
    const entries = await Promise.all(wanted.map(async (word, at) => {
      const end = fileOf(word + "\uffff");
      const open = at === wanted.length - 1 && end - fileOf(word) < SPREAD;  // it may be half typed
      const begun = (await read(word, open ? end : undefined)).filter(entry => entry.word === word || open && entry.word.startsWith(word));
      const both = await Promise.all(looked.filter(one => joined.get(word)?.includes(one)).map(async one => (await read(one)).filter(entry => entry.word === one)));
      return [begun, both.flat()];
    }));
    const sums = new Float64Array(total), hits = new Uint8Array(total);
    entries.forEach(([begun, both], at) => {
      for (const [document, score] of scores(begun, both, wanted[at], total).entries()) if (score) { sums[document] += score; hits[document]++; }
    });
    const most = hits.reduce((a, b) => Math.max(a, b), 1);
    return [...hits.keys()].filter(document => hits[document] === most).sort((a, b) => sums[b] - sums[a] || b - a);
  };

  // A rare word counts more. What it makes with a neighbour is as good as the word itself, and both are as rare as the more common of them.
  // What only begins as the word does counts half, and as the most common of these, lest a misprint comes first.
  const scores = (begun, both, wanted, total) => {
    const best = new Float64Array(total), rarity = entries => Math.log(1 + total / Math.max(...entries.map(({ places }) => places.length)));
    const put = (entries, weight) => {
      for (const { places } of entries) for (const place of places) best[place >> 2] = Math.max(best[place >> 2], weight * WEIGHT[place & 3]);
    };
    const whole = [...begun.filter(({ word }) => word === wanted), ...both];
    put(whole, rarity(whole));
    put(begun, rarity(begun) / 2);
    return best;
  };

  // ---- the page ----

  let latest = 0;  // what an earlier query finds comes too late
  let more;  // draws the next few results
  const reached = new IntersectionObserver(seen => { if (seen.some(entry => entry.isIntersecting)) more(); });

  const show = () => {
    const turn = ++latest, query = input.value.trim();
    return orFailed(turn, async () => {
      const found = query ? await find(query) : [];
      await draw(found.slice(0, SHOWN), turn, items => {
        count.textContent = query && form.dataset[found.length === 1 ? "one" : "other"].replace("{n}", found.length);
        list.replaceChildren(...items);
      });
    });
  };

  const draw = async (found, turn, put = items => list.append(...items)) => {
    reached.disconnect();
    const { rows } = await loadIndex(), some = found.slice(0, STEP);
    const files = await Promise.all(some.map(document => load(`rows-${Math.floor(document / rows)}`, values => values)));
    if (turn !== latest) return;
    put(some.map((document, n) => item(files[n].slice(document % rows * 3))));
    if (found.length <= STEP) return;
    more = () => orFailed(turn, () => draw(found.slice(STEP), turn));
    reached.observe(list.lastElementChild);
  };

  const orFailed = (turn, work) => work().catch(() => { if (turn === latest) count.textContent = form.dataset.failed; });

  const item = ([href, title, facts]) => {
    const [li, a, span] = ["li", "a", "span"].map(name => document.createElement(name));
    Object.assign(a, { href: (form.dataset.root || "./") + href, textContent: title, dir: "auto" });
    Object.assign(span, { className: "facts", textContent: facts, dir: "auto" });
    li.append(a, " ", span);
    return li;
  };

  // The address keeps the query; browsers refuse to be told so at every letter.
  let telling;
  const tell = () => {
    clearTimeout(telling);
    telling = setTimeout(() => {
      const query = input.value.trim();
      history.replaceState(null, "", query ? `?${new URLSearchParams({ q: query })}` : location.pathname);
    }, 300);
  };

  input.addEventListener("input", () => { show(); tell(); });
  form.addEventListener("submit", event => { event.preventDefault(); show(); tell(); });
  input.value = new URLSearchParams(location.search).get("q") ?? input.value;
  show();
})();
