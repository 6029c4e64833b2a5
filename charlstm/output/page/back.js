// Going back through the list of operations: what each earlier character did to what comes next.

// Add the transposed rows of a matrix, from row `first` on, times a vector; four rows at a time.
function addTransposed(matrix, first, vector, out) {
  const size = out.length, rows = vector.length;
  let r = 0, k = first * size;
  for (; r + 3 < rows; r += 4, k += 4 * size) {
    const a = vector[r], b = vector[r + 1], c = vector[r + 2], d = vector[r + 3];
    for (let j = 0, n = k; j < size; j++, n++) {
      out[j] += a * matrix[n] + b * matrix[n + size] + c * matrix[n + 2 * size] + d * matrix[n + 3 * size];
    }
  }
  for (; r < rows; r++) for (let j = 0; j < size; j++, k++) out[j] += vector[r] * matrix[k];
}
function add(out, a, scale = 1) {
  for (let k = 0; k < out.length; k++) out[k] += scale * a[k];
}
function addProduct(out, a, b) {
  if (!b.length) add(out, a, b);
  else for (let k = 0; k < out.length; k++) out[k] += a[k] * b[k];
}
const zeros = (size = H) => new Float64Array(size);

// The gradient of each operation's value in the step at work. Constants have none.
const gradients = data.program.steps.map(({ op }) => (op === "constant" ? null : zeros()));

// One layer's step back. `d` holds the gradients of the new states, and then of those before. That of x
// is added to `dx`; in the first layer dx(row, g) gets that of each gate's row.
function layerBack(weight, values, held, d, dx) {
  const { steps, states } = data.program;
  for (const gradient of gradients) gradient?.fill(0);
  for (const name in states) {
    add(gradients[states[name]], d[name]);
    d[name].fill(0);
  }
  for (let k = steps.length - 1; k >= 0; k--) {
    const { op, of = [], row, name, weight: by } = steps[k], g = gradients[k], v = values[k];
    const a = gradients[of[0]], b = gradients[of[1]];
    for (const it of held) if (it.k === k) g[it.unit] = 0;
    if (op === "state") add(d[name], g);
    else if (op === "input" && weight.E) dx(row, g);
    else if (op === "input") addTransposed(weight.W_x, row * H, g, dx);
    else if (op === "product") addTransposed(weight[by], row * H, g, a);
    else if (op === "scale") addProduct(a, g, weight[by].subarray(row * H, row * H + H));
    else if (op === "multiply") {
      if (a) addProduct(a, g, values[of[1]]);
      if (b) addProduct(b, g, values[of[0]]);
    } else if (op === "sigmoid") for (let j = 0; j < H; j++) a[j] += g[j] * v[j] * (1 - v[j]);
    else if (op === "tanh") for (let j = 0; j < H; j++) a[j] += g[j] * (1 - v[j] * v[j]);
    else {
      if (a) add(a, g);
      if (b) add(b, g, op === "add" ? 1 : -1);
    }
  }
}

// From the gradient dz of what the readout reads at step n to those of the top layer's outputs.
function readoutBack(steps, n, dz, outputs) {
  const { attention } = network, { seen, q, p } = lookBack(steps[n].output);
  add(outputs[n], dz);
  if (!seen.length) return;
  const du = dz.map((value, k) => value * attention.v[k]), dq = zeros();
  p.forEach((weights, r) => {
    const of = (vector) => vector.subarray(r * perHead, (r + 1) * perHead), dp = seen.map((m) => dotOfHead(m, du, r));
    const mean = dp.reduce((sum, value, j) => sum + weights[j] * value, 0);
    seen.forEach((m, j) => {
      const dk = (weights[j] * (dp[j] - mean)) / Math.sqrt(perHead), dm = of(outputs[n - 1 - j]);
      add(dm, of(du), weights[j]);
      add(dm, of(q), dk);
      add(of(dq), of(m), dk);
    });
  });
  addTransposed(attention.W_a, 0, dq, outputs[n]);
}

// Back from the last step to step `to`: `d` are the gradients of the states after it, `outputs` those of
// each step's output besides; dx(n, row, g) gets those of each gate's row of step n.
function passBack(steps, to, d, outputs, dx) {
  for (let n = steps.length - 1; n >= to; n--) {
    const { values, held, id } = steps[n];
    add(d[L - 1].h, outputs[n]);
    for (let k = L - 1; k >= 0; k--) {
      layerBack(network.layers[k], values[k], held[k], d[k], k ? d[k - 1].h : (row, g) => dx(n, row, g));
    }
    if (id === data.reset_at) d.forEach((states) => Object.values(states).forEach((state) => state.fill(0)));
  }
}

// The steps that read a continuation after `last`, without its last character, and its log-probability.
function readOn(last, ids, reader = network) {
  const steps = [last];
  let total = 0;
  ids.forEach((id, k) => {
    const { logits } = steps[k], highest = logits[likeliestOf(logits)];
    total += logits[id] - highest - Math.log(logits.reduce((sum, y) => sum + Math.exp(y - highest), 0));
    if (k + 1 < ids.length) steps.push({ id, ...step(steps[k], id, reader) });
  });
  return { total, steps };
}
const difference = (totals) => totals.reduce((a, b) => a - b);

// The influence of the first `count` characters on the log-probability of a continuation, or on its
// difference to another's: `signed` is the gradient times the character's row less the mean row, `norm`
// the gradient's norm, `total` what is explained, in nats.
function influence(count, continuations) {
  const { E } = network.layers[0], size = E.length / (V + 1), mean = zeros(size);
  for (let id = 0; id < V; id++) add(mean, E.subarray(id * size, (id + 1) * size), 1 / V);
  const before = [{ id: data.newline, ...origin }, ...text.slice(0, count)], d = fresh().states;
  const outputs = before.map(() => zeros()), signed = zeros(count), norm = zeros(count);
  const totals = continuations.map((ids, which) => {
    const { total, steps } = readOn(before[count], ids), after = steps.slice(1), mine = fresh().states;
    const all = [...before, ...after], ends = [...outputs, ...after.map(() => zeros())], sign = which ? -1 : 1;
    ids.forEach((id, k) => {
      const dy = Float64Array.from(softmax(steps[k].logits, 1), (p) => -sign * p), dz = zeros();
      dy[id] += sign;
      addTransposed(network.readout.W_y, 0, dy, dz);
      readoutBack(all, count + k, dz, ends);
    });
    passBack(all, count + 1, mine, ends, () => {});
    mine.forEach((states, layer) => { for (const name in states) add(d[layer][name], states[name]); });
    return total;
  });
  passBack(before, 1, d, outputs, (n, row, g) => {
    for (let k = 0, e = row * H; k < H; k++, e++) {
      signed[n - 1] += g[k] * (E[before[n].id * size + e] - mean[e]);
      norm[n - 1] += g[k] * g[k];
    }
  });
  return { signed, norm: norm.map(Math.sqrt), total: difference(totals) };
}
