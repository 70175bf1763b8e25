// Keeps the users that staff have marked in a search: over its pages and a visit to a user, in this tab and for this
// login. A bulk action on the selected users includes those on other pages. Links back to the list lead to the same
// search and page.
"use strict";
{
  const page = document.querySelector("meta[name=curfew-page]").dataset;
  // The addresses and forms that carry the ids must stay short.
  const most = 500;
  const marksKey = "curfew-marked-users";
  const listKey = "curfew-users-list";
  const { login, path } = page;
  const form = document.querySelector("form[data-marks]");

  // A browser may refuse to store anything. Then only the marks of this page count.
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return undefined;
    }
  };

  const read = (key) => attempt(() => {
    const kept = JSON.parse(sessionStorage.getItem(key));
    return kept?.login === login ? kept : undefined;
  });

  const keep = (key, kept) => attempt(() => sessionStorage.setItem(key, JSON.stringify({ login, ...kept })));

  const forget = (key) => attempt(() => sessionStorage.removeItem(key));

  // What is searched for, in whichever order and on whichever page.
  const search = () => {
    const fields = [...new URLSearchParams(location.search)];
    return fields.filter(([name, value]) => value && !["sort", "page", "per_page"].includes(name)).sort().join("&");
  };

  const keepMarks = () => {
    const boxes = [...form.querySelectorAll('input[type="checkbox"][name="id"]')];
    const bar = form.querySelector("[data-part=marked]");
    const words = document.createElement("span");
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "button button-quiet";
    clear.textContent = "Clear the selection";
    words.setAttribute("role", "status");
    bar.append(words, " ", clear);
    let marked = new Set();

    const show = (isFull = false) => {
      const elsewhere = marked.size - boxes.filter((box) => box.checked).length;
      const others = elsewhere > 0 ? `, ${elsewhere} of them on other pages` : "";
      words.textContent = `${marked.size} user${marked.size === 1 ? "" : "s"} selected${others}` +
        (isFull ? ". No more can be selected." : "");
      bar.hidden = marked.size === 0;
      boxes[0]?.dispatchEvent(new Event("change")); // for `mark-all.js`
    };

    const mark = () => {
      for (const box of boxes) if (!box.checked) marked.delete(box.value);
      for (const box of boxes) if (box.checked && marked.size < most) marked.add(box.value);
      const over = boxes.filter((box) => box.checked && !marked.has(box.value));
      for (const box of over) box.checked = false;
      if (marked.size) keep(marksKey, { search: search(), ids: [...marked] });
      else forget(marksKey);
      show(over.length > 0);
    };

    const restore = () => {
      const kept = read(marksKey);
      const ids = kept?.search === search() && Array.isArray(kept.ids) ? kept.ids : [];
      marked = new Set(ids.filter((id) => /^\d+$/.test(id)).slice(0, most));
      for (const box of boxes) box.checked = marked.has(box.value);
      show();
    };

    form.addEventListener("change", ({ target }) => {
      if (target.type === "checkbox") mark();
    });
    clear.addEventListener("click", () => {
      forget(marksKey);
      restore();
      boxes[0]?.focus();
    });
    form.addEventListener("formdata", ({ formData }) => {
      const here = new Set(boxes.map((box) => box.value));
      for (const id of marked) if (!here.has(id)) formData.append("id", id);
    });
    // The back button may bring the page back with other boxes checked.
    window.addEventListener("pageshow", restore);
    restore();
  };

  // A bulk action that runs, and the end of the login, end the selection.
  if (path?.startsWith(`${page.root}/admin/bulk/`)) forget(marksKey);
  document.addEventListener("login-ended", () => [marksKey, listKey].forEach(forget));

  if (form) keepMarks();
  if (path === `${page.root}/admin/users`) keep(listKey, { search: location.search });
  const list = read(listKey);
  if (typeof list?.search === "string") {
    for (const back of document.querySelectorAll(`.back a[href="${page.root}/admin/users"]`)) back.search = list.search;
  }
}
