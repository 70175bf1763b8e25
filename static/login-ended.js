// Says at once that the login of this page has ended, and why, or that another tab has a new one.
// The page stays as it is behind.
"use strict";
{
  const { path } = document.body.dataset;
  const here = path === location.pathname ? path + location.search : path;
  let banner;

  const part = (name) => banner.querySelector(`[data-part="${name}"]`);

  const fill = (name, text) => {
    part(name).hidden = !text;
    if (text) (part(name).querySelector("q") ?? part(name)).textContent = text;
  };

  // What was typed stays to be read and copied, but no button promises to send it.
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
    // Who is typing is not torn away; who is nowhere yet is led here.
    if (document.activeElement === document.body) banner.focus({ preventScroll: true });
  };

  document.addEventListener("login-ended", ({ detail: { reason, message, user_reason: said, isOwnAct } }) => {
    build("login-ended", `/login?next=${encodeURIComponent(here)}`);
    // A login that nobody says anything about is gone with its cookie, as after a logout.
    banner.dataset.reason = reason ?? "logged-out";
    if (message) fill("message", message);
    fill("said", said);
    part("not-me").hidden = reason !== "logged-in-elsewhere";
    part("draft").hidden = isOwnAct;
    show();
  });

  document.addEventListener("login-again", () => {
    build("login-again", here);
    show();
  });
}
