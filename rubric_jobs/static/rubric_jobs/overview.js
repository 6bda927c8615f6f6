// The front page of the admin: what is going on is asked every few seconds, the plots every half minute.
"use strict";

(() => {
  const NOW_MS = 5000;
  const PLOTS_MS = 30000;
  const HEIGHT = 220;
  // Each stands out from the page in the light and in the dark.
  const COLOURS = { green: "#2e8b57", red: "#d14b3d", grey: "#7f8c8d", blue: "#3d7fd0", orange: "#c07a0c", violet: "#9b59b6" };
  const page = document.getElementById("rubric-overview");
  const trouble = document.getElementById("rubric-trouble");
  const plots = new Map();
  let figures = null;

  const line = (label, stroke, more = {}) => ({ label, stroke, width: 2, points: { show: true, size: 4 }, ...more });
  const percentiles = [line("p50", COLOURS.green), line("p95", COLOURS.orange), line("p99", COLOURS.red)];

  function draw(id, hours, series, values, more = {}) {
    const place = document.getElementById(id);
    const data = [hours, ...values];
    if (plots.has(id)) {
      plots.get(id).setData(data);
      return;
    }
    const style = getComputedStyle(page);
    const axis = { stroke: style.color, grid: { stroke: "#8883" }, ticks: { stroke: "#8886" } };
    const options = {
      width: place.clientWidth, height: HEIGHT, series: [{}, ...series],
      scales: more.range ? { y: { range: more.range } } : {},
      axes: [axis, { ...axis, size: 60 }],
    };
    plots.set(id, new uPlot(options, data, place));
  }

  const rate = (completed, failed) => (completed + failed ? (100 * completed) / (completed + failed) : null);

  function showFigures(told) {
    figures = told;
    const { hours, jobs } = told;
    draw("plot-jobs", hours,
      [line("completed", COLOURS.green), line("failed", COLOURS.red), line("failed by submission", COLOURS.orange), line("cancelled", COLOURS.grey)],
      [jobs.completed, jobs.failed, jobs.users, jobs.cancelled]);
    draw("plot-success", hours,
      [line("success %", COLOURS.blue), line("goal %", COLOURS.red, { dash: [6, 4], points: { show: false } })],
      [jobs.completed.map((completed, place) => rate(completed, jobs.failed[place])), hours.map(() => told.goal * 100)],
      { range: [0, 101] });
    draw("plot-queue-time", hours, percentiles, [told.queueTime.p50, told.queueTime.p95, told.queueTime.p99]);
    draw("plot-total-time", hours, percentiles, [told.totalTime.p50, told.totalTime.p95, told.totalTime.p99]);
    draw("plot-depth", hours, [line("waiting", COLOURS.violet)], [told.depth]);
    const { jobs: list, tenants } = page.dataset;
    fill("failures", told.failures.map((one) => [
      link(one.code, `${list}?error=${encodeURIComponent(one.code)}`), one.jobs, one.isUsers ? "no: the submission’s" : "yes",
    ]));
    fill("tokens-by-provider", told.tokensByProvider.map((one) => [one.provider, one.model, one.attempts, one.tokens]));
    fill("tokens-by-tenant", told.tokensByTenant.map((one) => [
      link(one.name || one.tenant, `${tenants}?q=${one.tenant}`), one.attempts, one.tokens,
    ]));
    say("success-rate", told.success.rate === null ? "–" : `${(100 * told.success.rate).toFixed(1)} %`);
    say("users-failures", told.success.users);
    page.dataset.shown = String(hours.length);
  }

  function showNow(told) {
    const alarms = document.getElementById("alarms");
    const fresh = told.alarms.map((alarm) => {
      const item = document.createElement("li");
      item.id = alarm.code;
      item.append(`${alarm.text} `, link(alarm.link, alarm.href));
      return item;
    });
    // Written anew only when it changed: a screen reader reads it out each time.
    if (fresh.map((item) => item.outerHTML).join("") !== alarms.innerHTML) alarms.replaceChildren(...fresh);
    document.getElementById("no-alarm").hidden = fresh.length > 0;
    fill("workers", told.workers.map((one) => [one.worker, one.state, one.since, one.running]));
    document.getElementById("no-worker").hidden = told.workers.length > 0;
    fill("latest", told.latest.map((job) => [
      job.created, link(job.id, job.href), status(job.status), job.error, job.kind, job.file, job.tenant,
    ]));
    say("pending", told.queue.pending);
    say("processing", told.queue.processing);
    say("oldest", told.queue.oldest_pending_s === null ? "–" : `${told.queue.oldest_pending_s.toFixed(0)} s`);
    page.dataset.asked = String(Number(page.dataset.asked || 0) + 1);
  }

  function say(id, text) {
    document.getElementById(id).textContent = text;
  }

  function link(text, href) {
    const made = document.createElement("a");
    made.href = href;
    made.textContent = text;
    return made;
  }

  function status(name) {
    const made = document.createElement("span");
    made.className = `rubric-status ${name}`;
    made.textContent = name;
    return made;
  }

  function fill(id, rows) {
    const body = document.querySelector(`#${id} tbody`);
    body.replaceChildren(...rows.map((cells) => {
      const row = document.createElement("tr");
      for (const cell of cells) row.insertCell().append(typeof cell === "number" ? cell.toLocaleString("en") : cell);
      return row;
    }));
  }

  async function ask(address, show) {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      show(await answer.json());
      trouble.hidden = true;
    } catch (error) {
      trouble.textContent = `The figures could not be renewed (${error.message}); trying again.`;
      trouble.hidden = false;
    }
  }

  function redraw() {
    for (const plot of plots.values()) plot.destroy();
    plots.clear();
    if (figures) showFigures(figures);
  }

  // A canvas keeps its colours and its width until it is drawn anew.
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) redraw();
    width = innerWidth;
  });

  const askFigures = () => ask(page.dataset.source, showFigures);
  const askNow = () => document.hidden || ask(page.dataset.now, showNow);
  askFigures();
  askNow();
  setInterval(askFigures, PLOTS_MS);
  setInterval(askNow, NOW_MS);
})();
