// Learns when this login ends or is about to end. All tabs of a browser share one event stream: the tab that holds it
// (the leader) passes its messages on through a `BroadcastChannel`.
//
// Each tab dispatches events on its document: `login-ended`, `login-again` and `login-scheduled`, and `login-ending`
// while it is not known yet which of the first two follows. For staff there is `site-news` too.
"use strict";
if ("BroadcastChannel" in window && "EventSource" in window) {
  const page = document.querySelector("meta[name=curfew-page]").dataset;
  const address = `${page.root}/session/events`;
  // Wait before opening a stream. A page that is left at once opens none, and other tabs are heard first.
  const settleMs = 500;
  // The server sends a scheduled end as soon as a stream opens. After this much silence, none is scheduled.
  const silenceMs = 3_000;
  // How long the response to a form may be on its way, to this tab or to another one.
  const sentMs = 20_000;
  // How long to wait for that response once the login has ended. It names the reason or carries a new login.
  const answerMs = 5_000;
  const retryMs = { least: 5_000, spread: 25_000, most: 600_000 };

  const { user } = page;
  // The login date of this page, by the server's clock. Of two logins, the later one holds the cookie.
  const login = Number(page.login);
  const loadedAt = Date.now();
  let channel;
  let leaving;
  let stream;
  let timer;
  let failures = 0;
  let scheduled;
  let sentAt = 0;
  let isLoggingOut = false;
  // Set once the login of this page is over: the `name` and `detail` of the event, and the time `at`.
  let over;
  let overTimer;

  const dispatch = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  const dispatchOver = () => {
    overTimer = undefined;
    dispatch(over.name, over.detail);
  };

  // Sends a message to all tabs, this one included.
  const broadcast = (kind, detail) => {
    const message = { kind, user, login, detail };
    channel.postMessage(message);
    receive(message);
  };

  const receive = (message) => {
    if (message.kind === "came") receivePage(message);
    else if (message.user === user) receiveLogin(message);
  };

  const receiveLogin = ({ kind, login: theirs, detail }) => {
    if (kind === "sent") {
      sentAt = Date.now();
      isLoggingOut = detail.isLogout;
    } else if (kind === "ended") {
      const isNews = over ? over.name === "login-again" && theirs > login : theirs >= login;
      if (isNews) end("login-ended", detail);
    } else if (kind === "scheduled" && theirs === login && !over) {
      scheduled = detail;
      dispatch("login-scheduled", detail);
    } else if (kind === "news" && theirs === login && !over) {
      dispatch("site-news", detail);
    }
  };

  // A page that has loaded in some tab may be the response to the form. It may also have been requested before the end.
  const receivePage = ({ user: whose, login: theirs, askedAt, detail }) => {
    sentAt = 0;
    if (whose) isLoggingOut = false;
    if (!whose) receiveVisitorPage(askedAt, detail ?? {});
    else if (theirs > login && whose === user) end("login-again");
    else if (theirs > login && over?.name !== "login-ended") end("login-ended", {});
    else if (theirs < login && !over) announceLogin();
    else if (theirs === login && stream && scheduled) broadcast("scheduled", scheduled);
  };

  const receiveVisitorPage = (askedAt, detail) => {
    const addsReason = detail.message && !over?.detail.message;
    if (over?.name !== "login-ended") {
      if (askedAt > (over?.at ?? loadedAt)) end("login-ended", detail);
    } else if (overTimer || addsReason) {
      end("login-ended", addsReason ? detail : over.detail);
    }
  };

  const end = (name, detail) => {
    if (name === "login-again" && over?.name === name) return;
    const isResponseDue = name === "login-ended" && Date.now() - sentAt < sentMs;
    // The page after a logout names no reason.
    const reason = detail?.reason ?? (isLoggingOut ? "logged-out" : undefined);
    over = { name, detail: { ...detail, reason }, at: Date.now() };
    leaving.abort();
    clearTimeout(overTimer);
    if (!isResponseDue) {
      dispatchOver();
      return;
    }
    dispatch("login-ending");
    overTimer = setTimeout(dispatchOver, answerMs);
  };

  const open = () => {
    let wasOpen = false;
    stream = new EventSource(address);
    stream.addEventListener("open", () => {
      wasOpen = true;
      failures = 0;
      timer = setTimeout(broadcast, silenceMs, "scheduled", { at: null });
    });
    stream.addEventListener("scheduled", ({ data }) => {
      clearTimeout(timer);
      broadcast("scheduled", JSON.parse(data));
    });
    stream.addEventListener("news", ({ data }) => broadcast("news", JSON.parse(data)));
    stream.addEventListener("ended", ({ data }) => broadcast("ended", JSON.parse(data)));
    stream.addEventListener("error", () => {
      clearTimeout(timer);
      if (stream.readyState !== EventSource.CLOSED) return;
      // A restart of the server cuts the streams of all browsers at once, so the retries are spread out.
      timer = setTimeout(askWhy, wasOpen ? Math.random() * retryMs.least : 0, leaving.signal);
    });
  };

  // An `EventSource` does not expose the status of a refusal and does not retry it, so a fetch finds out.
  const askWhy = async (signal) => {
    const asking = new AbortController();
    const answer = await fetch(address, { signal: asking.signal }).catch(() => null);
    asking.abort();
    if (signal.aborted) return;
    if (answer?.status === 401) {
      broadcast("ended", {});
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

  // Holds the stream for all tabs of this browser until this tab leaves.
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
      // The lock includes the login, so that a page of an older login cannot become the leader for newer ones.
      const waiting = navigator.locks.request(`session-events ${user} ${login}`, { signal }, () => lead(leaving));
      waiting.catch(() => {}); // left before its turn came
      return;
    }
    // Locks are not available over plain http. There, each visible tab opens a stream.
    const connectWhileVisible = () => {
      disconnect();
      if (document.visibilityState === "visible") connect();
    };
    document.addEventListener("visibilitychange", connectWhileVisible, { signal });
    connectWhileVisible();
  };

  const announceLogin = () => channel.postMessage({ kind: "came", user, login });

  const come = () => {
    channel = new BroadcastChannel("session-events");
    channel.addEventListener("message", ({ data }) => receive(data));
    announceLogin();
    takePart();
  };

  const leave = () => {
    leaving.abort();
    channel.close();
  };

  // What this page says about the end of a login, for the tabs that still show that login.
  const endNotice = () => {
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
      broadcast("sent", { isLogout: target.matches(`[action="${page.root}/logout"]`) });
    });
    // A page in the back/forward cache must not keep the lock. `login-ended.js` replaces it when it returns.
    window.addEventListener("pagehide", leave);
  } else if (!document.querySelector(".trouble, [data-for-anyone]")) {
    // An error page may not know who is logged in, and the page of a link does not ask. Any other page without a user
    // proves that nobody is.
    const once = new BroadcastChannel("session-events");
    once.postMessage({ kind: "came", askedAt: performance.timeOrigin, detail: endNotice() });
    once.close();
  }
}
