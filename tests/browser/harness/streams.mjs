// The event streams of a browser, over all its tabs.

const ADDRESS = "/session/events";

// A limit against hanging forever, far longer than a busy machine needs.
const PATIENCE_MS = 60_000;

export class Streams {
  /** The highest number of streams open at the same time. */
  most = 0;
  #open = new Map();
  #look = () => {};

  constructor(context) {
    const isStream = (request) => new URL(request.url()).pathname === ADDRESS;
    context.on("request", (request) => isStream(request) && this.#set(request, false));
    context.on("response", (response) => isStream(response.request()) && this.#set(response.request(), true));
    context.on("requestfinished", (request) => this.#drop(request));
    context.on("requestfailed", (request) => this.#drop(request));
  }

  /** The tabs that hold a stream. */
  get pages() {
    return [...this.#open.keys()].map((request) => request.frame().page());
  }

  /** Waits until exactly `count` streams are open, all answered by the server. */
  async are(count) {
    const isSo = () => this.#open.size === count && [...this.#open.values()].every(Boolean);
    if (isSo()) return;
    await new Promise((resolve, reject) => {
      const guard = setTimeout(() => reject(new Error(`${this.#open.size} streams, not ${count}`)), PATIENCE_MS);
      this.#look = () => {
        if (!isSo()) return;
        clearTimeout(guard);
        resolve();
      };
    });
  }

  #set(request, isAnswered) {
    // A request of a tab that was closed is not reported as failed.
    if (!isAnswered) request.frame().page().once("close", () => this.#drop(request));
    this.#open.set(request, isAnswered);
    this.most = Math.max(this.most, this.#open.size);
    this.#look();
  }

  #drop(request) {
    if (this.#open.delete(request)) this.#look();
  }
}
