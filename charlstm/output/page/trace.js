// A text's characters as boxes, and what a model expected in the place of one of them.
const breaks = new Set(data.breaks);

// The box of character t, at the end of the text.
function characterBox(shown, t) {
  const box = element("b");
  box.dataset.t = t;
  box.c = box.appendChild(element("span", "c", shown));
  $("text").append(box);
  if (breaks.has(t)) $("text").append(element("br"));
  return box;
}

// The character under a mouse, pen or finger; null if there is none.
const under = (event) => {
  const box = document.elementFromPoint(event.clientX, event.clientY)?.closest("#text b[data-t]");
  return box ? Number(box.dataset.t) : null;
};

function tell(t) {
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
}
