// What is in view: the text as it was read, a unit, a quantity, a place, a marked span.
const gates = Object.keys(data.program.gates);
const rows = [...gates, ...(data.memory.state === "h" ? [] : ["h"])];
const now = { layer: data.start[0], unit: data.start[1], quantity: "memory", here: 0, from: null, to: null, looked: [] };
const names = { memory: data.memory.name, ...Object.fromEntries(gates.map((gate) => [gate, `gate ${gate}`])) };
if (rows.includes("h")) names.h = "h";
const quantities = [...Object.keys(names), ...(reach ? ["attention"] : [])];
const signed = (quantity) => quantity === "memory" || !data.sigmoids.includes(quantity);
const colourOf = (quantity) => (quantity === "attention" ? heat : signed(quantity) ? diverging : opening);

// The steps of the text: {id, given, bits, box, shown} and what `step` returns. A step is a character that
// is read; what the network then expects is that step's. `origin` has read the newline before.
let text = [], origin = step(fresh(), data.newline);
const stepBefore = (t) => (t ? text[t - 1] : origin);
const shownText = () => text.map(({ shown }) => shown);
const written = (from = 0, to = text.length) => decode(text.slice(from, to).map(({ id }) => id));

function value(quantity, t, unit = now.unit, layer = now.layer) {
  if (quantity === "attention") return now.looked[now.here - 1 - t] ?? 0;
  if (quantity === "h") return text[t].states[layer].h[unit];
  if (quantity !== "memory") return text[t].gates[layer][quantity][unit];
  const memory = text[t].states[layer][data.memory.state][unit];
  return data.memory.name === data.memory.state ? memory : Math.tanh(memory);
}

// The parts of the page. Each may have a function for a change of `text`, `unit`, `place` or `span`;
// a change of the text or the unit changes what is seen at the place too.
const parts = [];
function changed(what) {
  for (const part of parts) part[what]?.();
  if (what === "text" || what === "unit") changed("place");
}

function chooseUnit(layer, unit) {
  now.layer = clamp(Math.round(layer) || 0, 0, L - 1);
  now.unit = clamp(Math.round(unit) || 0, 0, H - 1);
  changed("unit");
}
function chooseQuantity(quantity) {
  now.quantity = quantity;
  changed("unit");
}
function look(t) {
  now.here = clamp(t, 0, Math.max(0, text.length - 1));
  changed("place");
}

// Keys, which no field takes: {key: function}.
const keys = {
  ",": () => look(now.here - 1),
  ".": () => look(now.here + 1),
  ArrowUp: () => chooseUnit(now.layer - 1, now.unit),
  ArrowDown: () => chooseUnit(now.layer + 1, now.unit),
  g: () => chooseQuantity(quantities[(quantities.indexOf(now.quantity) + 1) % quantities.length]),
};
document.addEventListener("keydown", (event) => {
  const isPress = event.key === "Enter" || event.key === " ";
  const field = event.target.closest(`input:not([type=checkbox]), select, textarea${isPress ? ", button, summary" : ""}`);
  if ((field && event.key !== "Escape") || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
