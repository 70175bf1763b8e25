// Rules of this site's own, beyond what axe looks for. Each says what breaks it on a page.

/** Told apart by their names alone: no two controls of a page are called the same. */
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

/** A cell is read out with the head of its row. */
export async function rowsWithoutHead(page) {
  const count = await page.locator('tbody tr:not(:has(> th[scope="row"]))').count();
  return count > 0 ? [`${count} rows of a table have no head`] : [];
}

/** Where to go on is where the focus is: what is wrong, or the first field of a page made for its form. */
export async function focusElsewhere(page) {
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

/** The title is what is read first. */
export async function errorsNotInTitle(page) {
  const [title, status] = await page.evaluate(() => [
    document.title,
    performance.getEntriesByType("navigation")[0].responseStatus,
  ]);
  return status >= 400 === title.startsWith("Error: ") ? [] : [`the title of a page of status ${status} is "${title}"`];
}

/** Every time is there as text, in the browser's zone first and UTC after it. */
export function timesInOneZone(page) {
  return page.evaluate(() => {
    const wrong = [];
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = words.nextNode(); node; node = words.nextNode()) {
      const text = node.textContent;
      const holder = node.parentElement;
      if (holder.closest("template, noscript, .hint, .site-footer, #login-ends")) continue;
      if (/\d{4}-\d\d-\d\dT/.test(text)) wrong.push(`a time as programs write it: ${text.trim()}`);
      if (/\bUTC\b/.test(text) && !/\d\d:\d\d.* \(.*UTC\)|, [\d:]+ UTC$/.test(text) && !/\bby the day in UTC\b/.test(text)) {
        wrong.push(`a time in UTC alone: ${text.trim()}`);
      }
    }
    for (const time of document.querySelectorAll("main time:not(.exact, .clock)")) {
      const block = time.closest("p, td, th, dd, li, h2, .line");
      if (time.title || !block?.querySelector(".exact")) wrong.push(`no exact time beside "${time.textContent}"`);
    }
    return wrong;
  });
}
