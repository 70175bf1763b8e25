// What html-validate finds in the pages, as the server sends them.

import { HtmlValidate, StaticConfigLoader } from "html-validate";

import { sentBy } from "./sent.mjs";

const validator = new HtmlValidate(
  new StaticConfigLoader({
    root: true,
    extends: ["html-validate:recommended"],
    rules: {
      // The boxes of a list of rows share a name, so that a form sends any number of ids. So do the buttons of its rows,
      // which belong to another form.
      "form-dup-name": "off",
    },
  }),
);

/** What is wrong with the markup of the page that is shown. */
export async function invalidMarkup(page) {
  const { results } = await validator.validateString(await sentBy(page).text());
  return results.flatMap(({ messages }) => messages.map(({ ruleId, line, message }) => `line ${line}: ${ruleId}: ${message}`));
}
