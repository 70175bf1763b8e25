// Shows a banner as soon as the login of this page ends, with the reason, or when another tab has a new login.
// The page stays readable behind it.
"use strict";
{
  const { path } = document.body.dataset;
  const thisPage = path === location.pathname ? path + location.search : path;
  let banner;

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
    return document.querySelector("main .is-over") !== null;
  };

  const build = (name, link) => {
    banner?.remove();
    banner = document.getElementById(name).content.cloneNode(true).firstElementChild;
    part("forms").hidden = !closeForms();
    part("link").href = link;
  };

  const show = () => {
    document.querySelector(".skip").after(banner);
    // Takes the focus only if no field has it, so that typing is not interrupted.
    if (document.activeElement === document.body) banner.focus({ preventScroll: true });
  };

  document.addEventListener("login-ended", ({ detail: { reason, message, user_reason: userReason, isOwnAct } }) => {
    build("login-ended", `/login?next=${encodeURIComponent(thisPage)}`);
    // Without a reason the cookie is gone, as after a logout.
    banner.dataset.reason = reason ?? "logged-out";
    if (message) fill("message", message);
    fill("said", userReason);
    part("not-me").hidden = reason !== "logged-in-elsewhere";
    part("draft").hidden = isOwnAct;
    show();
  });

  document.addEventListener("login-again", () => {
    build("login-again", thisPage);
    show();
  });
}
