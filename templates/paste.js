/* Copies an issue for the editor of a newsletter: title and subtitle as words, the text as rich text and as words:

     <button data-copies="ID" data-copied="..." data-failed="..." hidden>Copy</button> <span role="status"></span>   */
"use strict";
{
  const written = parts =>
    navigator.clipboard.write([new ClipboardItem(Object.fromEntries(Object.entries(parts).map(([type, text]) => [type, new Blob([text], { type })])))]);

  /* For where browsers have no clipboard: pages that come by plain http, and for some browsers those on the disk. What is copied is set by
     hand, for a browser's own copy of a selection would bring this page's fonts and colours along. */
  function copied(parts) {
    let done = false;
    const put = event => {
      event.preventDefault();
      for (const [type, text] of Object.entries(parts)) event.clipboardData.setData(type, text);
      done = true;
    };
    document.addEventListener("copy", put);
    document.execCommand("copy");
    document.removeEventListener("copy", put);
    if (!done) throw new Error("nothing was copied");
  }

  /* Addresses are whole where the text goes: of the lasting ones, where the digest has one, else of where this page is read. */
  function rich(article) {
    const text = article.cloneNode(true), base = article.dataset.base || location.href;
    for (const name of ["src", "href"])
      for (const element of text.querySelectorAll(`[${name}]`)) {
        const address = element.getAttribute(name);
        if (URL.canParse(address, base)) element.setAttribute(name, new URL(address, base));
      }
    return text.innerHTML.trim();
  }

  async function copy(element) {
    const parts = { "text/plain": element.innerText, ...(element.matches("article") && { "text/html": rich(element) }) };
    try {
      await written(parts);
    } catch {
      copied(parts);
    }
  }

  for (const button of document.querySelectorAll("[data-copies]")) {
    const told = button.nextElementSibling;
    button.hidden = false;
    button.addEventListener("click", async () => {
      told.textContent = "";
      told.textContent = await copy(document.getElementById(button.dataset.copies)).then(() => button.dataset.copied, () => button.dataset.failed);
    });
  }
}
