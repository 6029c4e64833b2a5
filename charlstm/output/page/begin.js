// The page begins: it reads its prime. A browser that does not come so far goes on saying why.
for (const [name, value] of Object.entries(data.settings)) $(name).value = value;
$("temperature").oninput();
read();
changed("unit");
if (text.length && text.length <= 2000) $("guesses").click();
if (!remembered()) tour(0);
$("stranded").remove();
