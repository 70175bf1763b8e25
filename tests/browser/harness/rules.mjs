// Our own rules for pages, beyond axe's. Each returns what breaks it on a page.

/** Controls are distinguishable by name: no two on a page have the same name. */
export async function namesGivenTwice(page) {
  const names = await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    window.axe.setup(document);
    const controls = document.querySelectorAll('input:not([type="hidden"], [aria-hidden="true"]), select, textarea, button, summary');
    const named = [...controls]
      .filter((control) => control.checkVisibility())
      .map((control) => window.axe.commons.text.accessibleText(control).toLowerCase());
    window.axe.teardown();
    return named;
  });
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(twice)].map((name) => `two controls are called "${name}"`);
}

/** Each table row has a header cell, so that screen readers announce it with the other cells. One without a scope heads its
 * row if it comes first. */
export async function rowsWithoutHead(page) {
  const count = await page.locator('tbody tr:not(:has(> th[scope="row"], > th:not([scope]):first-child))').count();
  return count > 0 ? [`${count} table rows have no header cell`] : [];
}

/** The focus is where to continue: on the error, or on the first field of a page made for its form. */
export async function focusElsewhere(page) {
  await firstFrame(page);
  const { isThere, where } = await page.evaluate(() => {
    const at = document.activeElement;
    const find = (selector) => document.querySelector(`main ${selector}`);
    const wrong = find('[aria-invalid="true"]') ?? find(".form-problem");
    const first = find('form.panel :is(input:not([type="hidden"], [aria-hidden="true"]), select, textarea)');
    const wanted = wrong ?? (document.querySelector("main.narrow") && first) ?? at;
    return { isThere: at === wanted, where: at.outerHTML.slice(0, 80) };
  });
  return isThere ? [] : [`the focus is on ${where}`];
}

/** The title is read first, so it must mention the error. */
export async function errorsNotInTitle(page) {
  const [title, status] = await page.evaluate(() => [
    document.title,
    performance.getEntriesByType("navigation")[0].responseStatus,
  ]);
  return status >= 400 === title.startsWith("Error: ") ? [] : [`the title of a page of status ${status} is "${title}"`];
}

/** Every time is shown as text, first in the browser's time zone and then in UTC. */
export function timesInOneZone(page) {
  return page.evaluate(() => {
    const wrong = [];
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = words.nextNode(); node; node = words.nextNode()) {
      const text = node.textContent;
      const holder = node.parentElement;
      if (holder.closest("template, noscript, .hint, .site-footer, #login-ends")) continue;
      if (/\d{4}-\d\d-\d\dT/.test(text)) wrong.push(`a machine-readable time: ${text.trim()}`);
      if (/\bUTC\b/.test(text) && !/\d\d:\d\d.* \(.*UTC\)|, [\d:]+ UTC$/.test(text) && !/\bper day \(UTC\)/.test(text)) {
        wrong.push(`a time in UTC only: ${text.trim()}`);
      }
    }
    for (const time of document.querySelectorAll("main time:not(.exact, .clock, .tick)")) {
      const block = time.closest("p, td, th, dd, li, h2, .line");
      // Rows have a box for their exact times.
      if (time.closest(".records") && document.getElementById("exact-times")) continue;
      if (time.title || !block?.querySelector(".exact")) wrong.push(`no exact time beside "${time.textContent}"`);
    }
    return wrong;
  });
}

/** Waits until the page has been drawn: a browser focuses the field with `autofocus` when it draws the first frame. */
export function firstFrame(page) {
  return page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}
