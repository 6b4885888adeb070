// Each open page that shows something asks every second whether it still holds. What does not hold goes at
// once; what is new waits for whoever reads; where nobody can say, all is hidden. Without this a reload does it.
import { Button, ErrorSummary, Radios, createAll } from "./vendor/govuk-frontend.min.js";

const EVERY = 1000;
const PATIENCE = 3000; // milliseconds until an answer counts as none
const SLEPT = 5000; // after so long without an answer nobody knows what became of the page
const TYPED = "input:not([type=hidden]), textarea, select";

let isAsking = false;
let lastGood = Date.now();

const open = () => document.querySelector("[data-live]");
const main = () => document.querySelector("#main-content");

async function look() {
  const page = open();
  if (!page) return;
  if (Date.now() - lastGood > SLEPT) hide();
  if (isAsking) return;
  isAsking = true;
  try {
    await ask(page);
    lastGood = Date.now();
  } catch {
    hide();
  } finally {
    isAsking = false;
  }
}

async function ask(page) {
  const address = new URL(page.dataset.live, location.href);
  address.searchParams.set("seen", page.dataset.liveSeen);
  const answer = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.status >= 500 || answer.status === 400) throw new Error("nobody can say");
  if (answer.status === 404 && once(page)) return empty(page);
  if (answer.status !== 200 && answer.status !== 204) return leave();
  const became = answer.status === 204 ? "same" : (await answer.json()).answer;
  if (became === "less") await renew(page);
  else main().querySelector("[data-live-new]")?.toggleAttribute("hidden", became === "same");
  show();
}

// Where the page can be asked for again: mostly where it is, but a form may have been answered elsewhere.
const address = () =>
  main().querySelector("[data-live-page]")?.dataset.livePage ?? location.pathname + location.search;

// Not theirs any more, or signed out: the page says which, once it is asked for again.
function leave() {
  const again = address();
  main().replaceChildren();
  location.replace(again);
}

// What to do about an answer to something typed, which cannot be asked for again; else undefined.
function once(page) {
  if (main().querySelector("[data-live-page]")) return undefined;
  return (main().querySelector("[data-live-once]") ?? page).dataset.liveOnce;
}

function empty(page) {
  const said = document.createElement("p");
  said.className = "govuk-body";
  said.setAttribute("role", "alert");
  said.textContent = `Something here is no longer shared with you. ${once(page)}`;
  main().replaceChildren(said);
  page.remove();
}

// The page anew, by the way that is logged; what was typed stays, where anything can be.
async function renew(page) {
  if (once(page)) return empty(page);
  if (main().querySelector("[data-live-reload]")) return leave();
  const typed = keepTyped();
  const target = "#main-content";
  const how = { source: document.body, target, select: target, selectOOB: "#page-foot", swap: "outerHTML" };
  await htmx.ajax("GET", address(), how);
  if (page.isConnected) throw new Error("it did not come");
  putBack(typed);
  for (const Part of [Button, ErrorSummary, Radios]) createAll(Part, undefined, main());
}

const keyOf = (field) =>
  [field.form?.action, field.name, /radio|checkbox/.test(field.type) ? field.value : ""].join(" ");

function keepTyped() {
  const fields = new Map();
  for (const field of main().querySelectorAll(TYPED)) {
    fields.set(keyOf(field), { value: field.value, checked: field.checked });
  }
  const opened = [...main().querySelectorAll("details[open] > summary")].map((one) => one.textContent);
  const focus = document.activeElement?.matches(TYPED) ? keyOf(document.activeElement) : null;
  return { fields, opened, focus };
}

function putBack({ fields, opened, focus }) {
  for (const summary of main().querySelectorAll("details > summary")) {
    if (opened.includes(summary.textContent)) summary.parentElement.open = true;
  }
  for (const field of main().querySelectorAll(TYPED)) {
    const before = fields.get(keyOf(field));
    if (!before) continue;
    if (/radio|checkbox/.test(field.type)) field.checked = before.checked;
    else if (field.tagName !== "SELECT" || [...field.options].some((one) => one.value === before.value)) {
      field.value = before.value;
    }
    if (keyOf(field) === focus) field.focus();
  }
}

function hide() {
  if (document.querySelector("[data-live-stale]") || !open()) return;
  const hour = new Date().toLocaleTimeString("en-GB", {
    hour: "numeric",
    minute: "2-digit",
    hourCycle: "h12",
    timeZone: "Europe/London",
  });
  const said = document.createElement("p");
  said.className = "govuk-body govuk-main-wrapper";
  said.dataset.liveStale = "";
  said.setAttribute("role", "alert");
  said.textContent =
    `Connection lost at ${hour.replace(/\s/g, "")}. ` +
    "The case is hidden because it may have changed. Your notes are safe.";
  main().hidden = true;
  main().before(said);
}

function show() {
  document.querySelector("[data-live-stale]")?.remove();
  main().hidden = false;
}

setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
