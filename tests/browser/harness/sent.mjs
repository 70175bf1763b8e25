// What the server sent for the page that is shown.

const sent = new WeakMap();

/** Keeps the response of each document that this page shows. */
export function keepSent(page) {
  page.on("response", (response) => {
    const isDocument = response.request().isNavigationRequest() && response.frame() === page.mainFrame();
    const isRedirect = response.status() >= 300 && response.status() < 400;
    if (isDocument && !isRedirect) sent.set(page, response);
  });
}

/** The response with the page's document, before a script or the browser changed anything. */
export const sentBy = (page) => sent.get(page);
