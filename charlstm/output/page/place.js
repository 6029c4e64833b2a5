// One place of the text: what was read, how surprising it was, the unit's values, what comes next.
const likeliest = (logits, count) =>
  softmax(logits, 1).map((share, id) => [share, id]).sort((a, b) => b[0] - a[0]).slice(0, count);

parts.push({
  place() {
    const here = text[now.here];
    if (!here) return;
    const { shown, bits, logits } = here;
    $("place").textContent = `read “${shown}”, character ${now.here}`;
    $("surprise").textContent = bits === null ? "never seen in training" : `surprise ${bits.toFixed(2)} bits`;
    $("expected").replaceChildren(
      ...likeliest(logits, 5).map(([share, k]) => {
        const row = element("tr");
        row.append(element("td", "mono", data.shown[k]), element("td", "", `${(share * 100).toFixed(1)} %`));
        row.appendChild(element("td")).appendChild(element("span", "bar")).style.width = `${share * 7}rem`;
        return row;
      })
    );
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
