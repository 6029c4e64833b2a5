// Reading what is typed, and going on from it.
let writing = null, pause = null;
const isWriting = () => writing !== null;

// Read the prime; what the text shares with it stays as it is.
function read() {
  stop();
  const given = encode($("prime").value), prime = given.slice(0, data.most);
  const typed = data.tokens === "char" ? [...$("prime").value] : [];
  const isSame = (t) => text[t]?.given && text[t].own.id === prime[t] && text[t].own.shown === glyphOf(prime[t], typed[t]);
  let same = 0;
  while (same < prime.length && isSame(same)) same++;
  cut(same);
  for (let t = same; t < prime.length; t++) append(prime[t], true, typed[t]);
  const strange = data.tokens === "char" ? [...new Set($("prime").value)].filter((c) => !ids.has(c)) : [];
  $("unseen").textContent = [
    ...(strange.length ? [`never seen in training, read as unknown: ${strange.join(" ")}`] : []),
    ...(given.length > data.most ? [`too long for this page, which reads the first ${data.most}`] : []),
  ].join("; ");
  now.here = Math.max(0, text.length - 1);
  changed("text");
}

const filters = () => Object.fromEntries(
  ["temperature", "top-k", "top-p", "min-p"].map((name) => [name, Number($(name).value)]));

function write() {
  read();
  let left = clamp(Math.round(Number($("length").value)) || 0, 0, 5000);
  const frame = () => {
    if (!left--) return stop();
    append(choose((text.at(-1) ?? origin).logits, filters()), false);
    paint(text.length - 1);
    look(text.length - 1);
    writing = requestAnimationFrame(frame);
  };
  writing = requestAnimationFrame(frame);
}

function stop() {
  clearTimeout(pause);
  if (!isWriting()) return;
  cancelAnimationFrame(writing);
  writing = null;
  changed("text");
}

$("temperature").oninput = () => { $("temperature-value").textContent = Number($("temperature").value).toFixed(2); };
$("write").onclick = write;
$("stop").onclick = stop;
$("copy").onclick = async () => {
  await navigator.clipboard?.writeText(copied()).catch(() => document.execCommand("copy"));
};
$("prime").oninput = () => { read(); pause = setTimeout(write, 300); };
Object.assign(keys, {
  Enter: write,
  Escape: () => { if (isWriting()) return stop();
    pin(null);
    mark(null, null);
  },
});
