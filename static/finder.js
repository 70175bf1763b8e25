// The finder of the staff pages. `/` and Ctrl+K lead to its field, and what it finds is listed while one types. The
// arrow keys choose, Enter opens, Escape closes. Before the list has arrived, Enter sends the form.
"use strict";
{
  const page = document.querySelector("meta[name=curfew-page]").dataset;
  const waitMs = 100;
  const form = document.querySelector(".finder");

  if (form) {
    const input = form.elements.q;
    const list = document.createElement("div");
    const status = document.createElement("p");
    list.id = "finder-list";
    list.className = "finder-list";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Found");
    status.className = "unseen";
    status.setAttribute("role", "status");
    form.append(list, status);
    form.classList.add("finder-lists");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");

    let timer;
    let latest = 0;
    let listedFor; // the text that the options belong to
    let before; // what had the focus

    const options = () => [...list.querySelectorAll('[role="option"]')];
    const active = () => list.querySelector('[aria-selected="true"]');

    const activate = (option) => {
      active()?.setAttribute("aria-selected", "false");
      if (!option) return input.removeAttribute("aria-activedescendant");
      option.setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
      return undefined;
    };

    const show = (isShown) => {
      list.hidden = !isShown;
      input.setAttribute("aria-expanded", String(isShown));
      if (!isShown) input.removeAttribute("aria-activedescendant");
    };

    const close = () => {
      latest += 1; // drops the answer to a request under way
      clearTimeout(timer);
      listedFor = undefined;
      list.replaceChildren();
      status.textContent = "";
      show(false);
    };

    const fill = (text, part) => {
      list.replaceChildren(...part.body.childNodes);
      for (const [number, option] of options().entries()) option.id = `found-${number}`;
      const count = options().length;
      listedFor = text;
      status.textContent = count === 0 ? "Nothing found" : `${count} found`;
      if (count === 0) list.append(Object.assign(document.createElement("p"), { textContent: status.textContent }));
      show(true);
      activate(options()[0]);
    };

    const find = async () => {
      latest += 1;
      const turn = latest;
      const text = input.value;
      const address = `${page.root}/admin/find?${new URLSearchParams({ q: text, part: "yes" })}`;
      const html = await fetch(address, { redirect: "error" })
        .then((answer) => {
          if (answer.status === 400) return ""; // nothing can be found by this text
          return answer.ok ? answer.text() : undefined;
        })
        .catch(() => undefined);
      if (turn !== latest) return; // the text has changed since
      if (html === undefined) close();
      else fill(text, new DOMParser().parseFromString(html, "text/html"));
    };

    const open = (option) => {
      const { href } = option.dataset;
      input.value = "";
      close();
      location.assign(href);
    };

    const step = (by) => {
      const all = options();
      if (all.length === 0) return;
      const at = all.indexOf(active());
      activate(all[(at + by + all.length) % all.length]);
    };

    input.addEventListener("input", () => {
      latest += 1;
      clearTimeout(timer);
      if (input.value.trim() === "") close();
      else timer = setTimeout(find, waitMs);
    });

    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const isListed = !list.hidden && listedFor === input.value;
      if (event.key === "ArrowDown" && isListed) step(1);
      else if (event.key === "ArrowUp" && isListed) step(-1);
      else if (event.key === "Enter" && isListed && active()) open(active());
      else if (event.key === "Escape" && (input.value !== "" || !list.hidden)) {
        input.value = "";
        close();
      } else if (event.key === "Escape") (before?.isConnected ? before : input).focus();
      else return;
      event.preventDefault();
    });

    // The field keeps the focus while an option is pressed.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", ({ target }) => {
      const option = target.closest('[role="option"]');
      if (option) open(option);
    });
    form.addEventListener("focusout", ({ relatedTarget }) => {
      if (!form.contains(relatedTarget)) show(false);
    });
    input.addEventListener("focus", () => {
      if (listedFor !== undefined && listedFor === input.value) {
        show(true);
        activate(active() ?? options()[0]);
      }
    });
    window.addEventListener("pageshow", ({ persisted }) => {
      if (persisted) close();
    });

    const isTyping = (element) =>
      element.isContentEditable ||
      element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button])");

    document.addEventListener("keydown", (event) => {
      const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
      const isCtrlK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      if (!(isSlash || isCtrlK) || event.defaultPrevented || isTyping(event.target) || !input.isConnected) return;
      event.preventDefault();
      before = document.activeElement;
      input.focus();
      input.select();
    });
  }
}
