// Draws the page's charts in the colours of its style, and copies what a button stands for.
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const touch = window.matchMedia("(pointer: coarse)").matches;

  // "--good" anywhere in a chart stands for the variable of that name.
  function coloured(value, style) {
    if (typeof value === "string") {
      return value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
    }
    if (Array.isArray(value)) return value.map((v) => coloured(v, style));
    if (value && typeof value === "object") {
      const made = {};
      for (const key of Object.keys(value)) made[key] = coloured(value[key], style);
      return made;
    }
    return value;
  }

  function draw(place) {
    const chart = coloured(charts[Number(place.dataset.chart)], getComputedStyle(root));
    chart.layout.dragmode = touch ? false : "zoom";
    chart.layout.autosize = true;
    return Plotly.react(place, chart.data, chart.layout, {
      responsive: true, displayModeBar: false, scrollZoom: false,
    }).catch((problem) => console.error(problem));
  }

  // What lies in a closed part of the page has no width yet: it is drawn when that is opened.
  function drawIn(part) {
    for (const place of part.querySelectorAll(".plot")) {
      if (place.offsetParent !== null) draw(place);
    }
  }
  drawIn(document);
  for (const part of document.querySelectorAll("details")) {
    part.addEventListener("toggle", () => part.open && drawIn(part));
  }
  dark.addEventListener("change", () => drawIn(document));

  function copied(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("not copied"));
  }
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const said = document.getElementById(button.getAttribute("aria-describedby"));
    button.addEventListener("click", () => {
      copied(document.getElementById(button.dataset.copy).textContent).then(
        () => { said.textContent = "Copied"; },
        () => { said.textContent = "Could not be copied: select the text instead"; },
      );
    });
  }
})();
