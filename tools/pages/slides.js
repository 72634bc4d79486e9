Reveal.initialize({
  width: "100%", height: "100%", margin: 0, minScale: 1, maxScale: 1,
  center: false, transition: "none", backgroundTransition: "none",
  hash: true, slideNumber: "c/t", controlsTutorial: false,
  plugins: [RevealNotes],
  keyboard: { 84: () => Reveal.getPlugin("notes").open() }, // T, as in RISE; S works too
});
// Whoever changes the language stays on the slide.
for (const other of document.querySelectorAll("a[hreflang]")) other.addEventListener("click", () => { other.hash = location.hash; });
Promise.all([new Promise((ready) => Reveal.on("ready", ready)), document.fonts.ready])
  .then(() => { document.documentElement.dataset.ready = "true"; });
