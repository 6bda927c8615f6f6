/** What a job's document was read as while its plan is being mended: what the page shows, and what the service knows. */

export class Mending {
  #waiting = null;
  #isSending = false;

  /** `context`: `{jobId, client, ask, signal, onLoaded(mending), onMended(answer, plan, {isRestored}), onPlan(), onFault(fault)}`. */
  constructor(context) {
    this.context = context;
  }

  /** Loads the reading once; throws where there is none. */
  load() {
    this.loading ??= this.#read().catch((fault) => {
      this.loading = null;
      throw fault;
    });
    return this.loading;
  }

  async #read() {
    const { ask, client, jobId, signal } = this.context;
    const { plan, isProposal, others, blocks, etag } = await ask(() => client.getReading(jobId, { signal }));
    Object.assign(this, { plan, isProposal, blocks, etag });
    this.ways = [plan, ...others];
    this.context.onLoaded(this);
    return this;
  }

  /**
   * The plan as it is marked on the page; the rubric follows as soon as the service has assembled it. `isRestored`: the page has
   * the rubric of this plan already, by a step back or forth.
   */
  mark(plan, { isRestored = false } = {}) {
    this.plan = plan;
    this.context.onPlan();
    this.#waiting = { plan, isRestored };
    return this.#send();
  }

  /** A step back to where the rubric came from no plan: what was proposed then is shown again, and the service is told nothing. */
  propose() {
    this.plan = this.ways[0];
    this.isProposal = true;
    this.context.onPlan();
  }

  /** The next likeliest way to read the document, the first one after the last. */
  nextWay() {
    const at = this.ways.findIndex((way) => JSON.stringify(way) === JSON.stringify(this.plan));
    return this.mark(this.ways[(at + 1) % this.ways.length]);
  }

  /** One request at a time: of what is marked meanwhile the last one counts. */
  async #send() {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#waiting) await this.#sendOne();
    } finally {
      this.#isSending = false;
    }
  }

  async #sendOne() {
    const { ask, client, jobId, signal, onMended, onFault } = this.context;
    const { plan, isRestored } = this.#waiting;
    this.#waiting = null;
    try {
      const answer = await ask(() => client.putReading(jobId, plan, { etag: this.etag, signal }));
      this.etag = answer.etag;
      this.isProposal = false;
      onMended(answer, plan, { isRestored });
      this.context.onPlan();
    } catch (fault) {
      if (signal.aborted) return;
      if (fault.status === 412) await this.#readAgain().catch(onFault);
      onFault(fault);
    }
  }

  /** Another tab has mended it: what is marked there is shown here, with its rubric. */
  async #readAgain() {
    const { ask, client, jobId, signal, onMended, onPlan } = this.context;
    this.loading = null;
    this.#waiting = null;
    await this.load();
    onMended(await ask(() => client.getJob(jobId, { signal })), this.plan, { isRestored: false });
    onPlan();
  }
}
