// From unit to unit, and the units that are on over a marked span.

// Units on over all of the marked span, those that are off elsewhere first.
function unitsOnOver() {
  if (now.from === null || !text.length) return [];
  const [a, b] = [Math.min(now.from, now.to), Math.max(now.from, now.to)];
  const threshold = Number($("threshold").value), units = [];
  for (let layer = 0; layer < L; layer++) {
    for (let unit = 0; unit < H; unit++) {
      const values = text.map((_, t) => value("memory", t, unit, layer));
      for (const sign of [1, -1]) {
        let least = 2, outside = 0;
        values.forEach((v, t) => {
          if (t >= a && t <= b) least = Math.min(least, sign * v);
          else if (sign * v > threshold) outside++;
        });
        const elsewhere = text.length - (b - a + 1);
        if (least > threshold) units.push({ layer, unit, sign, least, on: elsewhere ? outside / elsewhere : 0 });
      }
    }
  }
  return units.sort((p, q) => p.on - q.on || q.least - p.least || p.layer - q.layer || p.unit - q.unit);
}

let spanUnits = [];
function mark(from, to) {
  [now.from, now.to] = [from, to];
  changed("span");
}

function listSpanUnits() {
  const listed = spanUnits.slice(0, 12).map(({ layer, unit, sign, least, on }) => {
    const name = buttonOf(`${layer}:${unit}`, () => chooseUnit(layer, unit));
    const row = rowOf("td", [name, (sign > 0 ? "+" : "−") + least.toFixed(2), `${(on * 100).toFixed(0)} %`]);
    row.classList.toggle("shown", layer === now.layer && unit === now.unit);
    row.onclick = () => chooseUnit(layer, unit);
    return row;
  });
  $("span-units").replaceChildren(...(listed.length ? [rowOf("th", ["layer:unit", "least", "on elsewhere"]), ...listed] : []));
}

parts.push({
  text: () => (now.from === null || Math.max(now.from, now.to) < text.length ? changed("span") : mark(null, null)),
  span() {
    const [a, b] = now.from === null ? [1, 0] : [Math.min(now.from, now.to), Math.max(now.from, now.to)];
    text.forEach(({ box }, t) => box.classList.toggle("marked", t >= a && t <= b));
    spanUnits = unitsOnOver();
    const are = spanUnits.length === 1 ? "unit is" : "units are";
    $("span").textContent =
      now.from === null
        ? "Drag over characters to mark a span."
        : `“${shownText().slice(a, b + 1).join("")}”: ${spanUnits.length} ${are} on over all of it; those off elsewhere come first.`;
    listSpanUnits();
  },
  unit() {
    $("layer").value = now.layer;
    $("unit").value = `${now.layer}:${now.unit}`;
    $("unit-name").textContent = data.names[$("unit").value] ?? "";
    $("quantity").value = now.quantity;
    listSpanUnits();
  },
});

// The next or previous unit by number, by salience, of those with a name, or of those on over the span.
function order() {
  const kind = $("order").value;
  if (kind === "salience") return data.salient[now.layer].map((unit) => [now.layer, unit]);
  const once = (names) => [...new Set(names)].map((name) => unitNamed(name, now));
  if (kind === "name") return once(Object.keys(data.names));
  if (kind === "span" && spanUnits.length) return once(spanUnits.map(({ layer, unit }) => `${layer}:${unit}`));
  return Array.from({ length: H }, (_, unit) => [now.layer, unit]);
}
function nextUnit(by) {
  const list = order();
  const at = list.findIndex(([layer, unit]) => layer === now.layer && unit === now.unit);
  chooseUnit(...list[at < 0 ? 0 : (at + by + list.length) % list.length]);
}

for (let k = 0; k < L; k++) $("layer").append(new Option(k, k));
$("layer-label").hidden = L === 1;
$("quantity").append(...quantities.map((quantity) => new Option(names[quantity] ?? quantity, quantity)));
$("attention-help").hidden = !reach;
$("layer").onchange = () => chooseUnit(Number($("layer").value), now.unit);
$("unit").onchange = () => chooseUnit(...unitNamed($("unit").value, now));
$("previous").onclick = () => nextUnit(-1);
$("next").onclick = () => nextUnit(1);
$("quantity").onchange = () => chooseQuantity($("quantity").value);
$("guesses").onchange = () => $("text").classList.toggle("guesses", $("guesses").checked);
$("threshold").oninput = () => {
  $("threshold-value").textContent = Number($("threshold").value).toFixed(2);
  changed("span");
};
Object.assign(keys, {
  ArrowLeft: () => nextUnit(-1),
  ArrowRight: () => nextUnit(1),
  p: () => $("guesses").click(),
  "[": () => mark(now.here, now.to ?? now.here),
  "]": () => mark(now.from ?? now.here, now.here),
});

// A mouse, pen or finger looks at a character, or marks a span.
// One that is clicked stays in view, whatever the mouse is over, until it is clicked again.
let markedFrom = null, pinned = null;
function pin(t) {
  pinned = t;
  $("text").classList.toggle("pinned", t !== null);
}
$("text").addEventListener("pointerdown", (event) => {
  const t = under(event);
  if (t === null || event.button) return;
  markedFrom = t;
  pin(pinned === t ? null : t);
  look(t);
  if (event.pointerType !== "touch" && now.from !== null) mark(null, null);
});
document.addEventListener("pointermove", (event) => {
  const t = under(event);
  if (t === null || isWriting()) return;
  if (markedFrom === null) {
    if (t !== now.here && pinned === null && !isZoomed()) look(t);
  } else if (t !== now.here) {
    pin(t);
    look(t);
    if (t !== markedFrom) mark(markedFrom, t);
  }
});
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { markedFrom = null; });
