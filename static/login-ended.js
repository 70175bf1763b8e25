// Covers a page as soon as its login ends: takes all but the frame of the site out of the document, so that nobody at
// this device sees, hears, finds or prints what was on the page. Says why the login ended.
//
// If another tab of the browser has a new login of the same user, the page stays readable under a banner.
"use strict";
{
  const page = document.querySelector("meta[name=curfew-page]").dataset;
  const { path, user } = page;
  // In the layout of a host, Curfew has a part of the page.
  const frame = document.querySelector(".curfew") ?? document.body;
  const thisPage = path === location.pathname ? path + location.search : path;
  // What was taken out, each part with the comment that holds its place, until the login is certainly over.
  let taken = [];
  let left;
  let isCovered = false;
  let isOver = false;
  let banner;

  // Everything that is not marked to stay is taken out, so a page that adds parts of its own needs no change here.
  const takeOut = (parent) => {
    for (const node of [...parent.childNodes]) {
      if (node.nodeType === Node.ELEMENT_NODE) {
        if (node.matches("[data-stays], template")) continue;
        if (node.querySelector("[data-stays]")) {
          takeOut(node);
          continue;
        }
      }
      const place = new Comment();
      node.replaceWith(place);
      taken.push({ place, node });
    }
  };

  const cover = () => {
    if (isCovered) return;
    isCovered = true;
    left = { focus: document.activeElement, x: scrollX, y: scrollY };
    takeOut(document.body);
  };

  const uncover = () => {
    if (!isCovered) return;
    isCovered = false;
    for (const { place, node } of taken) place.replaceWith(node);
    taken = [];
    scrollTo(left.x, left.y);
    left.focus?.focus({ preventScroll: true });
  };

  const part = (name) => banner.querySelector(`[data-part="${name}"]`);

  const fill = (name, text) => {
    part(name).hidden = !text;
    if (text) (part(name).querySelector("q") ?? part(name)).textContent = text;
  };

  // What was typed can still be read and copied, but not sent.
  const closeForms = () => {
    const forms = document.querySelectorAll('form[method="post"]');
    for (const form of forms) {
      form.classList.add("is-over");
      for (const button of form.querySelectorAll('[type="submit"]')) button.disabled = true;
    }
    return document.querySelector("#main .is-over") !== null;
  };

  const build = (name, link) => {
    banner?.remove();
    banner = document.getElementById(name).content.cloneNode(true).firstElementChild;
    part("link").href = link;
  };

  // In place of what the page showed.
  const showOnCover = () => {
    document.getElementById("main")?.remove();
    const main = document.createElement(frame === document.body ? "main" : "curfew-main");
    main.id = "main";
    main.className = "narrow";
    main.append(banner);
    frame.insertBefore(main, frame.querySelector(":scope > .site-footer"));
    document.title = banner.dataset.title;
    banner.focus({ preventScroll: true });
  };

  const showAbove = () => {
    const skip = document.querySelector(".skip");
    if (skip) skip.after(banner);
    else frame.prepend(banner);
    // Takes the focus only if no field has it, so that typing is not interrupted.
    if (document.activeElement === document.body) banner.focus({ preventScroll: true });
  };

  // A form is on its way, whose response may carry a new login.
  document.addEventListener("login-ending", cover);

  document.addEventListener("login-ended", ({ detail: { reason, message, user_reason: userReason } }) => {
    cover();
    isOver = true;
    taken = [];
    left = undefined;
    build("login-ended", `${page.root}/login?next=${encodeURIComponent(thisPage)}`);
    // Without a reason the cookie is gone, as after a logout.
    banner.dataset.reason = reason ?? "logged-out";
    if (message) fill("message", message);
    fill("said", userReason);
    part("not-me").hidden = reason !== "logged-in-elsewhere";
    const { typed } = document.body.dataset;
    part("kept").hidden = typed !== "kept";
    part("deleted").hidden = typed !== "deleted";
    showOnCover();
  });

  document.addEventListener("login-again", () => {
    if (!isOver) uncover();
    build("login-again", thisPage);
    const isFilledIn = isOver ? document.body.dataset.typed === "kept" : closeForms();
    part("forms").hidden = !isFilledIn;
    if (isOver) showOnCover();
    else showAbove();
  });

  // A page in the back/forward cache does not learn that its login has ended. So it is kept covered, and the server
  // decides what the browser shows instead.
  if (user) {
    window.addEventListener("pagehide", ({ persisted }) => persisted && cover());
    window.addEventListener("pageshow", ({ persisted }) => persisted && location.replace(thisPage));
  }
}
