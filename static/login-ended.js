// Says at once that the login of this page has ended, and why. The page stays as it is behind.
"use strict";
{
  const { user, path } = document.body.dataset;
  const here = path === location.pathname ? path + location.search : path;
  let banner;

  const fill = (name, text) => {
    const part = banner.querySelector(`[data-part="${name}"]`);
    part.hidden = !text;
    if (text) (part.querySelector("q") ?? part).textContent = text;
  };

  const unhide = (name, isSo) => {
    banner.querySelector(`[data-part="${name}"]`).hidden = !isSo;
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

  document.addEventListener("login-ended", ({ detail: { reason = "logged-out", message, user_reason: said } }) => {
    banner = document.getElementById("login-ended").content.cloneNode(true).firstElementChild;
    banner.dataset.reason = reason ?? "logged-out";
    if (message) fill("message", message);
    fill("said", said);
    unhide("not-me", reason === "logged-in-elsewhere");
    unhide("forms", closeForms());
    banner.querySelector("[data-part=link]").href = `/login?next=${encodeURIComponent(here)}`;
    document.querySelector(".skip").after(banner);
    // Who is typing is not torn away; who is nowhere yet is led here.
    if (document.activeElement === document.body) banner.focus({ preventScroll: true });
  });

  document.addEventListener("login-again", () => {
    if (!banner) return;
    delete banner.dataset.reason;
    banner.classList.replace("told-ended", "told-again");
    fill("who", `${user} is logged in again`);
    fill("message", "Another tab of this browser has a new login. This page still belongs to the old one.");
    fill("said", "");
    unhide("not-me", false);
    const link = banner.querySelector("[data-part=link]");
    link.textContent = "Load this page again";
    link.href = here;
  });
}
