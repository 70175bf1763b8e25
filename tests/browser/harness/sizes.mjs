// Pages on a narrow screen, at widths in between, and on paper. Each function returns what is wrong with a page.

// A4 and Letter without our margins, in CSS pixels.
const PAPER_WIDTH = 680;
const LARGEST_PRINT = 24;
const TALLEST_PICTURE = 300;

/** Pages do not scroll sideways. */
export async function tooWide(page) {
  const { needed, shown } = await page.evaluate(() => ({
    needed: document.documentElement.scrollWidth,
    shown: document.documentElement.clientWidth,
  }));
  return needed > shown ? [`${needed} px on ${shown} px`] : [];
}

/** The figures fill complete rows at every width. */
export async function figuresWithGaps(page) {
  if ((await page.locator(".counts").count()) === 0) return [];
  const gaps = [];
  for (const width of [390, 700, 820, 960, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    const gap = await page.locator(".counts").evaluate((figures) => {
      const end = (element) => element.getBoundingClientRect().right;
      return end(figures) - end(figures.lastElementChild);
    });
    if (gap > 2) gaps.push(`${gap} px next to the figures at ${width} px`);
  }
  return gaps;
}

/** What is on the page is also on paper, in readable sizes. */
export async function badlyPrinted(page) {
  const records = "main :is(h1, h2, table, dl, .events):not(.column-side *)";
  const onScreen = await page.locator(records).evaluateAll((all) => all.map((one) => one.checkVisibility()));
  await page.setViewportSize({ width: PAPER_WIDTH, height: 960 });
  await page.emulateMedia({ media: "print" });
  const onPaper = await page.locator(records).evaluateAll((all) => all.map((one) => one.checkVisibility()));
  const wrong = await tooWide(page);
  const missing = onScreen.filter((is, at) => is && !onPaper[at]).length;
  if (missing > 0) wrong.push(`${missing} elements are missing on paper`);
  const { largest, tallest } = await page.evaluate(() => {
    const shown = [...document.body.querySelectorAll("*")].filter((element) => element.checkVisibility());
    const sizes = shown.map((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    const pictures = shown.filter((element) => element.matches("svg, img"));
    return {
      largest: Math.max(...sizes),
      tallest: Math.max(0, ...pictures.map((picture) => picture.getBoundingClientRect().height)),
    };
  });
  if (largest > LARGEST_PRINT) wrong.push(`text of ${largest} px on paper`);
  if (tallest > TALLEST_PICTURE) wrong.push(`an image of ${tallest} px on paper`);
  await page.emulateMedia({ media: "screen" });
  return wrong.map((what) => `${what}, printed`);
}
