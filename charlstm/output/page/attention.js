// What each step looked at: point at a character, and the places before it show their shares.
const N = data.shown.length, LISTED = 8, BEFORE = 10, views = data.attention.length;
let here = 0, view = data.view;  // view 0 is the mean of all heads, view k + 1 is head k

// Place k is character k; place -1, the newline before the text, stands first.
const newline = element("b");
newline.c = newline.appendChild(element("span", "c faint", "⏎"));
$("text").append(newline);
const places = [newline, ...data.shown.map(characterBox)];
const before = ["⏎", ...data.shown];

// The shares of what the step saw, in thousandths, those of the places from `first` on.
function seen(t) {
  const shares = data.attention[view][t];
  return { first: t - 1 - shares.length, shares };
}

function look(t) {
  here = clamp(t, 0, N - 1);
  const { first, shares } = seen(here);
  places.forEach((box, k) => {
    const place = k - 1, share = (shares[place - first] ?? 0) / 1000;
    box.c.style.background = share ? heat(0.9 * Math.sqrt(share)) : "";
    box.classList.toggle("here", place === here);
    box.classList.toggle("own", place === here - 1);
    box.classList.toggle("later", place > here);
  });
  tell(here);
  const most = shares.map((share, k) => [share, first + k]).filter(([share]) => share > 0);
  most.sort((first, second) => second[0] - first[0] || second[1] - first[1]);
  $("looks").textContent = most.length
    ? `To predict it, the model looked most at the output after:`
    : "To predict it, the model had nothing to look at.";
  $("seen").replaceChildren(
    ...most.slice(0, LISTED).map(([share, place]) => {
      const row = element("tr"), end = place + 1, piece = before.slice(Math.max(0, end + 1 - BEFORE), end);
      row.append(element("td", "", `${(share / 10).toFixed(1)} %`));
      const bar = row.appendChild(element("td")).appendChild(element("span", "bar"));
      bar.style.width = `${share * 0.006}rem`;
      row.append(element("td", "faint", place));
      row.appendChild(element("td", "mono", piece.join(""))).append(element("mark", "", before[end]));
      return row;
    })
  );
}

function choose(k) {
  view = clamp(k, 0, views - 1);
  $("head").value = view;
  look(here);
}

$("heads").hidden = views < 2;
$("head").append(...data.attention.map((_, k) => new Option(k ? `head ${k - 1}` : "all heads (mean)", k)));
$("head").onchange = () => choose(Number($("head").value));

const keys = {
  ArrowLeft: () => look(here - 1),
  ArrowRight: () => look(here + 1),
  ",": () => look(here - 1),
  ".": () => look(here + 1),
  Home: () => look(0),
  End: () => look(N - 1),
};
if (views > 1) Object.assign(keys, { ArrowUp: () => choose(view - 1), ArrowDown: () => choose(view + 1) });
document.addEventListener("keydown", (event) => {
  if (event.target.closest("select") || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
for (const kind of ["pointerdown", "pointermove"]) {
  $("text").addEventListener(kind, (event) => {
    const t = under(event);
    if (t !== null && t !== here) look(t);
  });
}
here = data.start;
choose(view);
