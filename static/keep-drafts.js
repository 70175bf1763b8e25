// Restores what was typed into a form when the login ended, or when an error page refused it: for the same user, on
// the same page, within an hour. Passwords are never kept.
//
// A draft is plain text on the device, so it is kept only if the login ended by time alone. Any other end may mean that
// the device is lost, shared or in the wrong hands: then the drafts are deleted.
"use strict";
{
  const page = document.querySelector("meta[name=curfew-page]").dataset;
  const keptMs = 60 * 60_000;
  // An end without a reason, and a reason that is not known here, delete them too.
  const keepingReasons = ["idle", "expired"];
  const prefix = "curfew-draft ";
  const sentKey = "curfew-sent";
  const { user, path } = page;
  const login = `${page.root}/login`;
  let clearTimer;

  const isFresh = (draft) => {
    const ageMs = Date.now() - draft.at;
    return ageMs >= 0 && ageMs < keptMs;
  };

  // A browser may refuse to store anything. Then no draft is kept.
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return undefined;
    }
  };

  const put = (store, key, draft) => attempt(() => {
    window[store].setItem(key, JSON.stringify(draft));
    return true;
  });

  const take = (store, key) => attempt(() => {
    const draft = JSON.parse(window[store].getItem(key));
    window[store].removeItem(key);
    return draft && isFresh(draft) ? draft : undefined;
  });

  const keyOf = (draft) => `${prefix}${draft.user} ${draft.path}`;

  const keptKeys = (start) => Object.keys(localStorage).filter((name) => name.startsWith(start));

  // Every page clears expired drafts, so it does not matter which page is open when the hour is over.
  const clearOld = () => attempt(() => {
    clearTimeout(clearTimer);
    let oldestAt = Infinity;
    for (const key of keptKeys(prefix)) {
      const draft = attempt(() => JSON.parse(localStorage.getItem(key)));
      if (draft && isFresh(draft)) oldestAt = Math.min(oldestAt, draft.at);
      else localStorage.removeItem(key);
    }
    if (oldestAt < Infinity) clearTimer = setTimeout(clearOld, oldestAt + keptMs - Date.now());
  });

  // Deletes the drafts whose keys start so, and the form that this tab has sent.
  const forget = (start) => attempt(() => {
    sessionStorage.removeItem(sentKey);
    for (const key of keptKeys(start)) localStorage.removeItem(key);
  });

  // Collected when the page loads, because a password that is shown becomes a text field.
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

  // A refused form is shown again with what was typed as its default values, so all its fields count as typed.
  const isTyped = (field) => isChanged(field) || field.form.querySelector(".form-problem") !== null;

  const draft = (at) => {
    const typed = fields.filter(isTyped).map((field) => [field.id, isTicked(field) ? field.checked : field.value]);
    return { user, path, at, typed };
  };

  // Whether it is kept.
  const keep = (kept) => {
    const isKept = kept.typed.length > 0 && isFresh(kept) && put("localStorage", keyOf(kept), kept);
    clearOld();
    return isKept === true;
  };

  const fillIn = ({ typed }) => {
    let count = 0;
    for (const [id, value] of typed) {
      const field = fields.find((known) => known.id === id);
      const property = field && isTicked(field) ? "checked" : "value";
      if (!field || field[property] === value) continue;
      field[property] = value;
      for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      count += 1;
    }
    return count > 0;
  };

  // Screen readers announce only changes inside an existing live region, so the region is added before its content.
  const announceRestored = () => {
    const region = document.createElement("div");
    region.setAttribute("role", "status");
    document.getElementById("main").prepend(region);
    requestAnimationFrame(() => region.append(document.getElementById("draft-back").content.cloneNode(true)));
  };

  // After a form is sent, the next page tells what happened. `/login`: the login had ended, for the reason that the page
  // gives. `/confirm`: the password is needed first. An error page: the form was refused. Any other page of the user: the
  // form was accepted or is shown again, so the draft is dropped.
  const isErrorPage = document.querySelector(".trouble") !== null;
  const endReason = document.querySelector(".notice")?.dataset.reason;
  const keepsDrafts = keepingReasons.includes(endReason);
  const isDetour = user ? location.pathname === `${page.root}/confirm` : location.pathname === login && keepsDrafts;
  // This page does not know whose login ended.
  if (endReason && !keepsDrafts) forget(prefix);
  const sent = take("sessionStorage", sentKey);
  if (sent && (isErrorPage || isDetour)) keep(sent);
  else if (sent && !user && location.pathname !== login) put("sessionStorage", sentKey, sent);
  clearOld();
  window.addEventListener("storage", clearOld);

  if (user) {
    // The error page has the path of the form's page, but no form to fill in.
    const kept = isErrorPage ? undefined : take("localStorage", keyOf({ user, path }));
    if (kept && fillIn(kept)) announceRestored();

    document.addEventListener("submit", ({ target, defaultPrevented }) => {
      if (defaultPrevented) return;
      if (target.matches('main form[method="post"]')) put("sessionStorage", sentKey, draft(Date.now()));
      if (target.matches(`[action="${page.root}/logout"]`)) forget(`${prefix}${user} `);
    });

    let endedAt;
    const keepTyped = () => {
      if (endedAt) keep(draft(endedAt));
    };
    // Says in `data-typed` what became of what was typed, for the notice.
    document.addEventListener("login-ended", ({ detail: { reason } }) => {
      endedAt = undefined;
      const typed = draft(Date.now());
      const isKept = keepingReasons.includes(reason) && keep(typed);
      if (typed.typed.length > 0) document.body.dataset.typed = isKept ? "kept" : "deleted";
      if (keepingReasons.includes(reason)) return;
      forget(`${prefix}${user} `);
      fields.length = 0; // so that nothing that follows keeps them
    });
    document.addEventListener("login-again", () => {
      endedAt = Date.now();
      keepTyped();
    });
    window.addEventListener("pagehide", keepTyped);
  }
}
