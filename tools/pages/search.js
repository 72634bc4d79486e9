// Finds slides and exercises: all of it is in this page, and nothing is asked of anybody.
const places = JSON.parse(document.querySelector("#places").textContent).map(([address, lesson, title, text], id) => ({ id, address, lesson, title, text }));
// Words; of Chinese, which has no spaces, letters and pairs of letters.
const tokenize = (text) => (text.match(/\p{Script=Han}+|[\p{L}\p{N}_]+/gu) || []).flatMap((word) => {
  if (!/\p{Script=Han}/u.test(word)) return [word, ...(word.includes("_") ? word.split("_") : [])].filter(Boolean);
  return word.length === 1 ? [word] : [...word].slice(1).map((letter, k) => word[k] + letter);
});
const engine = new MiniSearch({ fields: ["title", "text"], tokenize, searchOptions: { boost: { title: 4 }, combineWith: "AND", prefix: true, fuzzy: (word) => (word.length > 5 && !/\p{Script=Han}/u.test(word) ? 0.15 : false) } });
engine.addAll(places);

const input = document.querySelector("main input");
const [list, count] = [document.querySelector(".found"), document.querySelector("#count")];
// A piece of the text around the first word found, the words marked.
function excerpt({ text }, words) {
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(${escaped.sort((a, b) => b.length - a.length).join("|")})`, "giu");
  const at = Math.max(0, text.search(pattern) - 60);
  const said = document.createElement("p");
  said.append(...(at ? "…" : "").concat(text.slice(at, at + 200), "…").split(pattern).map((part, k) => (k % 2 ? Object.assign(document.createElement("mark"), { textContent: part }) : part)));
  return said;
}
function find() {
  const query = input.value.trim();
  const found = query ? engine.search(query) : [];
  count.textContent = !query ? "" : found.length ? count.dataset.some.replace("COUNT", found.length) : count.dataset.none;
  list.replaceChildren(...found.slice(0, 30).map((result) => {
    const place = places[result.id];
    const [item, link] = [document.createElement("li"), document.createElement("a")];
    Object.assign(link, { href: place.address, textContent: place.title });
    const lesson = Object.assign(document.createElement("span"), { textContent: ` ${place.lesson}` });
    item.append(link, lesson, excerpt(place, result.terms));
    return item;
  }));
}
input.value = new URLSearchParams(location.search).get("q") || "";
input.addEventListener("input", find);
find();
