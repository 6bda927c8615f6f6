// Plots of the overview page. All figures come from one address, which is asked again every half minute.
"use strict";

(() => {
  const REFRESH_MS = 30000;
  const HEIGHT = 220;
  const COLOURS = { green: "#2e8b57", red: "#c0392b", grey: "#7f8c8d", blue: "#2c6fbb", orange: "#d68910", violet: "#7d3c98" };
  const page = document.getElementById("rubric-overview");
  const trouble = document.getElementById("rubric-trouble");
  const plots = new Map();

  const line = (label, stroke, more = {}) => ({ label, stroke, width: 2, points: { show: true, size: 4 }, ...more });
  const percentiles = [line("p50", COLOURS.green), line("p95", COLOURS.orange), line("p99", COLOURS.red)];

  function draw(id, hours, series, values, axis = {}) {
    const place = document.getElementById(id);
    const data = [hours, ...values];
    if (plots.has(id)) {
      plots.get(id).setData(data);
      return;
    }
    const options = {
      width: place.clientWidth, height: HEIGHT, series: [{}, ...series],
      scales: axis.range ? { y: { range: axis.range } } : {},
      axes: [{}, axis.values ? { values: axis.values, size: 60 } : { size: 60 }],
    };
    plots.set(id, new uPlot(options, data, place));
  }

  const rate = (completed, failed) => (completed + failed ? (100 * completed) / (completed + failed) : null);

  function show(told) {
    const { hours, jobs } = told;
    draw("plot-jobs", hours,
      [line("completed", COLOURS.green), line("failed", COLOURS.red), line("cancelled", COLOURS.grey)],
      [jobs.completed, jobs.failed, jobs.cancelled]);
    draw("plot-success", hours,
      [line("success %", COLOURS.blue), line("goal %", COLOURS.red, { dash: [6, 4], points: { show: false } })],
      [jobs.completed.map((completed, place) => rate(completed, jobs.failed[place])), hours.map(() => told.goal * 100)],
      { range: [0, 101] });
    draw("plot-queue-time", hours, percentiles, [told.queueTime.p50, told.queueTime.p95, told.queueTime.p99]);
    draw("plot-total-time", hours, percentiles, [told.totalTime.p50, told.totalTime.p95, told.totalTime.p99]);
    draw("plot-depth", hours, [line("waiting", COLOURS.violet)], [told.depth]);
    fill("tokens-by-provider", told.tokensByProvider, ["provider", "model", "attempts", "tokens"]);
    fill("tokens-by-tenant", told.tokensByTenant, ["tenant", "attempts", "tokens"]);
    fill("workers", told.workers, ["worker", "state", "running"]);
    document.getElementById("no-worker").hidden = told.workers.length > 0;
    const lost = document.getElementById("workers-lost");
    lost.querySelector("span").textContent = told.lost;
    lost.hidden = !told.lost;
    const failing = document.getElementById("failing-tasks");
    failing.querySelector("span").textContent = told.failingTasks.join(", ");
    failing.hidden = !told.failingTasks.length;
    const mended = document.getElementById("mended");
    mended.querySelector("span").textContent = `${told.certainty.mended} of ${told.certainty.certain}`;
    mended.hidden = !told.certainty.isTooOftenWrong;
    const refused = document.getElementById("refused-plans");
    refused.querySelector("span").textContent = told.refusedPlans.join(", ");
    refused.hidden = !told.refusedPlans.length;
    say("pending", told.queue.pending);
    say("processing", told.queue.processing);
    say("oldest", told.queue.oldest_pending_s === null ? "–" : `${told.queue.oldest_pending_s.toFixed(0)} s`);
    say("success-rate", told.success.rate === null ? "–" : `${(100 * told.success.rate).toFixed(1)} %`);
    page.dataset.shown = String(hours.length);
  }

  function say(id, text) {
    document.getElementById(id).textContent = text;
  }

  function fill(id, rows, columns) {
    const body = document.querySelector(`#${id} tbody`);
    body.replaceChildren(...rows.map((row) => {
      const line = document.createElement("tr");
      for (const column of columns) {
        line.insertCell().textContent = typeof row[column] === "number" ? row[column].toLocaleString("en") : row[column];
      }
      return line;
    }));
  }

  async function refresh() {
    try {
      const answer = await fetch(page.dataset.source, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      show(await answer.json());
      trouble.hidden = true;
    } catch (error) {
      trouble.textContent = `The figures could not be renewed (${error.message}); trying again.`;
      trouble.hidden = false;
    }
  }

  refresh();
  setInterval(refresh, REFRESH_MS);
})();
