// Why this character: the text before it, shaded by influence, and the units that bring its logit.
const STRONGEST = 8; // characters and units with their numbers
const plus = (v) => (v === undefined ? "—" : (v < 0 ? "−" : "+") + Math.abs(v).toFixed(3));
const quoted = (list) => `“${list.map((id) => data.shown[id]).join("")}”`;
let why = null, whyPause = null, leaving = null;

// What is asked: {count, continuations}, or why there is no answer.
function asked() {
  const [own, against] = ["why-for", "why-against"].map((id) => encode($(id).value));
  const here = text[now.here], count = own.length ? now.here + 1 : now.here;
  if (!here || !count) return "No character stands before this one; choose a later one.";
  const continuations = [own.length ? own : [here.id], ...(against.length ? [against] : [])];
  if (continuations.flat().includes(V)) return "The model has never seen this character in training, so it has no probability of it.";
  const [one, other] = continuations;
  if (other && one.every((id, k) => k >= other.length || id === other[k])) {
    return "One is the beginning of the other, so nothing decides between them; type two that differ.";
  }
  return { count, continuations };
}

// A logit, or the difference of two, as a sum over the top layer's units, the largest term first.
function logitSum({ count, continuations: [one, other = []] }) {
  const shared = other.length ? one.findIndex((id, k) => id !== other[k]) : 0;
  const { steps } = readOn(stepBefore(count), one.slice(0, shared + 1)), { output } = steps[shared];
  const { z } = lookBack(output), { W_y, b_y } = network.readout, id = one[shared], against = other[shared];
  const terms = Array.from({ length: H }, (_, unit) => {
    const weight = W_y[id * H + unit] - (other.length ? W_y[against * H + unit] : 0);
    return { unit, weight, h: output.h[unit], picked: z[unit] - output.h[unit], term: weight * z[unit] };
  });
  const bias = b_y[id] - (other.length ? b_y[against] : 0);
  const sum = terms.reduce((total, { term }) => total + term, bias);
  terms.sort((a, b) => Math.abs(b.term) - Math.abs(a.term) || a.unit - b.unit);
  return { terms, bias, sum, of: quoted([id]) + (other.length ? ` less that of ${quoted([against])}` : "") };
}

function tableOf(id, head, rows) {
  const row = (tag) => (cells) => {
    const made = element("tr");
    for (const cell of cells) made.appendChild(element(tag, "", cell.nodeType ? undefined : cell)).append(...(cell.nodeType ? [cell] : []));
    return made;
  };
  $(id).replaceChildren(row("th")(head), ...rows.map(row("td")));
}
function buttonOf(label, act) {
  const made = element("button", "link", label);
  made.type = "button";
  made.onclick = act;
  return made;
}

function showLogit({ terms, bias, sum, of }) {
  const rest = terms.slice(STRONGEST), others = rest.reduce((total, { term }) => total + term, 0);
  $("why-logit").textContent = `The logit of ${of}, as a sum over layer ${L - 1}`;
  const empty = reach ? ["", "", ""] : ["", ""];
  tableOf("why-units", ["unit", "W_y", "h", ...(reach ? ["v⊙u"] : []), "term"], [
    ...terms.slice(0, STRONGEST).map(({ unit, weight, h, picked, term }) => [
      buttonOf(`${L - 1}:${unit}`, () => chooseUnit(L - 1, unit)), ...[weight, h, ...(reach ? [picked] : []), term].map(plus)]),
    ...(rest.length ? [["others", ...empty, plus(others)]] : []),
    ["bias", ...empty, plus(bias)], ["sum", ...empty, plus(sum)],
  ]);
}

// Shades are the root of each one's share of the largest, so that small influence can be seen.
function shadeWhy() {
  const kind = $("why-by").value, values = why[kind], largest = Math.max(...values.map(Math.abs)) || 1;
  const shades = Array.from(values, (v) => Math.sign(v) * Math.sqrt(Math.abs(v) / largest));
  const numbers = (t) => [plus(why.signed[t]), why.norm[t].toFixed(3), plus(why.exact?.[t])];
  [...$("why-text").children].forEach((span, t) => {
    span.style.background = (kind === "norm" ? heat : diverging)(shades[t]);
    span.style.color = ink(shades[t]);
    const [signedBy, norm, exact] = numbers(t);
    span.title = `character ${t}: signed ${signedBy}, norm ${norm}, exact ${exact}`;
  });
  const strongest = [...values.keys()].sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, STRONGEST);
  tableOf("why-strongest", ["place", "", "signed", "norm", "exact"],
    strongest.sort((a, b) => a - b).map((t) => [t, `“${text[t].shown}”`, ...numbers(t)]));
}

function showWhy() {
  const said = why.continuations.map((ids) => `log P(${quoted(ids)})`).join(" − ");
  $("why-question").textContent = `${said} = ${why.total.toFixed(3)} nats`;
  $("why-text").replaceChildren(...text.slice(0, why.count).map(({ shown }) => element("span", "", shown)));
  $("why-by").value = $("why-by").value === "exact" ? "signed" : $("why-by").value;
  $("why-by").options[2].disabled = true;
  shadeWhy();
  showLogit(logitSum(why));
}

// Explain what is asked, unless that is explained already.
function explain() {
  clearTimeout(whyPause);
  if (!$("why-view").open || isWriting()) return;
  whyPause = setTimeout(() => {
    const question = asked(), key = JSON.stringify(question);
    if (why?.key === key) return;
    stopLeaving();
    why = typeof question === "string" ? null : { key, ...question, ...influence(question.count, question.continuations) };
    $("why-answer").hidden = !why;
    if (why) showWhy();
    else $("why-question").textContent = question;
  });
}

// Leave out one character after the other, a little at a time, so that the page goes on working.
function* leftOut(found) {
  const exact = zeros(found.count);
  for (let t = 0; t < found.count; t++) {
    let last = stepBefore(t);
    for (let n = t + 1; n < found.count; n++, yield t) last = step(last, text[n].id, network, n);
    exact[t] = found.total - found.continuations.map((ids) => readOn(last, ids).total).reduce((a, b) => a - b);
    yield t;
  }
  return exact;
}
function leaveOut() {
  const found = why, run = leftOut(found);
  $("why-leave").textContent = "Stop";
  const chunk = () => {
    const end = performance.now() + 25;
    let next;
    do next = run.next(); while (!next.done && performance.now() < end);
    if (!next.done) {
      $("why-progress").textContent = `left out ${next.value} of ${found.count}`;
      leaving = setTimeout(chunk);
      return;
    }
    stopLeaving();
    found.exact = next.value;
    $("why-by").options[2].disabled = false;
    $("why-by").value = "exact";
    shadeWhy();
  };
  leaving = setTimeout(chunk);
}
function stopLeaving() {
  clearTimeout(leaving);
  leaving = null;
  $("why-leave").textContent = "Leave each character out";
  $("why-progress").textContent = "";
}

parts.push({
  text() { why = null; stopLeaving(); },
  place: explain,
});
$("why-view").ontoggle = explain;
for (const id of ["why-for", "why-against"]) $(id).oninput = explain;
$("why-by").onchange = () => { if (why) shadeWhy(); };
$("why-leave").onclick = () => {
  if (leaving !== null) stopLeaving();
  else if (why) leaveOut();
};
