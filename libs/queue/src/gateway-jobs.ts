import { BrokenContract, type JobContract, type JobRun, type Ledger, MAX_JOB_BYTES } from '@herald/contracts';
import { Logger } from '@nestjs/common';
import { prefixOf } from './connection.js';
import { loggedId } from './job-id.js';
import { isProved, markProved, receive } from './job-run.js';
import { Proofs } from './proof.js';
import type { QueuedJob } from './queued-job.js';
import { isReplyChannel, type Verdict } from './replies.js';

export interface GatewayJobsOptions {
  contract: { queue: string };
  namespace?: string;
  /** A job signed with one of these is a gateway's. */
  secrets: string[];
  ledger: Pick<Ledger, 'owes'>;
}

/** A worker's checks for jobs that only a gateway may enqueue. */
export class GatewayJobs {
  private readonly logger = new Logger(GatewayJobs.name);
  private readonly prefix: string;
  readonly proofs: Proofs;

  constructor(private readonly options: GatewayJobsOptions) {
    this.prefix = prefixOf(options.contract.queue, options.namespace);
    this.proofs = new Proofs(options.secrets);
  }

  /** Checks a job's proof. Call this first: the transport part of a job without proof is ignored. */
  verify(job: QueuedJob): void {
    if (job.text.length > MAX_JOB_BYTES || !this.proofs.verify(this.prefix, job)) return;
    markProved(job);
    // A gateway's data is safe to parse however often the job stalled, and its messages can then be run one by one.
    job.read();
  }

  isReplyChannel(channel: string): boolean {
    return isReplyChannel(channel, this.options.namespace);
  }

  /**
   * Returns a verdict for a job that only a gateway may enqueue and that lacks a proof: the job is skipped. If an older
   * gateway without proofs sent it, its messages stay in the outbox and a newer gateway publishes them again.
   * @throws BrokenContract when the outbox has none of its messages
   */
  async refuse(job: QueuedJob, contract: JobContract | undefined, initialRun: JobRun): Promise<Verdict | undefined> {
    if (!contract?.gatewayOnly || isProved(job)) return undefined;
    const { queue, ids } = receive(job, contract, initialRun).run;
    if (!ids || !(await this.options.ledger.owes(queue, ids)))
      throw new BrokenContract(`only a gateway may ask for "${job.name}", and no gateway signed this`);
    const message = 'a job is left: no gateway with this QUEUE_SECRET signed it, and its messages stay owed';
    this.logger.warn({ message, queue, jobId: loggedId(job.id) });
    return { skipped: true };
  }
}
