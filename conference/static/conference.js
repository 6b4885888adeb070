// Hide the screen; warn before the session ends; wake govuk-frontend. Every page works without this.
import {
  Button,
  ErrorSummary,
  Radios,
  SkipLink,
  createAll,
} from "./vendor/govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const Part of [Button, ErrorSummary, Radios, SkipLink]) createAll(Part);

// --- hide screen: the button, or Shift three times in 5 seconds ---

const hiding = document.querySelector("form[data-hide-screen]");
const WITHIN = 5000;
let presses = [];

function hide() {
  const { action, dataset } = hiding;
  const body = new URLSearchParams(new FormData(hiding));
  document.title = "Ready";
  document.body.replaceChildren();
  document.documentElement.replaceChildren(document.head, document.body);
  history.replaceState(null, "", dataset.ready);
  // Manual, because the way out may lead to the agency's own provider, which this page must not follow.
  fetch(action, { method: "POST", body, keepalive: true, redirect: "manual" }).finally(() => {
    const back = () => location.replace(dataset.ready);
    addEventListener("keydown", back, { once: true });
    addEventListener("pointerdown", back, { once: true });
  });
}

if (hiding) {
  hiding.addEventListener("submit", (event) => {
    event.preventDefault();
    hide();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Shift") {
      presses = [];
    } else if (!event.repeat) {
      presses = [...presses.filter((at) => event.timeStamp - at < WITHIN), event.timeStamp];
      if (presses.length === 3) hide();
    }
  });
}

// A page that comes out of the browser's memory may be hidden or signed out by now.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// --- the session ends: said two minutes before; when it is over the page goes ---

const warning = document.querySelector("[data-session-ends]");
const WARN = 2 * 60 * 1000;
let timers = [];

function watch(left) {
  timers.forEach(clearTimeout);
  timers = [
    setTimeout(() => ask(warning.dataset.sessionAsk), Math.max(0, left - WARN)),
    setTimeout(() => ask(warning.dataset.sessionAsk), Math.max(0, left) + 1000),
  ];
}

// Another tab may have used the session since, so the server says how long there is.
async function ask(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return location.replace(location.pathname);
  const { ends, now, words } = await answer.json();
  const left = new Date(ends) - new Date(now);
  warning.toggleAttribute("hidden", left > WARN);
  warning.querySelector("p").textContent = words;
  if (left > WARN) watch(left);
}

if (warning) {
  const { sessionEnds, sessionNow } = warning.dataset;
  watch(new Date(sessionEnds) - new Date(sessionNow));
  warning.querySelector("[data-stay]").addEventListener("click", (event) => {
    event.preventDefault();
    ask(event.currentTarget.href);
  });
}

// --- print: only where the page itself is the print ---

document.querySelector("[data-print]")?.addEventListener("click", () => print());
