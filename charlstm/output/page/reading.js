// A text coloured by one unit: step through units and layers, look at characters, mark a span.
const N = data.shown.length, H = data.units, gates = data.gates;
const layers = data.layers.map((layer) => {
  const out = { memory: bytes(layer.memory) };
  for (const gate of gates) out[gate] = bytes(layer[gate]);
  return out;
});
const $ = (id) => document.getElementById(id);
const now = { layer: data.start[0], unit: data.start[1], what: "memory", here: 0, from: null, to: null };
const signed = (what) => what === "memory" || !data.sigmoids.includes(what);
const value = (what, t, unit = now.unit, layer = now.layer) => layers[layer][what][unit * N + t] / SCALE;

const breaks = new Set(data.breaks);

// ---- the text, one column for each character
const cells = data.shown.map((shown, t) => {
  const cell = element("b");
  cell.dataset.t = t;
  cell.c = cell.appendChild(element("span", "c", shown));
  cell.gates = gates.map(() => cell.appendChild(element("i")));
  const surprise = cell.appendChild(element("i", "s"));
  if (data.bits[t] !== null) surprise.style.background = heat(data.bits[t] / 10);
  data.likeliest[t].slice(0, 3).forEach((id, k) => {
    const guess = cell.appendChild(element("span", "q", data.alphabet[id]));
    guess.style.background = heat(data.shares[t][k] * 0.8);
  });
  $("text").append(cell);
  if (breaks.has(t)) $("text").append(element("br"));
  return cell;
});

function colour() {
  cells.forEach((cell, t) => {
    const v = value(now.what, t);
    cell.c.style.background = (signed(now.what) ? diverging : opening)(v);
    cell.c.style.color = ink(v);
    gates.forEach((gate, k) => {
      cell.gates[k].style.background = (signed(gate) ? diverging : opening)(value(gate, t));
    });
  });
  $("layer").value = now.layer;
  $("unit").value = now.unit;
  $("what").value = now.what;
  look(now.here);
  listHeld();
}

// ---- one character and all its values
function look(t) {
  cells[now.here].classList.remove("here");
  now.here = clamp(t, 0, N - 1);
  cells[now.here].classList.add("here");
  t = now.here;
  $("place").textContent = `${data.shown[t]}  ${data.names[t]}, character ${t}`;
  $("surprise").textContent =
    data.bits[t] === null ? "never seen in training" : `surprise ${data.bits[t].toFixed(2)} bits; expected here:`;
  $("expected").replaceChildren(
    ...data.likeliest[t].map((id, k) => {
      const row = element("tr"), share = data.shares[t][k];
      row.append(element("td", "mono", data.alphabet[id]), element("td", "", `${(share * 100).toFixed(1)} %`));
      const bar = row.appendChild(element("td")).appendChild(element("span", "bar"));
      bar.style.width = `${share * 8}rem`;
      return row;
    })
  );
  const head = element("tr"), row = element("tr");
  for (const what of ["memory", ...gates]) {
    head.append(element("th", "", what === "memory" ? data.memory : what));
    row.append(element("td", "", number(value(what, t))));
  }
  $("values").replaceChildren(head, row);
  const name = now.what === "memory" ? data.memory : now.what;
  $("strip-label").textContent = `${name} of all ${H} units of layer ${now.layer} here`;
  drawStrip(t);
}

function drawStrip(t) {
  const canvas = $("strip"), context = canvas.getContext("2d");
  canvas.width = H;
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => style.getPropertyValue(name);
  for (let unit = 0; unit < H; unit++) {
    const v = value(now.what, t, unit);
    const name = signed(now.what) ? (v < 0 ? "--minus" : "--plus") : "--open";
    context.fillStyle = `rgba(${rgb(name)}, ${alpha(v)})`;
    context.fillRect(unit, 0, 1, 1);
  }
}

// ---- a marked span: units on over all of it, those that are off elsewhere first
function held() {
  if (now.from === null) return [];
  const [a, b] = [Math.min(now.from, now.to), Math.max(now.from, now.to)];
  const threshold = Number($("threshold").value), found = [];
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
        if (least > threshold) found.push({ layer, unit, sign, least, on: elsewhere ? outside / elsewhere : 0 });
      }
    }
  });
  return found.sort((p, q) => p.on - q.on || q.least - p.least || p.layer - q.layer || p.unit - q.unit);
}

let holding = [];
function mark(from, to) {
  [now.from, now.to] = [from, to];
  const [a, b] = from === null ? [N, -1] : [Math.min(from, to), Math.max(from, to)];
  cells.forEach((cell, t) => cell.classList.toggle("marked", t >= a && t <= b));
  holding = held();
  $("span").textContent =
    from === null
      ? "Drag over characters to mark a span."
      : `“${data.shown.slice(a, b + 1).join("")}”: ${holding.length} hold it; those off elsewhere come first.`;
  listHeld();
}

function listHeld() {
  const head = element("tr");
  for (const name of ["layer.unit", "least", "on elsewhere"]) head.append(element("th", "", name));
  const rows = holding.slice(0, 12).map((one) => {
    const row = element("tr", one.layer === now.layer && one.unit === now.unit ? "shown" : "");
    const sign = one.sign > 0 ? "+" : "−";
    row.append(
      element("td", "", `${one.layer}.${one.unit}`),
      element("td", "", sign + one.least.toFixed(2)),
      element("td", "", `${(one.on * 100).toFixed(0)} %`)
    );
    row.onclick = () => choose(one.layer, one.unit);
    return row;
  });
  $("held").replaceChildren(...(rows.length ? [head, ...rows] : []));
}

// ---- going from unit to unit
function order() {
  const kind = $("order").value;
  if (kind === "telling") return data.telling[now.layer].map((unit) => [now.layer, unit]);
  if (kind === "span" && holding.length) {
    const seen = new Set(), list = [];
    for (const one of holding) {
      const key = `${one.layer}.${one.unit}`;
      if (!seen.has(key)) list.push([one.layer, one.unit]);
      seen.add(key);
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
$("what").append(new Option(data.memory, "memory"), ...gates.map((gate) => new Option(`gate ${gate}`, gate)));
$("unit").max = H - 1;
$("layer").onchange = () => choose(Number($("layer").value), now.unit);
$("unit").onchange = () => choose(now.layer, Number($("unit").value));
$("previous").onclick = () => step(-1);
$("next").onclick = () => step(1);
$("what").onchange = () => { now.what = $("what").value; colour(); };
$("guesses").onchange = () => $("text").classList.toggle("guesses", $("guesses").checked);
$("threshold").oninput = () => {
  $("threshold-value").textContent = Number($("threshold").value).toFixed(2);
  mark(now.from, now.to);
};
$("strip").onclick = (event) => choose(now.layer, Math.floor((event.offsetX / $("strip").clientWidth) * H));

const keys = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => choose(now.layer - 1, now.unit),
  ArrowDown: () => choose(now.layer + 1, now.unit),
  g: () => {
    const all = ["memory", ...gates];
    now.what = all[(all.indexOf(now.what) + 1) % all.length];
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

// ---- hover and brush, by mouse, pen or finger
let brushing = null;
const under = (event) => {
  const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest("#text b");
  return cell ? Number(cell.dataset.t) : null;
};
$("text").addEventListener("pointerdown", (event) => {
  const t = under(event);
  if (t === null || event.button) return;
  brushing = t;
  look(t);
  if (event.pointerType !== "touch") mark(null, null);
});
document.addEventListener("pointermove", (event) => {
  const t = under(event);
  if (t === null) return;
  if (t !== now.here) look(t);
  if (brushing !== null && t !== brushing) mark(brushing, t);
});
document.addEventListener("pointerup", () => { brushing = null; });
document.addEventListener("pointercancel", () => { brushing = null; });

if (N <= 2000) $("guesses").click();
mark(null, null);
colour();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colour);
