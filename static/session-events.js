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
  // An answer to a form that was sent may be on its way for so long, also to another tab.
  const sentMs = 20_000;
  // How long it may take once the login has ended: it says why, or brings a new login.
  const answerMs = 5_000;
  // The reasons of who ended the login themself.
  const ownActs = ["logged-out", "ended-by-user"];
  const retryMs = { least: 5_000, spread: 25_000, most: 600_000 };

  const { user } = document.body.dataset;
  // When the login of this page began, by the server's clock: of two, the later holds the cookie.
  const login = Number(document.body.dataset.login);
  const loadedAt = Date.now();
  let channel;
  let leaving;
  let stream;
  let timer;
  let failures = 0;
  let scheduled;
  let sentAt = 0;
  let isLoggingOut = false;
  // What this page is told once its login is over: the event's `name` and `detail`, and since when.
  let over;
  let telling;

  const tellPage = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  const tellOver = () => {
    telling = undefined;
    tellPage(over.name, over.detail);
  };

  const say = (kind, detail) => {
    const message = { kind, user, login, detail };
    channel.postMessage(message);
    hear(message);
  };

  const hear = (message) => {
    if (message.kind === "came") hearOfPage(message);
    else if (message.user === user) hearOfLogin(message);
  };

  const hearOfLogin = ({ kind, login: theirs, detail }) => {
    if (kind === "sent") {
      sentAt = Date.now();
      isLoggingOut = detail.isLogout;
    } else if (kind === "ended") {
      const isNews = over ? over.name === "login-again" && theirs > login : theirs >= login;
      if (isNews) end("login-ended", detail);
    } else if (kind === "scheduled" && theirs === login && !over) {
      scheduled = detail;
      tellPage("login-scheduled", detail);
    }
  };

  // A page that has come may be the answer to the form, and may have been asked for before the end.
  const hearOfPage = ({ user: whose, login: theirs, askedAt, detail }) => {
    sentAt = 0;
    if (whose) isLoggingOut = false;
    if (!whose) hearOfNobody(askedAt, detail ?? {});
    else if (theirs > login && whose === user) end("login-again");
    else if (theirs > login && over?.name !== "login-ended") end("login-ended", {});
    else if (theirs < login && !over) sayHere();
    else if (theirs === login && stream && scheduled) say("scheduled", scheduled);
  };

  const hearOfNobody = (askedAt, detail) => {
    const saysWhy = detail.message && !over?.detail.message;
    if (over?.name !== "login-ended") {
      if (askedAt > (over?.at ?? loadedAt)) end("login-ended", detail);
    } else if (telling || saysWhy) {
      end("login-ended", saysWhy ? detail : over.detail);
    }
  };

  const end = (name, detail) => {
    if (name === "login-again" && over?.name === name) return;
    const isAnswerDue = name === "login-ended" && Date.now() - sentAt < sentMs;
    // The page that a logout leads to names no reason.
    const reason = detail?.reason ?? (isLoggingOut ? "logged-out" : undefined);
    over = { name, detail: { ...detail, reason, isOwnAct: ownActs.includes(reason) }, at: Date.now() };
    leaving.abort();
    clearTimeout(telling);
    if (isAnswerDue) telling = setTimeout(tellOver, answerMs);
    else tellOver();
  };

  const open = () => {
    let wasOpen = false;
    stream = new EventSource(address);
    stream.addEventListener("open", () => {
      wasOpen = true;
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
      if (stream.readyState !== EventSource.CLOSED) return;
      // Those of every browser are lost at the same moment, when a server is started again.
      timer = setTimeout(askWhy, wasOpen ? Math.random() * retryMs.least : 0, leaving.signal);
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
      // A page of an older login, which does not know that it is over, leads nobody else.
      const waiting = navigator.locks.request(`session-events ${user} ${login}`, { signal }, () => lead(leaving));
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

  const sayHere = () => channel.postMessage({ kind: "came", user, login });

  const come = () => {
    sentAt = 0;
    isLoggingOut = false;
    channel = new BroadcastChannel("session-events");
    channel.addEventListener("message", ({ data }) => hear(data));
    sayHere();
    if (!over) takePart();
  };

  const leave = () => {
    leaving.abort();
    channel.close();
  };

  // What this page says about a login that has ended, for the tabs that still show it.
  const whyNobody = () => {
    const notice = document.querySelector(".notice");
    return notice && {
      reason: notice.dataset.reason,
      message: notice.querySelector("p").textContent,
      user_reason: notice.querySelector("q")?.textContent,
    };
  };

  if (user) {
    come();
    document.addEventListener("submit", ({ target, defaultPrevented }) => {
      if (defaultPrevented || !target.matches('form[method="post"]')) return;
      say("sent", { isLogout: target.matches('[action="/logout"]') });
    });
    // A page that is kept for the back button holds nothing that others wait for.
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", ({ persisted }) => persisted && come());
  } else if (!document.querySelector(".trouble")) {
    // An error page may not know who is logged in; any other that names nobody is sure.
    const once = new BroadcastChannel("session-events");
    once.postMessage({ kind: "came", askedAt: performance.timeOrigin, detail: whyNobody() });
    once.close();
  }
}
