// Times are typed in the browser's time zone, shown in UTC next to the field, and sent in UTC. A day is sent as the
// time when it starts or ends. In browsers without the `formdata` event all fields are in UTC.
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

  // The value of a field, which has no zone: "2026-03-01T14:30", with seconds unless they are zero.
  const fieldValue = (year, month, day, hours, minutes, seconds) => {
    const two = (number) => String(number).padStart(2, "0");
    const date = `${String(year).padStart(4, "0")}-${two(month + 1)}-${two(day)}`;
    return `${date}T${two(hours)}:${two(minutes)}${seconds > 0 ? `:${two(seconds)}` : ""}`;
  };

  const inUtc = (at) =>
    fieldValue(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds());

  const inLocalZone = (at) =>
    fieldValue(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds());

  // How each kind of field reads what the server sent (`sent`), shows it (`shown`) and reads what was typed (`typed`).
  const moment = {
    sent: (field) => field.value,
    shown: inLocalZone,
    typed: (field) => new Date(field.value),
  };

  const firstDay = {
    sent: (field) => field.dataset.at,
    shown: (at) => inLocalZone(at).slice(0, 10),
    typed: (field) => new Date(`${field.value}T00:00`),
  };

  const lastDay = {
    sent: firstDay.sent,
    shown: (end) => firstDay.shown(new Date(end - 1)),
    typed: (field) => {
      const start = firstDay.typed(field);
      return new Date(start.getFullYear(), start.getMonth(), start.getDate() + 1);
    },
  };

  const localize = (field, kind) => {
    const sent = kind.sent(field);
    const shown = sent && kind.shown(new Date(`${sent}Z`));
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.id = `${field.id}-utc`;
    hint.setAttribute("role", "status");
    field.after(hint);
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${hint.id}`.trim());

    // An unchanged field sends the server's value back, because a local time is ambiguous in the hour that repeats when
    // summer time ends.
    const utc = () => (field.value === shown ? sent : field.value && inUtc(kind.typed(field)));
    const update = () => {
      const at = new Date(`${utc()}Z`);
      hint.textContent = Number.isNaN(at.getTime()) ? "" : `${format.format(at)} UTC`;
    };

    field.defaultValue = shown;
    field.closest(".field").querySelector("[data-part=zone]").textContent = `${zone} time`;
    field.addEventListener("input", update);
    field.form.addEventListener("formdata", ({ formData }) => formData.set(field.name, utc()));
    update();
  };

  if (!isUtc) {
    for (const field of document.querySelectorAll('input[type="datetime-local"]')) localize(field, moment);
    for (const field of document.querySelectorAll("input[data-at]")) {
      localize(field, "isEnd" in field.dataset ? lastDay : firstDay);
    }
  }
}
