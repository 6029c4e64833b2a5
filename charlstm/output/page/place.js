// One place of the text: what was read, how surprising it was, the unit's values, what comes next.
function likeliest(logits, count) {
  const best = [];
  softmax(logits, 1).forEach((share, id) => {
    if (best.length === count && share <= best[count - 1][0]) return;
    best.push([share, id]);
    best.sort((a, b) => b[0] - a[0]).splice(count);
  });
  return best;
}

// The likeliest five, and beside them what the unchanged network expects, with the likeliest five of both.
function showExpected({ logits, unchanged }) {
  const all = [logits, ...(unchanged ? [unchanged.logits] : [])].map((values) => softmax(values, 1));
  const most = (id) => Math.max(...all.map((odds) => odds[id]));
  const listed = [...all[0].keys()].sort((a, b) => most(b) - most(a)).slice(0, 5);
  $("expected").replaceChildren(...listed.map((id) => {
    const shares = all.map((odds) => odds[id]), drawn = element("div");
    shares.forEach((share, k) => {
      drawn.appendChild(element("span", k ? "bar unchanged" : "bar")).style.width = `${share * (unchanged ? 5 : 7)}rem`;
    });
    return rowOf("td", [data.shown[id], ...shares.map((share) => `${(share * 100).toFixed(1)} %`), drawn]);
  }));
  if (unchanged) $("expected").prepend(rowOf("th", ["", "now", "unchanged"]));
}

parts.push({
  place() {
    const here = text[now.here];
    if (!here) return;
    const { shown, bits, logits } = here;
    $("place").textContent = `read “${shown}”, character ${now.here}`;
    $("surprise").textContent = bits === null ? "never seen in training" : `surprise ${bits.toFixed(2)} bits`;
    showExpected(here);
    const head = element("tr"), row = element("tr");
    for (const quantity of ["memory", ...rows]) {
      head.append(element("th", "", quantity === "memory" ? data.memory.name : quantity));
      row.append(element("td", "", number(value(quantity, now.here))));
    }
    $("values").replaceChildren(head, row);
    const kind = names[now.quantity] ? now.quantity : "memory";
    $("all-units-label").textContent = `${names[kind]} of all ${H} units of layer ${now.layer} here`;
    const values = Array.from({ length: H }, (_, unit) => value(kind, now.here, unit));
    drawUnits($("all-units"), values, signed(kind));
  },
});
$("all-units").onclick = (event) => chooseUnit(now.layer, Math.floor((event.offsetX / $("all-units").clientWidth) * H));
