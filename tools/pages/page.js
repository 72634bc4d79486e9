// What must be scrolled sideways can be reached by keyboard.
const reach = () => {
  for (const box of document.querySelectorAll("pre, table, math.tml-display, .jp-OutputArea-output"))
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
};
addEventListener("resize", reach);
addEventListener("toggle", reach, true);
// On paper nothing is covered; the style sheet says so too, to browsers that know how.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((cover) => (cover.open = true)));
// Whoever changes the language stays in the place: the section whose heading was last at the top of the window.
for (const other of document.querySelectorAll("a[hreflang]"))
  other.addEventListener("click", () => {
    const above = [...document.querySelectorAll("main > section[id]")].filter((one) => one.getBoundingClientRect().top < innerHeight / 3);
    other.hash = above.length > 1 ? above.at(-1).id : "";
  });
document.fonts.ready.then(() => { reach(); document.documentElement.dataset.ready = "true"; });
