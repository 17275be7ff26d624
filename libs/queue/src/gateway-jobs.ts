import { BrokenContract, type JobContract, type JobRun, type Ledger, MAX_JOB_BYTES } from '@herald/contracts';
import { Logger } from '@nestjs/common';
import { prefixOf } from './connection.js';
import { loggedId } from './job-id.js';
import { isProved, noteProved, receive } from './job-run.js';
import { Proofs } from './proof.js';
import type { QueuedJob } from './queued-job.js';
import { isReplyChannel, type Verdict } from './replies.js';

export interface GatewayJobsOptions {
  contract: { queue: string };
  namespace?: string;
  /** A job is a gateway's when it is signed with one of these. */
  secrets: string[];
  ledger: Pick<Ledger, 'owes'>;
}

/** A worker's side of what only a gateway may ask. */
export class GatewayJobs {
  private readonly logger = new Logger(GatewayJobs.name);
  private readonly prefix: string;
  readonly proofs: Proofs;

  constructor(private readonly options: GatewayJobsOptions) {
    this.prefix = prefixOf(options.contract.queue, options.namespace);
    this.proofs = new Proofs(options.secrets);
  }

  /** Comes first: what a job's transport part says depends on it. */
  note(job: QueuedJob): void {
    if (job.text.length > MAX_JOB_BYTES || !this.proofs.hold(this.prefix, job)) return;
    noteProved(job);
    // However often it stalled: what a gateway wrote can be read, and its messages can be tried alone.
    job.read();
  }

  isReplyChannel(channel: string): boolean {
    return isReplyChannel(channel, this.options.namespace);
  }

  /**
   * A verdict for a job that only a gateway may put on the queue and that lacks its proof: nothing that it asks for is done.
   * When a gateway of before there were proofs sent it, its messages are owed, and stay so: a newer one publishes them again.
   * @throws BrokenContract when nothing is owed of what it names
   */
  async refuse(job: QueuedJob, contract: JobContract | undefined, asCame: JobRun): Promise<Verdict | undefined> {
    if (!contract?.ofGateway || isProved(job)) return undefined;
    const { queue, ids } = receive(job, contract, asCame).run;
    if (!ids || !(await this.options.ledger.owes(queue, ids)))
      throw new BrokenContract(`only a gateway may ask for "${job.name}", and no gateway signed this`);
    const message = 'a job is left: no gateway with this QUEUE_SECRET signed it, and its messages stay owed';
    this.logger.warn({ message, queue, jobId: loggedId(job.id) });
    return { skipped: true };
  }
}
