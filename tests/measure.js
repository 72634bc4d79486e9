// Looks at the slide that is shown and tells what is wrong with it, and how small its letters are.
() => {
  const slide = document.querySelector("section.present > section.present");
  const u = Math.min(innerHeight / 100, innerWidth * 0.005625);
  const left_out = "aside, .jp-Cell.reveal-skip, .lm-mod-hidden, .cm-announced, .cm-cursorLayer, .cm-selectionLayer, mjx-assistive-mml, math *, .jp-InputPrompt, .jp-OutputPrompt, .jp-Collapser, script, style";
  const problems = [];
  const tell = (kind, words) => problems.push(`${kind}: ${words}`);
  const name = (element) => `${element.tagName.toLowerCase()} "${(element.innerText || element.alt || "").trim().split("\n")[0].slice(0, 40)}"`;
  const shown = [...slide.querySelectorAll(".jp-Cell, .jp-Cell *")].filter((element) => {
    if (element.closest(left_out)) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  });

  // Nothing below the edge, and nothing under what stands at the foot.
  const foot = [...document.querySelectorAll("#rise-footer, .slide-number, .controls button")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && getComputedStyle(element).visibility === "visible";
  });
  const limit = Math.min(innerHeight, ...foot.map((element) => element.getBoundingClientRect().top));
  const lowest = shown.reduce((low, element) => (element.getBoundingClientRect().bottom > low.getBoundingClientRect().bottom ? element : low), shown[0] || slide);
  const deep = lowest.getBoundingClientRect().bottom - limit;
  if (shown.length && deep > 0.5) tell("overflow", `${Math.ceil(deep)} px too high, down to ${name(lowest)}`);
  for (const element of shown) {
    if (element.getBoundingClientRect().right > innerWidth + 0.5) { tell("overflow", `too wide: ${name(element)}`); break; }
  }
  // Nothing cut off or scrolled.
  for (const element of slide.querySelectorAll(".cm-scroller, .jp-OutputArea, .jp-OutputArea-output, .jp-RenderedHTMLCommon, pre, h1, h2, h3, p, li, td, blockquote")) {
    if (element.closest(left_out) || element.closest("mjx-container, math") || !element.clientWidth) continue;
    if (element.scrollWidth > element.clientWidth + 1) tell("overflow", `wider than its box by ${element.scrollWidth - element.clientWidth} px: ${name(element)}`);
    if (element.scrollHeight > element.clientHeight + 2 && getComputedStyle(element).overflowY !== "visible") tell("overflow", `higher than its box by ${element.scrollHeight - element.clientHeight} px: ${name(element)}`);
  }

  // Letters: how large, and how well they stand out.
  const letters = { words: Infinity, code: Infinity, figures: Infinity };
  const brightness = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const numbers = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (a > 0) layers.push([[r, g, b], a]);
      if (a === 1) break;
    }
    return layers.reduceRight((below, [colour, a]) => below.map((v, k) => a * colour[k] + (1 - a) * v), [255, 255, 255]);
  };
  let contrast = Infinity;
  const places = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  while (places.nextNode()) {
    const element = places.currentNode.parentElement;
    const text = places.currentNode.textContent.trim();
    if (!text || element.closest(left_out) || !element.closest(".jp-Cell") || element.closest("mjx-container, math, sub, sup") || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const kind = element.closest("pre, code, kbd, .cm-content, .jupyter-widgets, .live") ? "code" : "words";
    letters[kind] = Math.min(letters[kind], parseFloat(style.fontSize));
    const [one, other] = [brightness(numbers(style.color)), brightness(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    contrast = Math.min(contrast, ratio);
    if (ratio < 4.5) tell("contrast", `${ratio.toFixed(1)} to 1: "${text.slice(0, 40)}"`);
    if (kind === "words" && !element.closest(".jupyter-widgets") && /\$[^$]+\$|\\(frac|begin|sqrt|text|sin|cos|cdot)\b/.test(text)) tell("formula", `raw TeX: ${text.slice(0, 60)}`);
  }
  for (const formula of slide.querySelectorAll("mjx-container")) {
    if (!formula.closest(left_out)) letters.words = Math.min(letters.words, parseFloat(getComputedStyle(formula.parentElement).fontSize));
  }
  if (slide.querySelector("mjx-merror, [data-mjx-error], [data-mml-node=merror], mjx-mtext[style*=red], [data-mml-node=mtext][fill=red]")) tell("formula", "MathJax could not read one");
  // A hundredth of the slide's height is 7.2 px at 1280 by 720.
  const scale = u / 7.2;
  if (letters.words < 28 * scale) tell("letters", `words of ${letters.words.toFixed(1)} px`);
  if (letters.code < 20 * scale) tell("letters", `code of ${letters.code.toFixed(1)} px`);

  // Figures: loaded, on top, not blank, with words for those who cannot see them, and letters that can be read.
  const figures = [...slide.querySelectorAll(".jp-OutputArea img, .jp-MarkdownCell img")].filter((image) => !image.closest(left_out));
  const sizes = []; // of each figure as it is painted: its share of the slide's height, and of its area
  for (const image of figures) {
    const box = image.getBoundingClientRect();
    if (!image.complete || !image.naturalWidth || !box.width || !box.height) { tell("figure", "not painted"); continue; }
    if ((image.alt || "").length < 20) tell("figure", `alternative text "${image.alt}"`);
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, innerHeight - box.y - 2));
    if (top !== image && !image.closest(".fragment:not(.visible)")) tell("figure", `hidden behind ${top ? `${name(top)} (${top.className})` : "the edge"}`);
    for (let at = image.parentElement; at !== slide; at = at.parentElement) {
      const below = box.bottom - at.getBoundingClientRect().bottom;
      if (getComputedStyle(at).overflowY !== "visible" && below > 1) { tell("overflow", `a figure is cut off by ${Math.ceil(below)} px`); break; }
    }
    const canvas = new OffscreenCanvas(64, 32).getContext("2d");
    canvas.drawImage(image, 0, 0, 64, 32);
    const dots = canvas.getImageData(0, 0, 64, 32).data;
    if (dots.every((value, k) => Math.abs(value - dots[k % 4]) < 8)) tell("figure", "blank");
    const drawn = Math.min(box.width / image.naturalWidth, box.height / image.naturalHeight);
    const [width, height] = [image.naturalWidth * drawn, image.naturalHeight * drawn];
    sizes.push([height / innerHeight, (width * height) / (innerWidth * innerHeight)]);
    if (height < 0.5 * innerHeight - 0.5) tell("small", `a figure takes ${Math.round((100 * height) / innerHeight)} % of the slide's height, and half is the least`);
    const ticks = (15 / 72) * 160 * drawn; // the smallest letters of helpers.plots: 15 points at 160 dots per inch
    letters.figures = Math.min(letters.figures, ticks);
    if (ticks < 13.5 * scale) tell("letters", `a figure is so small that its letters are ${ticks.toFixed(1)} px`);
  }
  return { problems, letters, contrast, sizes };
}
