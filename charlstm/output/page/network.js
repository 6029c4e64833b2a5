// The model itself: its weights, and one step as the cell's plain form has it.

// A weight: whole numbers of 16 bits, each row times its scale.
function fixed(weight) {
  const raw = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const scales = new Float32Array(raw(weight.scales)), whole = new Int16Array(raw(weight.values));
  const size = whole.length / scales.length;
  return Float32Array.from(whole, (value, k) => value * scales[Math.floor(k / size)]);
}

const H = data.hidden_size;
const block = (texts) => Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fixed(text)]));
const weights = data.layers.map(block), attention = block(data.attention), { heads, reach } = data;
const W_y = fixed(data.W_y), b_y = fixed(data.b_y), V = b_y.length;
const sigmoid = (a) => 1 / (1 + Math.exp(-a));

// `rows` rows of a matrix from row `first` on, times a vector.
function times(matrix, first, rows, vector) {
  const out = new Float64Array(rows), size = vector.length;
  for (let r = 0, k = first * size; r < rows; r++) {
    let sum = 0;
    for (let j = 0; j < size; j++, k++) sum += matrix[k] * vector[j];
    out[r] = sum;
  }
  return out;
}

const two = (apply) => (a, b) => {
  const out = new Float64Array(H);
  for (let k = 0; k < H; k++) out[k] = apply(a.length ? a[k] : a, b.length ? b[k] : b);
  return out;
};
const elementwise = {
  add: two((a, b) => a + b),
  subtract: two((a, b) => a - b),
  multiply: two((a, b) => a * b),
  sigmoid: (a) => a.map(sigmoid),
  tanh: (a) => a.map(Math.tanh),
};

// One layer's step: x is a character's id in the first layer, else the outputs below.
function layerStep(weight, state, x) {
  const values = [];
  for (const one of data.program.steps) {
    const [a, b] = (one.of || []).map((k) => values[k]);
    const first = one.row * H;
    let value;
    if (one.op === "state") value = state[one.name];
    else if (one.op === "constant") value = one.value;
    else if (one.op === "bias") value = weight.b.subarray(first, first + H);
    else if (one.op === "input" && weight.E) {
      const start = x * (weight.E.length / (V + 1)) + first;
      value = weight.E.subarray(start, start + H);
    } else if (one.op === "input") value = times(weight.W_x, first, H, x);
    else if (one.op === "product") value = times(weight[one.weight], first, H, a);
    else if (one.op === "scale") value = elementwise.multiply(weight[one.weight].subarray(first, first + H), a);
    else value = elementwise[one.op](a, b);
    values.push(value);
  }
  const named = (places) => Object.fromEntries(Object.entries(places).map(([name, k]) => [name, values[k]]));
  return { state: named(data.program.states), gates: named(data.program.gates) };
}

// Attention after an output h, which leads to those before it: what the readout reads, and the
// weights p of the outputs 1, 2, … steps ago, in the mean of all heads. Without attention the reach
// is 0. Each head has so many units, from its first on.
function lookBack({ h, before }) {
  const seen = [];
  for (let one = before; one && seen.length < reach; one = one.before) seen.push(one.h);
  if (!seen.length) return { z: h, p: [] };
  const q = times(attention.W_a, 0, H, h).map((sum, k) => sum + attention.b_a[k]);
  const units = H / heads, z = h.slice(), p = seen.map(() => 0);
  for (let r = 0; r < heads; r++) {
    const own = (vector) => vector.subarray(r * units, (r + 1) * units);
    const score = (m, j) => times(own(m), 0, 1, own(q))[0] / Math.sqrt(units) + attention.d[r * reach + j];
    softmax(seen.map(score), 1).forEach((weight, j) => {
      p[j] += weight / heads;
      for (let k = r * units; k < (r + 1) * units; k++) z[k] += attention.v[k] * weight * seen[j][k];
    });
  }
  return { z, p };
}

const fresh = () => ({
  states: weights.map(() =>
    Object.fromEntries(Object.keys(data.program.states).map((name) => [name, new Float64Array(H)]))),
  output: null,
});

// Read one character: the new states, what each layer did, the top layer's output, and the next
// character's logits.
function step(last, id) {
  let x = id;
  const before = id === data.reset_at ? fresh() : last;
  const layers = weights.map((weight, k) => {
    const done = layerStep(weight, before.states[k], x);
    x = done.state.h;
    return done;
  });
  const output = { h: x, before: before.output };
  const logits = times(W_y, 0, V, lookBack(output).z).map((sum, k) => sum + b_y[k]);
  return { states: layers.map((layer) => layer.state), gates: layers.map((layer) => layer.gates), output, logits };
}

const byteOf = new TextEncoder(), textOf = new TextDecoder();
const ids = new Map(data.characters.map((character, id) => [character, id]));
const encode = (text) =>
  data.tokens === "byte" ? [...byteOf.encode(text)] : [...text].map((c) => ids.get(c) ?? V);
const decode = (list) =>
  data.tokens === "byte" ? textOf.decode(new Uint8Array(list)) : list.map((id) => data.characters[id] ?? "\ufffd").join("");

function softmax(logits, temperature) {
  const highest = Math.max(...logits);
  const odds = Array.from(logits, (y) => Math.exp((y - highest) / temperature));
  const total = odds.reduce((sum, one) => sum + one, 0);
  return odds.map((one) => one / total);
}

// The next character, as `charlstm sample` chooses it: the likeliest at temperature 0, else drawn
// from those that top-k, top-p and min-p leave; 0 stands for no limit.
function choose(logits, { temperature = 1, "top-k": k = 0, "top-p": p = 0, "min-p": least = 0 }, random = Math.random()) {
  if (temperature === 0) return logits.indexOf(Math.max(...logits));
  const odds = softmax(logits, 1), order = [...odds.keys()].sort((a, b) => odds[b] - odds[a]);
  let sum = 0;
  const kept = order.filter((id, rank) => {
    const stays = (!k || rank < k) && (!p || sum < p) && odds[id] >= least * odds[order[0]];
    sum += odds[id];
    return stays;
  });
  const tempered = softmax(kept.map((id) => logits[id]), temperature);
  let left = random;
  return kept.find((_, n) => (left -= tempered[n]) < 0) ?? kept[0];
}

// The step that has read a text after a newline, and what is written after it at temperature 0.
const after = (prime) => encode(prime).reduce((last, id) => step(last, id), step(fresh(), data.newline));
const logitsAfter = (prime) => after(prime).logits;
function greedy(prime, length) {
  let last = after(prime);
  const written = [];
  while (written.length < length) {
    written.push(choose(last.logits, { temperature: 0 }));
    last = step(last, written.at(-1));
  }
  return decode(written);
}
