// A text coloured by one unit: step through units and layers, look at characters, mark a span.
const N = data.shown.length, H = data.units, rows = data.rows;
const layers = data.layers.map((layer) => {
  const out = { memory: bytes(layer.memory) };
  for (const row of rows) out[row] = bytes(layer[row]);
  return out;
});
const now = { layer: data.start[0], unit: data.start[1], quantity: "memory", here: 0, from: null, to: null };
const nameOf = (quantity) => (quantity === "memory" ? data.memory : quantity === "h" ? "h" : `gate ${quantity}`);
const signed = (quantity) => quantity === "memory" || !data.sigmoids.includes(quantity);
const value = (quantity, t, unit = now.unit, layer = now.layer) => layers[layer][quantity][unit * N + t] / SCALE;

// ---- the text, one column for each character
const boxes = data.shown.map((shown, t) => {
  const box = characterBox(shown, t);
  box.rows = bars(box, rows);
  const surprise = box.appendChild(element("i", "s"));
  if (data.bits[t] !== null) surprise.style.background = heat(data.bits[t] / 10);
  data.likeliest[t].slice(0, 3).forEach((id, k) => {
    const guess = box.appendChild(element("span", "q", data.alphabet[id]));
    guess.style.background = heat(data.shares[t][k] * 0.8);
  });
  return box;
});

function colour() {
  boxes.forEach((box, t) => {
    const v = value(now.quantity, t);
    box.c.style.background = (signed(now.quantity) ? diverging : opening)(v);
    box.c.style.color = ink(v);
    rows.forEach((row, k) => {
      box.rows[k].style.background = (signed(row) ? diverging : opening)(value(row, t));
    });
  });
  $("layer").value = now.layer;
  $("unit").value = `${now.layer}:${now.unit}`;
  $("quantity").value = now.quantity;
  look(now.here);
  listSpanUnits();
}

// ---- one character and all its values
function look(t) {
  boxes[now.here].classList.remove("here");
  now.here = clamp(t, 0, N - 1);
  boxes[now.here].classList.add("here");
  t = now.here;
  tell(t);
  const head = element("tr"), row = element("tr");
  for (const quantity of ["memory", ...rows]) {
    head.append(element("th", "", quantity === "memory" ? data.memory : quantity));
    row.append(element("td", "", number(value(quantity, t))));
  }
  $("values").replaceChildren(head, row);
  $("all-units-label").textContent = `${nameOf(now.quantity)} of all ${H} units of layer ${now.layer} here`;
  const values = Array.from({ length: H }, (_, unit) => value(now.quantity, t, unit));
  drawUnits($("all-units"), values, signed(now.quantity));
}

// ---- a marked span: units on over all of it, those that are off elsewhere first
function unitsOnOver() {
  if (now.from === null) return [];
  const [a, b] = [Math.min(now.from, now.to), Math.max(now.from, now.to)];
  const threshold = Number($("threshold").value), units = [];
  layers.forEach((_, layer) => {
    for (let unit = 0; unit < H; unit++) {
      for (const sign of [1, -1]) {
        let least = 2, outside = 0;
        for (let t = 0; t < N; t++) {
          const v = sign * value("memory", t, unit, layer);
          if (t >= a && t <= b) least = Math.min(least, v);
          else if (v > threshold) outside++;
        }
        const elsewhere = N - (b - a + 1);
        if (least > threshold) units.push({ layer, unit, sign, least, on: elsewhere ? outside / elsewhere : 0 });
      }
    }
  });
  return units.sort((p, q) => p.on - q.on || q.least - p.least || p.layer - q.layer || p.unit - q.unit);
}

let spanUnits = [];
function mark(from, to) {
  [now.from, now.to] = [from, to];
  const [a, b] = from === null ? [N, -1] : [Math.min(from, to), Math.max(from, to)];
  boxes.forEach((box, t) => box.classList.toggle("marked", t >= a && t <= b));
  spanUnits = unitsOnOver();
  const are = spanUnits.length === 1 ? "unit is" : "units are";
  $("span").textContent =
    from === null
      ? "Drag over characters to mark a span."
      : `“${data.shown.slice(a, b + 1).join("")}”: ${spanUnits.length} ${are} on over all of it; those off elsewhere come first.`;
  listSpanUnits();
}

function listSpanUnits() {
  const head = element("tr");
  for (const name of ["layer:unit", "least", "on elsewhere"]) head.append(element("th", "", name));
  const rows = spanUnits.slice(0, 12).map((entry) => {
    const row = element("tr", entry.layer === now.layer && entry.unit === now.unit ? "shown" : "");
    const sign = entry.sign > 0 ? "+" : "−";
    row.append(
      element("td", "", `${entry.layer}:${entry.unit}`),
      element("td", "", sign + entry.least.toFixed(2)),
      element("td", "", `${(entry.on * 100).toFixed(0)} %`)
    );
    row.onclick = () => choose(entry.layer, entry.unit);
    return row;
  });
  $("span-units").replaceChildren(...(rows.length ? [head, ...rows] : []));
}

// ---- going from unit to unit
function order() {
  const kind = $("order").value;
  if (kind === "salience") return data.salient[now.layer].map((unit) => [now.layer, unit]);
  if (kind === "span" && spanUnits.length) {
    const listed = new Set(), list = [];
    for (const entry of spanUnits) {
      const key = `${entry.layer}:${entry.unit}`;
      if (!listed.has(key)) list.push([entry.layer, entry.unit]);
      listed.add(key);
    }
    return list;
  }
  return Array.from({ length: H }, (_, unit) => [now.layer, unit]);
}

function step(by) {
  const list = order();
  const at = list.findIndex(([layer, unit]) => layer === now.layer && unit === now.unit);
  const next = at < 0 ? 0 : (at + by + list.length) % list.length;
  choose(...list[next]);
}

function choose(layer, unit) {
  now.layer = clamp(Math.round(layer) || 0, 0, layers.length - 1);
  now.unit = clamp(Math.round(unit) || 0, 0, H - 1);
  colour();
}

// ---- controls
layers.forEach((_, k) => $("layer").append(new Option(k, k)));
$("layer-label").hidden = layers.length === 1;
$("quantity").append(...["memory", ...rows].map((quantity) => new Option(nameOf(quantity), quantity)));
$("layer").onchange = () => choose(Number($("layer").value), now.unit);
$("unit").onchange = () => choose(...unitNamed($("unit").value, now));
$("previous").onclick = () => step(-1);
$("next").onclick = () => step(1);
$("quantity").onchange = () => { now.quantity = $("quantity").value; colour(); };
$("guesses").onchange = () => $("text").classList.toggle("guesses", $("guesses").checked);
$("threshold").oninput = () => {
  $("threshold-value").textContent = Number($("threshold").value).toFixed(2);
  mark(now.from, now.to);
};
$("all-units").onclick = (event) => choose(now.layer, Math.floor((event.offsetX / $("all-units").clientWidth) * H));

const keys = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => choose(now.layer - 1, now.unit),
  ArrowDown: () => choose(now.layer + 1, now.unit),
  g: () => {
    const all = ["memory", ...rows];
    now.quantity = all[(all.indexOf(now.quantity) + 1) % all.length];
    colour();
  },
  p: () => $("guesses").click(),
  ",": () => look(now.here - 1),
  ".": () => look(now.here + 1),
  "[": () => mark(now.here, now.to ?? now.here),
  "]": () => mark(now.from ?? now.here, now.here),
  Escape: () => mark(null, null),
};
document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input:not([type=checkbox]), select");
  if (field || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

// ---- hover, and mark a span by mouse, pen or finger
let markedFrom = null;
$("text").addEventListener("pointerdown", (event) => {
  const t = under(event);
  if (t === null || event.button) return;
  markedFrom = t;
  look(t);
  if (event.pointerType !== "touch") mark(null, null);
});
document.addEventListener("pointermove", (event) => {
  const t = under(event);
  if (t === null) return;
  if (t !== now.here) look(t);
  if (markedFrom !== null && t !== markedFrom) mark(markedFrom, t);
});
document.addEventListener("pointerup", () => { markedFrom = null; });
document.addEventListener("pointercancel", () => { markedFrom = null; });

letterLines($("text"));
if (N <= 2000) $("guesses").click();
mark(null, null);
colour();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colour);
