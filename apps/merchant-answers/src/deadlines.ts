import { Repeat } from '@herald/bootstrap';
import { audience } from '@herald/contracts';
import { Database, expireQuestions, findDue, type MarkedQuestion, remindOfQuestions, type Sql } from '@herald/database';
import { Announcer } from '@herald/queue';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { recordExpired, recordReminded } from './deadlines.metrics.js';
import { Events } from './events.js';

const LOOK_EVERY_MS = 200;
/** Questions of one transaction, so that their answers wait for milliseconds. */
const SLICE = 500;

type Mark = (tx: Sql, limit: number, writesEvents: boolean) => Promise<MarkedQuestion[]>;

/**
 * Ends questions whose time is over, and writes the reminders before it. The database's clock decides, and any number of
 * workers share the work: each takes questions that no other has locked.
 */
@Injectable()
export class Deadlines implements OnModuleInit, OnApplicationShutdown {
  private repeat?: Repeat;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly events: Events,
    private readonly announcer: Announcer,
  ) {}

  onModuleInit(): void {
    this.repeat = new Repeat(LOOK_EVERY_MS, () => this.look(), new Logger(Deadlines.name));
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.repeat?.stop();
  }

  private async look(): Promise<void> {
    const due = await findDue(this.database);
    // In turn, so that no reminder waits until a million have ended.
    while ((due.ended || due.reminders) && !this.stopping) {
      due.ended &&= await this.markSome(expireQuestions, recordExpired);
      due.reminders &&= await this.markSome(remindOfQuestions, recordReminded);
    }
  }

  /** Returns true when there may be more. */
  private async markSome(mark: Mark, record: (marked: MarkedQuestion[]) => void): Promise<boolean> {
    const marked = await this.database.transaction((tx) => mark(tx, SLICE, this.events.areWritten));
    record(marked);
    this.announcer.announce(new Set(marked.map(({ merchantId }) => audience.questions(merchantId))));
    return marked.length === SLICE;
  }
}
