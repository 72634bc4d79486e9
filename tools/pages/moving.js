// Controls that move their picture without a kernel: tools/moving.py has drawn all its states. They are loaded when a
// control is first touched, and put together on a canvas from squares: see the docstring there.
for (const form of document.querySelectorAll("form.live")) {
  const controls = [...form.querySelectorAll("input, select")];
  const [said, told] = form.querySelectorAll("p");
  const picture = [...form.closest(".jp-Cell").querySelectorAll("img")].at(-1);
  const start = controls.map((control) => position(control));
  const thinned = JSON.parse(form.dataset.thinned);
  const thinnedSays = said.textContent;
  let pictures, canvas, resting;

  function position(control) {
    return control.tagName === "SELECT" ? control.selectedIndex : Number(control.value);
  }

  function write(control, number) {
    if (control.tagName === "SELECT") return;
    const value = JSON.parse(control.dataset.values)[number];
    control.value = number;
    control.setAttribute("aria-valuetext", value);
    control.nextElementSibling.textContent = value;
  }

  // The state that the controls show: where not all are drawn, the long one moves in larger steps beside another.
  let shown = start;
  function state(moved) {
    const now = controls.map(position);
    if (!thinned) return now;
    const [long, step] = thinned;
    if (now[long] === start[long] || now.every((number, k) => k === long || number === start[k])) return now;
    const ways = moved !== controls[long] ? "round" : now[long] > shown[long] ? "ceil" : "floor";
    const last = Math.floor(Number(controls[long].max) / step);
    now[long] = Math.min(last, Math[ways](now[long] / step)) * step;
    return now;
  }

  function load() {
    pictures ??= new Promise((loaded, failed) => {
      const script = document.createElement("script");
      script.src = form.dataset.script;
      script.onerror = failed;
      script.onload = () => {
        const data = window.moving[form.dataset.script.split("/").at(-1)];
        const sheet = new Image();
        sheet.onload = () => loaded({ ...data, sheet });
        sheet.onerror = failed;
        sheet.src = data.sheet;
      };
      document.head.append(script);
    }).then(
      (data) => ((said.textContent = thinnedSays), data),
      (error) => {
        pictures = undefined; // the next touch tries again
        said.textContent = form.dataset.failed;
        throw error;
      },
    );
    return pictures;
  }

  function draw(data, number) {
    const { width, height, square, columns, sheet } = data;
    if (!canvas) {
      canvas = Object.assign(document.createElement("canvas"), { width, height });
      canvas.setAttribute("role", "img");
      picture.replaceWith(canvas);
    }
    const paper = canvas.getContext("2d");
    const across = Math.ceil(width / square);
    for (const runs of number ? [data.places[0], data.places[number]] : [data.places[0]])
      for (const [place, count, first] of runs)
        for (let k = 0; k < count; k++) {
          const from = [((first + k) % columns) * square, Math.floor((first + k) / columns) * square];
          const to = [((place + k) % across) * square, Math.floor((place + k) / across) * square];
          paper.drawImage(sheet, ...from, square, square, ...to, square, square);
        }
    canvas.setAttribute("aria-label", data.alts[number]);
    clearTimeout(resting); // heard when the control has come to rest
    resting = setTimeout(() => (told.textContent = data.alts[number]), 700);
  }

  async function move(event) {
    const now = state(event.target);
    controls.forEach((control, k) => write(control, now[k]));
    shown = now;
    const data = await load().catch(() => null);
    if (data && now === shown) draw(data, data.states.indexOf(now.join(",")));
  }

  form.addEventListener("input", move);
  for (const touched of ["pointerdown", "focusin"]) form.addEventListener(touched, () => load().catch(() => {}));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("keydown", (event) => {
    event.stopPropagation(); // on a slide, keys belong to the control while it has the focus
    if (event.key === "Escape") event.target.blur();
  });
  form.reset(); // a browser that comes back to a page keeps what stood in its forms
}
