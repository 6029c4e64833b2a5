// The page begins: it reads its prime, and writes on if it was asked to.
for (const [name, value] of Object.entries(data.settings)) $(name).value = value;
$("temperature").oninput();
read();
changed("unit");
if (text.length && text.length <= 2000) $("guesses").click();
if (data.write) write();
if (!remembered()) tour(0);
