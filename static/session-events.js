// Hears when this login ends or is about to: one stream of events for all tabs of a browser.
//
// Each tab tells its page by events on the document: `login-ended`, `login-again` and `login-scheduled`.
"use strict";
if ("BroadcastChannel" in window && "EventSource" in window) {
  const address = "/session/events";
  // Who only passes through opens no stream, and a page that knows more is heard first.
  const settleMs = 500;
  // The server says what is scheduled as soon as a stream is open; silence means nothing is.
  const silenceMs = 3_000;
  // How long a form that was sent may take until its answer says it all.
  const answerMs = 5_000;
  const retryMs = { least: 5_000, spread: 25_000, most: 600_000 };

  const { user } = document.body.dataset;
  const loadedAt = Date.now();
  let channel;
  let leaving;
  let stream;
  let timer;
  let failures = 0;
  let scheduled;
  let endedAt;

  const tellPage = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  const say = (kind, detail) => {
    const message = { kind, user, detail };
    channel.postMessage(message);
    hear(message);
  };

  // Whether a page that was asked for at that moment knows better than this one.
  const isNews = (askedAt) => askedAt > (endedAt ?? loadedAt);

  const hear = ({ kind, user: whose, askedAt, detail }) => {
    const isMine = whose === user;
    if (endedAt) {
      if (kind === "came" && isMine && isNews(askedAt)) tellPage("login-again");
    } else if (kind === "came") {
      if (!isMine && isNews(askedAt)) end(detail);
      else if (isMine && stream && scheduled) say("scheduled", scheduled);
    } else if (isMine && kind === "ended") {
      end(detail);
    } else if (isMine && kind === "scheduled") {
      scheduled = detail;
      tellPage("login-scheduled", detail);
    }
  };

  const end = (detail) => {
    endedAt = Date.now();
    leaving.abort();
    const show = () => tellPage("login-ended", detail ?? {});
    if (document.querySelector("form[data-sent]")) setTimeout(show, answerMs);
    else show();
  };

  const open = () => {
    stream = new EventSource(address);
    stream.addEventListener("open", () => {
      failures = 0;
      timer = setTimeout(say, silenceMs, "scheduled", { at: null });
    });
    stream.addEventListener("scheduled", ({ data }) => {
      clearTimeout(timer);
      say("scheduled", JSON.parse(data));
    });
    stream.addEventListener("ended", ({ data }) => say("ended", JSON.parse(data)));
    stream.addEventListener("error", () => {
      clearTimeout(timer);
      if (stream.readyState === EventSource.CLOSED) askWhy(leaving.signal);
    });
  };

  // A stream that was refused does not say how, and does not try again by itself.
  const askWhy = async (signal) => {
    const asking = new AbortController();
    const answer = await fetch(address, { signal: asking.signal }).catch(() => null);
    asking.abort();
    if (signal.aborted) return;
    if (answer?.status === 401) {
      say("ended", {});
      return;
    }
    const wait = (retryMs.least + Math.random() * retryMs.spread) * 2 ** failures;
    failures += 1;
    timer = setTimeout(open, Math.min(wait, retryMs.most));
  };

  const connect = () => {
    timer = setTimeout(open, settleMs * (1 + Math.random()));
  };

  const disconnect = () => {
    clearTimeout(timer);
    stream?.close();
    stream = undefined;
  };

  // Leads the tabs of this browser until it leaves.
  const lead = ({ signal }) => new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    signal.addEventListener("abort", resolve);
    connect();
  });

  const takePart = () => {
    leaving = new AbortController();
    const { signal } = leaving;
    signal.addEventListener("abort", disconnect);
    if (navigator.locks) {
      const waiting = navigator.locks.request(`session-events ${user}`, { signal }, () => lead(leaving));
      waiting.catch(() => {}); // left before its turn came
      return;
    }
    // Plain http has no locks: then the tabs that somebody sees hear for the others.
    const whileSeen = () => {
      disconnect();
      if (document.visibilityState === "visible") connect();
    };
    document.addEventListener("visibilitychange", whileSeen, { signal });
    whileSeen();
  };

  const come = (askedAt) => {
    channel = new BroadcastChannel("session-events");
    channel.addEventListener("message", ({ data }) => hear(data));
    channel.postMessage({ kind: "came", user, askedAt, detail: whyNobody() });
    if (!endedAt) takePart();
  };

  const leave = () => {
    leaving?.abort();
    channel.close();
  };

  // What this page says about a login that has ended, for the tabs that still show it.
  const whyNobody = () => {
    const notice = user ? null : document.querySelector(".notice");
    return notice && {
      reason: notice.dataset.reason,
      message: notice.querySelector("p").textContent,
      user_reason: notice.querySelector("q")?.textContent,
    };
  };

  if (user) {
    come(performance.timeOrigin);
    // A page that is kept for the back button holds nothing that others wait for.
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", ({ persisted }) => persisted && come(0));
  } else if (!document.querySelector(".trouble")) {
    // An error page may not know who is logged in; any other that names nobody is sure.
    const once = new BroadcastChannel("session-events");
    once.postMessage({ kind: "came", askedAt: performance.timeOrigin, detail: whyNobody() });
    once.close();
  }
}
