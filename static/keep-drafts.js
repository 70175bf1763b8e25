// What was typed into an open form when the login ended, or what an error page answered to, is there
// again: for the same user, on the same page, within the hour. Passwords are never kept.
"use strict";
{
  const keptMs = 60 * 60_000;
  const prefix = "curfew-draft ";
  const sentKey = "curfew-sent";
  const { user, path } = document.body.dataset;
  let clearing;

  const isFresh = (draft) => {
    const ageMs = Date.now() - draft.at;
    return ageMs >= 0 && ageMs < keptMs;
  };

  // A browser may refuse to keep anything: then nothing is kept.
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return undefined;
    }
  };

  const put = (store, key, draft) => attempt(() => window[store].setItem(key, JSON.stringify(draft)));

  const take = (store, key) => attempt(() => {
    const draft = JSON.parse(window[store].getItem(key));
    window[store].removeItem(key);
    return draft && isFresh(draft) ? draft : undefined;
  });

  const keyOf = (draft) => `${prefix}${draft.user} ${draft.path}`;

  const keptKeys = (start) => Object.keys(localStorage).filter((name) => name.startsWith(start));

  // Each page clears, so that it makes no difference which are open when the hour is over.
  const clearOld = () => attempt(() => {
    clearTimeout(clearing);
    let oldestAt = Infinity;
    for (const key of keptKeys(prefix)) {
      const draft = attempt(() => JSON.parse(localStorage.getItem(key)));
      if (draft && isFresh(draft)) oldestAt = Math.min(oldestAt, draft.at);
      else localStorage.removeItem(key);
    }
    if (oldestAt < Infinity) clearing = setTimeout(clearOld, oldestAt + keptMs - Date.now());
  });

  const forget = () => attempt(() => {
    for (const key of keptKeys(`${prefix}${user} `)) localStorage.removeItem(key);
  });

  // Listed while the page is new: a password that is shown later is a field of text.
  const kinds = ["text", "email", "search", "url", "tel", "number", "date", "time", "datetime-local", "checkbox", "radio"];
  const isSecret = (field) => field.closest(".password") || /password|one-time/.test(field.autocomplete);
  const fields = [...document.querySelectorAll('main form[method="post"] :is(input, select, textarea)')].filter(
    (field) => field.id && !isSecret(field) && (field.localName !== "input" || kinds.includes(field.type)),
  );

  const isTicked = (field) => field.type === "checkbox" || field.type === "radio";

  const defaultIndex = (select) => [...select.options].findIndex((option) => option.defaultSelected);

  const isChanged = (field) => {
    if (isTicked(field)) return field.checked !== field.defaultChecked;
    if (field.localName === "select") return field.selectedIndex !== Math.max(0, defaultIndex(field));
    return field.value !== field.defaultValue;
  };

  // A form that was refused shows again what was typed before.
  const isTyped = (field) => isChanged(field) || field.form.querySelector(".form-problem") !== null;

  const draft = (at) => {
    const typed = fields.filter(isTyped).map((field) => [field.id, isTicked(field) ? field.checked : field.value]);
    return { user, path, at, typed };
  };

  const keep = (kept) => {
    if (kept.typed.length > 0 && isFresh(kept)) put("localStorage", keyOf(kept), kept);
    clearOld();
  };

  const fillIn = ({ typed }) => {
    let count = 0;
    for (const [id, value] of typed) {
      const field = fields.find((known) => known.id === id);
      const property = field && isTicked(field) ? "checked" : "value";
      if (!field || field[property] === value) continue;
      field[property] = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      count += 1;
    }
    return count > 0;
  };

  // Words that come with their place are not read out; so the place comes first.
  const sayFilledIn = () => {
    const place = document.createElement("div");
    place.setAttribute("role", "status");
    document.getElementById("main").prepend(place);
    requestAnimationFrame(() => place.append(document.getElementById("draft-back").content.cloneNode(true)));
  };

  // A form that was sent with a login that had ended leads to the login, and one that asks for the
  // password first to that; an error page means that it was not taken; any other page of the user,
  // that it was, or shows it again.
  const isErrorPage = document.querySelector(".trouble") !== null;
  const isAskedFirst = location.pathname === (user ? "/confirm" : "/login");
  const sent = take("sessionStorage", sentKey);
  if (sent && (isErrorPage || isAskedFirst)) keep(sent);
  else if (sent && !user) put("sessionStorage", sentKey, sent);
  clearOld();
  window.addEventListener("storage", clearOld);

  if (user) {
    // The error page has the address of the form, and no form.
    const kept = isErrorPage ? undefined : take("localStorage", keyOf({ user, path }));
    if (kept && fillIn(kept)) sayFilledIn();

    document.addEventListener("submit", ({ target, defaultPrevented }) => {
      if (defaultPrevented) return;
      if (target.matches('main form[method="post"]')) put("sessionStorage", sentKey, draft(Date.now()));
      if (target.matches('[action="/logout"]')) forget();
    });

    let endedAt;
    const keepTyped = () => {
      if (endedAt) keep(draft(endedAt));
    };
    // Who ends a login themself is done here, perhaps on a computer that others use too.
    document.addEventListener("login-ended", ({ detail: { isOwnAct } }) => {
      endedAt = isOwnAct ? undefined : Date.now();
      if (endedAt) keepTyped();
      else forget();
    });
    document.addEventListener("login-again", () => {
      endedAt = Date.now();
      keepTyped();
    });
    window.addEventListener("pagehide", keepTyped);
  }
}
