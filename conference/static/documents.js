// Draw over a place on a page. Without this, two corners are chosen one after the other, or typed.
const marks = document.querySelector("[data-marks]");
const form = document.getElementById("mark-form");

if (marks && form) {
  const overlay = marks.querySelector("svg");
  const hint = document.querySelector("[data-marks-hint]");
  if (hint) hint.hidden = false;
  let begun = null;
  let drawn = null;

  const place = (event) => {
    const { left, top, width, height } = marks.getBoundingClientRect();
    const part = (value, whole) => Math.min(Math.max(value / whole, 0), 1);
    return [part(event.clientX - left, width), part(event.clientY - top, height)];
  };
  const box = (to) => [0, 1].flatMap((way) => [Math.min(begun[way], to[way]), Math.max(begun[way], to[way])]);

  marks.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType === "mouse") begun = place(event);
  });
  addEventListener("pointermove", (event) => {
    if (!begun) return;
    const [left, right, top, bottom] = box(place(event));
    if (!drawn) {
      drawn = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      drawn.setAttribute("class", "app-page-mark");
      overlay.append(drawn);
    }
    const sides = { x: left, y: top, width: right - left, height: bottom - top };
    for (const [side, part] of Object.entries(sides)) drawn.setAttribute(side, String(part * 10000));
  });
  addEventListener("pointerup", (event) => {
    if (!begun) return;
    const [left, right, top, bottom] = box(place(event));
    const is_drawn = drawn && right - left > 0.005 && bottom - top > 0.003;
    if (drawn && !is_drawn) drawn.remove();
    begun = drawn = null;
    if (!is_drawn) return; // a click: the browser sends the corner
    // Outwards, so that what was drawn over is covered whole.
    const numbers = { left: Math.floor(left * 100), top: Math.floor(top * 100) };
    Object.assign(numbers, { right: Math.ceil(right * 100), bottom: Math.ceil(bottom * 100) });
    for (const [name, part] of Object.entries(numbers)) form.elements.namedItem(name).value = part;
    marks.addEventListener("click", (click) => click.preventDefault(), { capture: true, once: true });
    form.requestSubmit();
  });
  marks.addEventListener("dragstart", (event) => event.preventDefault());
}
