// A moment is typed in the browser's own time zone, with UTC beside it, and sent in UTC; so is a day, of
// which its begin or its end is sent. Where a form cannot be changed on its way, both stay in UTC.
"use strict";
if ("onformdata" in window) {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const format = new Intl.DateTimeFormat("en-GB", {
    dateStyle: "long",
    timeStyle: "short",
    hourCycle: "h23",
    timeZone: "UTC",
  });

  const isUtc = ["UTC", "Etc/UTC", "Etc/GMT", "GMT"].includes(zone);

  // As the field has it, without a zone: "2026-03-01T14:30", with seconds where there are some.
  const written = (year, month, day, hours, minutes, seconds) => {
    const two = (number) => String(number).padStart(2, "0");
    const date = `${String(year).padStart(4, "0")}-${two(month + 1)}-${two(day)}`;
    return `${date}T${two(hours)}:${two(minutes)}${seconds > 0 ? `:${two(seconds)}` : ""}`;
  };

  const inUtc = (at) =>
    written(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds());

  const here = (at) =>
    written(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds());

  const moment = {
    sent: (field) => field.value,
    shown: here,
    typed: (field) => new Date(field.value),
  };

  const first = {
    sent: (field) => field.dataset.at,
    shown: (at) => here(at).slice(0, 10),
    typed: (field) => new Date(`${field.value}T00:00`),
  };

  const last = {
    sent: first.sent,
    shown: (end) => first.shown(new Date(end - 1)),
    typed: (field) => {
      const begin = first.typed(field);
      return new Date(begin.getFullYear(), begin.getMonth(), begin.getDate() + 1);
    },
  };

  const adopt = (field, kind) => {
    const sent = kind.sent(field);
    const shown = sent && kind.shown(new Date(`${sent}Z`));
    const beside = document.createElement("p");
    beside.className = "hint";
    beside.id = `${field.id}-utc`;
    beside.setAttribute("role", "status");
    field.after(beside);
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${beside.id}`.trim());

    // What the server had is sent as it was: an hour that the clock strikes twice is one of the two.
    const utc = () => (field.value === shown ? sent : field.value && inUtc(kind.typed(field)));
    const say = () => {
      const at = new Date(`${utc()}Z`);
      beside.textContent = Number.isNaN(at.getTime()) ? "" : `${format.format(at)} UTC`;
    };

    field.defaultValue = shown;
    field.closest(".field").querySelector("[data-part=zone]").textContent = `${zone} time`;
    field.addEventListener("input", say);
    field.form.addEventListener("formdata", ({ formData }) => formData.set(field.name, utc()));
    say();
  };

  if (!isUtc) {
    for (const field of document.querySelectorAll('input[type="datetime-local"]')) adopt(field, moment);
    for (const field of document.querySelectorAll("input[data-at]")) adopt(field, "isEnd" in field.dataset ? last : first);
  }
}
