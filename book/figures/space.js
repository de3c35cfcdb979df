// Turns and projects the points of `data` (see space.py) and draws the arrows to their images.
((data) => {
  const box = document.getElementById("cones-in-space");
  const input = (name) => box.querySelector(`input[name=${name}]`), rad = Math.PI / 180;
  const ring = [...Array(49).keys()].map((k) => [Math.cos(k * 7.5 * rad), Math.sin(k * 7.5 * rad)]);
  const draw = () => {
    const [open, turn, tilt] = ["open", "turn", "tilt"].map((name) => Number(input(name).value));
    const [c, s, up, over] = [Math.cos(turn * rad), Math.sin(turn * rad), Math.cos(tilt * rad), Math.sin(tilt * rad)];
    // (axis, second, third channel) to the screen, with the distance behind it.
    const see = ([t, v, w]) => {
      const far = v * s + w * c;
      return [v * c - w * s, -(t * up + far * over), far * up - t * over];
    };
    const at = (p) => see(p).slice(0, 2).map((x) => x.toFixed(1)).join(" ");
    const shape = (points, style) => `<path d="M${points.map(at).join("L")}" ${style}/>`;
    const fill = (colour, more) => `fill="var(--fc-${colour})" fill-opacity="0.07" stroke="var(--fc-${colour})" stroke-opacity="0.35" ${more}`;
    const cone = (degrees, sign, colour, more) => {
      const t = sign * 112 * Math.cos(degrees * rad), r = 112 * Math.sin(degrees * rad);
      const rim = ring.map(([v, w]) => [t, r * v, r * w]);
      let out = shape(rim, fill(colour, more));
      for (let k = 0; k < 48; k += 4) out += shape([[0, 0, 0], ...rim.slice(k, k + 5)], fill(colour, more));
      return out;
    };
    const walls = [[0, 1], [0, 2], [1, 2]].map((pair) => shape([[0, 0], [1, 0], [1, 1], [0, 1]].map((q) => {
      const p = [0, 0, 0];
      pair.forEach((i, k) => { p[i] = 92 * q[k]; });
      return p;
    }), fill("holds", ""))).join("");
    for (const svg of box.querySelectorAll("svg")) {
      const name = svg.dataset.field, frames = data.to[name];
      const to = frames[frames.length > 1 ? data.angles.indexOf(open) : 0];
      let out = [1, 2, 3].map((k) => {
        const p = [0, 0, 0];
        p[k - 1] = 122;
        const [x, y] = see(p);
        return `<line class="fc-axis" stroke-opacity="0.6" x1="0" y1="0" x2="${x.toFixed(1)}" y2="${y.toFixed(1)}"/>`
          + `<text x="${(1.06 * x).toFixed(1)}" y="${(1.06 * y + 4).toFixed(1)}" text-anchor="middle">${"x₁x₂x₃".slice(2 * k - 2, 2 * k)}</text>`;
      }).join("");
      if (name === "relu") out += walls;
      else out += cone(open, 1, "holds", "");
      if (name === "near") out += cone(90 - open, -1, "soft", 'stroke-dasharray="2 3"');
      const colour = name === "colu" ? "refuted" : "holds";
      const order = data.at.map((p, k) => [see(p)[2], k]).sort((a, b) => b[0] - a[0]);
      for (const [depth, k] of order) {
        const [x, y] = see(data.at[k]), [u, v, w] = see(to[k]), length = Math.hypot(u - x, v - y);
        const clear = (0.7 - depth / 330).toFixed(2);
        out += `<g opacity="${clear}"><circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="1.7" fill="var(--fc-ink)"/>`
          + `<path d="M${x.toFixed(1)} ${y.toFixed(1)}L${u.toFixed(1)} ${v.toFixed(1)}" stroke="var(--fc-${colour})" stroke-width="1.3"/>`
          + `<circle cx="${u.toFixed(1)}" cy="${v.toFixed(1)}" r="${length < 1 ? 3.4 : 2.6}" ${length < 1 ? `fill="none" stroke="var(--fc-${colour})"` : `fill="var(--fc-${colour})"`}/></g>`;
      }
      svg.innerHTML = out;
    }
    for (const name of ["open", "turn", "tilt"]) input(name).nextElementSibling.textContent = `${input(name).value.replace("-", "−")}°`;
  };
  box.addEventListener("input", draw);
  draw();
})(DATA);
