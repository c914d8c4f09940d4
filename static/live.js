// Keeps the page's one WebSocket open and fires each topic as a DOM event on #live, with
// ":" turned into "-": topic "execution:414" is event "execution-414". Fragments listen by
// hx-trigger="execution-414 from:#live"; they carry no data, so the server checks each fetch.
const node = document.getElementById("live");
const topics = [...new Set(
  [...document.querySelectorAll("[data-topics]")].flatMap((el) => el.dataset.topics.split(/[\s,]+/)).filter(Boolean)
)];

const event = (topic) => topic.replace(/[^\w.-]+/g, "-");
const fire = (topic) => node.dispatchEvent(new CustomEvent(event(topic), { detail: { topic } }));

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

function say(state) {
  node.dataset.state = state;
  node.textContent = state === "live" ? "Live" : state === "off" ? "Offline" : "Reconnecting";
  node.title = state === "live"
    ? "Connected. Changes appear without reloading."
    : "Not connected. This page shows the last known state.";
}

let socket, attempts = 0, bannerTimer, wasLost = false;
const banner = document.getElementById("live-lost");

function lost() {
  if (document.hidden) return;
  wasLost = true;
  say("reconnecting");
  bannerTimer ??= setTimeout(() => { if (banner) banner.hidden = false; }, 5000);
  setTimeout(connect, Math.min(10000, 250 * 2 ** attempts++) * (0.75 + Math.random() / 2));
}

function connect() {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/ws/live/?topics=${encodeURIComponent(topics.join(","))}`);
  socket.onmessage = (message) => {
    const data = JSON.parse(message.data);
    if (data.topic) return changed(data.topic);
    attempts = 0;
    clearTimeout(bannerTimer); bannerTimer = undefined;
    if (banner) banner.hidden = true;
    say("live");
    // What changed while we were away arrives now.
    if (wasLost) { wasLost = false; topics.forEach(fire); }
  };
  socket.onclose = (close) => (close.code === 4401 ? say("off") : lost());
}

if (node && topics.length) {
  connect();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { wasLost = true; connect(); }
    else setTimeout(() => document.hidden && socket?.close(), 60000);
  });
}
