// Keeps the page's one WebSocket open and fires each topic as a DOM event on #live, with
// every odd character turned into "-": topic "execution:414" is event "execution-414". Fragments
// listen by hx-trigger="execution-414 from:#live"; events carry no data, so the server checks each fetch.
const node = document.getElementById("live");
const banner = document.getElementById("live-lost");
const retry = document.getElementById("live-retry");
const word = node?.querySelector("[data-word]");
const topics = [...new Set(
  [...document.querySelectorAll("[data-topics]")].flatMap((el) => el.dataset.topics.split(/[\s,]+/)).filter(Boolean)
)];

const eventName = (topic) => topic.replace(/[^A-Za-z0-9_.-]/g, "-");
const fire = (topic) => node.dispatchEvent(new CustomEvent(eventName(topic), { detail: { topic } }));

// At most one fetch per topic and second: the first at once, the rest folded into one.
const pending = new Map();
function changed(topic) {
  const entry = pending.get(topic);
  if (entry) { entry.again = true; return; }
  fire(topic);
  const state = { again: false };
  pending.set(topic, state);
  setTimeout(() => { pending.delete(topic); if (state.again) changed(topic); }, 1000);
}

const WORDS = { live: "Live", reconnecting: "Reconnecting", off: "Not live" };
function say(state) {
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  if (state === "live") delete node.dataset.s; else node.dataset.s = "wait";
  if (word) word.textContent = WORDS[state];
  node.title = state === "live"
    ? "Connected. Changes appear without reloading."
    : "Not connected. This page shows the last known state.";
}

let socket, attempts = 0, bannerTimer, retryTimer, wasLost = false, leaving = false;

function showBanner() {
  if (!banner) return;
  banner.hidden = false;
  const since = banner.querySelector("[data-since]");
  if (since && !since.textContent) since.textContent = ` at ${new Date().toLocaleTimeString()}`;
}

function lost() {
  if (leaving || document.hidden) { wasLost = true; return; }
  wasLost = true;
  say("reconnecting");
  bannerTimer ??= setTimeout(showBanner, 5000);
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, Math.min(10000, 250 * 2 ** attempts++) * (0.75 + Math.random() / 2));
}

function ready() {
  attempts = 0;
  clearTimeout(bannerTimer); bannerTimer = undefined;
  if (banner) { banner.hidden = true; const since = banner.querySelector("[data-since]"); if (since) since.textContent = ""; }
  say("live");
  // What changed while we were away arrives now.
  if (wasLost) { wasLost = false; topics.forEach(fire); }
}

function signedOut() {
  say("off");
  const out = document.getElementById("signed-out");
  if (out) out.hidden = false;
}

function connect() {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = socket = new WebSocket(`${scheme}://${location.host}/ws/live/?topics=${encodeURIComponent(topics.join(","))}`);
  mine.onmessage = (message) => {
    const data = JSON.parse(message.data);
    if (data.topic) changed(data.topic);
    else if (data.ready) ready();
  };
  mine.onclose = (close) => {
    if (socket !== mine) return;
    if (close.code === 4401) signedOut(); else lost();
  };
}

if (node && topics.length) {
  connect();
  retry?.addEventListener("click", () => { attempts = 0; clearTimeout(retryTimer); connect(); });
  addEventListener("online", () => { attempts = 0; connect(); });
  addEventListener("pagehide", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; connect(); });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { attempts = 0; connect(); }
    else setTimeout(() => document.hidden && socket?.close(), 60000);
  });
}
