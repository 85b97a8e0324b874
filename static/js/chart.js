/* Charts: each is drawn from the table beside it, in the brand's colours. The library is fetched after the page has come up,
   and only by pages that have a chart. Without scripts the table is what there is to see. */
(() => {
  const drawn = new Map();
  let library;

  const fetchLibrary = (address) => {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(window.echarts);
      script.onerror = () => { library = undefined; reject(new Error("The charts' library cannot be fetched.")); };
      document.head.append(script);
    });
    return library;
  };

  /* A canvas understands neither light-dark() nor color-mix(): let the browser work the colour out. */
  const painter = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (within, value) => {
    const probe = document.createElement("span");
    probe.style.color = value;
    within.append(probe);
    painter.clearRect(0, 0, 1, 1);
    painter.fillStyle = getComputedStyle(probe).color;
    painter.fillRect(0, 0, 1, 1);
    probe.remove();
    const [red, green, blue, alpha] = painter.getImageData(0, 0, 1, 1).data;
    return `rgba(${red},${green},${blue},${(alpha / 255).toFixed(3)})`;
  };
  const toneColour = (within, tone) =>
    paint(within, { brand: "var(--brand-text)", accent: "var(--brand-accent)" }[tone] ?? `var(--${tone}-solid)`);

  const readTable = (figure) => {
    const table = figure.querySelector(".chart-table table");
    const rows = [...table.tBodies[0].rows];
    return {
      categories: rows.map((row) => row.cells[0].textContent.trim()),
      series: [...table.tHead.rows[0].cells].slice(1).map((head, at) => ({
        label: head.textContent.trim(),
        tone: head.dataset.tone,
        values: rows.map((row) => (row.cells[at + 1].dataset.value === "" ? null : Number(row.cells[at + 1].dataset.value))),
        words: rows.map((row) => row.cells[at + 1].textContent.trim()),
        links: rows.map((row) => row.cells[at + 1].querySelector("a")?.getAttribute("href")),
      })),
    };
  };

  const bubbleLine = (tone, label, words) => {
    const line = document.createElement("div");
    line.className = `chart-bubble-line tone-${tone}`;
    line.append(Object.assign(document.createElement("span"), { className: "chart-dot" }), `${label} `);
    line.append(Object.assign(document.createElement("b"), { textContent: words }));
    return line;
  };

  /* What the pointer is over, in words, beside it. The library's own bubble would bring style attributes, which the page's policy refuses. */
  const bubbleFor = (figure, chart, read) => {
    const bubble = Object.assign(document.createElement("div"), { className: "chart-bubble", hidden: true });
    figure.querySelector(".chart-picture").append(bubble);
    let shown = -1;
    const hide = () => {
      bubble.hidden = true;
      chart.dispatchAction({ type: "downplay" });
      shown = -1;
    };
    const show = (at, x, y) => {
      if (at !== shown) {
        chart.dispatchAction({ type: "downplay" });
        read.series.forEach((_, seriesIndex) => chart.dispatchAction({ type: "highlight", seriesIndex, dataIndex: at }));
        bubble.replaceChildren(
          Object.assign(document.createElement("strong"), { textContent: read.categories[at] }),
          ...read.series.map((one) => bubbleLine(one.tone, one.label, one.words[at])),
        );
        shown = at;
      }
      bubble.hidden = false;
      const { width, height } = bubble.getBoundingClientRect();
      bubble.style.left = `${Math.max(0, Math.min(x + 14, chart.getWidth() - width))}px`;
      bubble.style.top = `${Math.max(0, Math.min(y - height - 10, chart.getHeight() - height))}px`;
    };
    if (figure.dataset.chart === "donut") {
      chart.on("mouseover", (over) => show(over.dataIndex, over.event.offsetX, over.event.offsetY));
      chart.on("mouseout", hide);
      return;
    }
    const across = figure.dataset.chart === "bar";
    chart.getZr().on("mousemove", ({ offsetX, offsetY }) => {
      if (!chart.containPixel("grid", [offsetX, offsetY])) { hide(); return; }
      const at = Math.round(chart.convertFromPixel("grid", [offsetX, offsetY])[across ? 1 : 0]);
      if (at >= 0 && at < read.categories.length) show(at, offsetX, offsetY);
    });
    chart.getZr().on("globalout", hide);
  };

  const axes = (figure, categories, kind, values) => {
    const [faint, line] = [paint(figure, "var(--ink-faint)"), paint(figure, "var(--line)")];
    const locale = document.documentElement.lang || undefined;
    const most = Math.max(...values.filter(Number.isFinite), 0);
    const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: most > 0 && most < 1 ? 2 : 1 });
    const text = { color: faint, fontSize: 11, fontFamily: getComputedStyle(figure).fontFamily };
    const across = kind === "bar";
    const category = {
      type: "category", data: categories, axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true, ...(across ? { width: Math.max(110, Math.min(240, figure.clientWidth * 0.42)), overflow: "truncate" } : {}) }, inverse: across, boundaryGap: kind !== "line" && kind !== "area",
    };
    const value = {
      type: "value", splitNumber: 4, minInterval: Number(figure.dataset.decimals) ? 0 : 1, axisLine: { show: false },
      splitLine: { lineStyle: { color: line, type: [3, 4] } }, axisLabel: { ...text, formatter: (number) => `${short.format(number)} ${figure.dataset.unit}`.trimEnd() },
    };
    return across ? { xAxis: value, yAxis: category } : { xAxis: category, yAxis: value };
  };

  /* A figure with none before and none after it makes no line: it stands as a dot. */
  const dotsOf = (figure, { tone, values }) => {
    const alone = values.map((value, at) => (values[at - 1] == null && values[at + 1] == null ? value : null));
    const itemStyle = { color: toneColour(figure, tone) };
    return { type: "line", data: alone, symbol: "circle", symbolSize: 6, itemStyle, lineStyle: { width: 0 }, silent: true };
  };

  const seriesOf = (figure, one, kind, at, last) => {
    const colour = toneColour(figure, one.tone);
    const shape = { name: one.label, data: one.values, itemStyle: { color: colour }, cursor: one.links.some(Boolean) ? "pointer" : "default" };
    if (kind === "line" || kind === "area") {
      return { ...shape, type: "line", smooth: 0.25, smoothMonotone: "x", showSymbol: false, symbolSize: 6, lineStyle: { width: 2, color: colour, type: at ? [6, 4] : "solid" }, ...(kind === "area" ? { areaStyle: { opacity: 0.14, color: colour } } : {}) };
    }
    const round = kind === "bar" ? [0, 4, 4, 0] : last ? [3, 3, 0, 0] : 0;
    return { ...shape, type: "bar", barMaxWidth: kind === "bar" ? 18 : 26, stack: kind === "stacked" ? "all" : undefined, itemStyle: { color: colour, borderRadius: round } };
  };

  const donut = (figure, { categories, series }) => ({
    series: [{
      type: "pie", radius: ["58%", "86%"], label: { show: false }, itemStyle: { borderColor: paint(figure, "var(--surface)"), borderWidth: 2 },
      data: categories.map((name, at) => ({ name, value: series[0].values[at], itemStyle: { color: toneColour(figure, ["brand", "accent", "progress", "warning", "danger", "neutral"][at % 6]) } })),
    }],
  });

  const option = (figure) => {
    const read = readTable(figure);
    const kind = figure.dataset.chart;
    const calm = matchMedia("print, (prefers-reduced-motion: reduce)").matches;
    if (kind === "donut") return [read, { animation: !calm, ...donut(figure, read) }];
    return [read, {
      animation: !calm, animationDuration: 300,
      grid: { left: 4, right: 12, top: 12, bottom: 4, containLabel: true },
      ...axes(figure, read.categories, kind, read.series.flatMap((one) => one.values)),
      series: [
        ...read.series.map((one, at) => seriesOf(figure, one, kind, at, at === read.series.length - 1)),
        ...(kind === "line" || kind === "area" ? read.series.map((one) => dotsOf(figure, one)) : []),
      ],
    }];
  };

  const draw = async (figure) => {
    const picture = figure.querySelector(".chart-picture");
    if (!picture) return;
    let echarts;
    try {
      echarts = await fetchLibrary(figure.dataset.library);
    } catch {
      figure.classList.add("chart-as-table");
      return;
    }
    if (!figure.isConnected) return;
    drawn.get(figure)?.dispose();
    picture.replaceChildren();
    const chart = echarts.init(picture, null, { renderer: "canvas" });
    const [read, wanted] = option(figure);
    chart.setOption(wanted);
    bubbleFor(figure, chart, read);
    chart.on("click", (at) => {
      const link = read.series[at.seriesIndex]?.links[at.dataIndex];
      if (link) location.assign(link);
    });
    drawn.set(figure, chart);
    figure.classList.add("chart-drawn");
  };

  const watch = () => {
    for (const [figure, chart] of drawn) if (!figure.isConnected) { chart.dispose(); drawn.delete(figure); }
    for (const figure of document.querySelectorAll("[data-chart]:not([data-watched])")) {
      figure.dataset.watched = "yes";
      draw(figure);
    }
  };
  const redraw = () => { for (const figure of drawn.keys()) draw(figure); };
  new ResizeObserver(() => { for (const chart of drawn.values()) chart.resize(); }).observe(document.documentElement);
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  matchMedia("print").addEventListener("change", redraw); /* paper is light, and another width */
  document.addEventListener("click", (click) => {
    const button = click.target.closest("[data-chart-switch]");
    if (!button) return;
    const shown = button.closest("[data-chart]").classList.toggle("chart-as-table");
    button.setAttribute("aria-pressed", String(shown));
  });
  addEventListener("load", watch);
  document.addEventListener("htmx:afterSettle", watch);
})();
