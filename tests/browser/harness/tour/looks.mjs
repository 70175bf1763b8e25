// How a page can be viewed.

/** The width of a phone, in CSS pixels. */
export const phoneWidth = 390;

export const allLooks = [phoneWidth, 1280].flatMap((width) =>
  ["light", "dark"].map((theme) => ({ name: `${width}-${theme}`, width, theme })),
);

/** Shows the person's page in one of the looks. */
export async function lookAt({ person }, { width, theme }) {
  await person.page.setViewportSize({ width, height: 900 });
  await person.page.emulateMedia({ colorScheme: theme });
}
