import { notFound, Refusal } from '@herald/contracts';
import { type DeadLetterFilter, DeadLetters, type Replay } from '@herald/database';
import { QueueWatch } from '@herald/queue';
import { Controller, Get, Header, HttpCode, Logger, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.js';
import type { OpsUser } from '../auth/ops-users.js';
import { Form } from '../form.js';
import { HTML } from '../pages/html.js';
import { confirmDropPage, droppedPage, replayedPage } from './decision.page.js';
import { letterPage } from './letter.page.js';
import { lettersPage } from './letters.page.js';
import { readSearch } from './search.js';

const PAGE = 50;
const BATCH = 100;
/** Limited by the time that a browser waits; the command line has no limit. */
const MAX_AT_ONCE = 1000;
/** Fits a bigint of Postgres. */
const ID = /^\d{1,18}$/;

/** Pages to find, read, replay and drop dead letters. */
@Controller('dead-letters')
export class DeadLettersController {
  private readonly logger = new Logger(DeadLettersController.name);

  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly watch: QueueWatch,
  ) {}

  @Get()
  @Header('Content-Type', HTML)
  async list(@CurrentUser() user: OpsUser, @Req() request: FastifyRequest): Promise<string> {
    const given = new URLSearchParams(request.url.split('?')[1]);
    const { search, filter, faults } = readSearch(user, given);
    const cursor = given.get('cursor') ?? undefined;
    const queues = this.watch.queues.map(({ name }) => name);
    const nothing = { deadLetters: [], nextCursor: null, count: 0, sameFaults: [] };
    const found = faults.length > 0 || (cursor && !ID.test(cursor)) ? nothing : await this.find(filter, cursor);
    return lettersPage({ user, search, faults, queues, isFirst: !cursor, max: MAX_AT_ONCE, ...found }).toString();
  }

  /** Shows what would be dropped, so that one click cannot lose a message. */
  @Get('drop')
  @Header('Content-Type', HTML)
  confirmDrop(@CurrentUser() user: OpsUser, @Query('id') ids?: string | string[]): string {
    return confirmDropPage({ user, ids: someIds([ids ?? []].flat()) }).toString();
  }

  @Get(':id')
  @Header('Content-Type', HTML)
  async show(@CurrentUser() user: OpsUser, @Param('id') id: string): Promise<string> {
    const letter = ID.test(id) ? await this.deadLetters.find(id) : undefined;
    if (!letter) throw notFound('Dead letter not found: it was replayed or dropped, or never existed');
    const [preview] = user.role === 'admin' ? await this.deadLetters.replay([id], { dryRun: true }) : [];
    return letterPage({ user, letter, preview }).toString();
  }

  @Post('replay')
  @HttpCode(200)
  @Header('Content-Type', HTML)
  async replay(@CurrentUser() user: OpsUser, @Form() form: URLSearchParams): Promise<string> {
    const ids = form.has('matching') ? await this.idsMatching(user, form) : someIds(form.getAll('id'));
    const outcomes: Replay[] = [];
    for (let done = 0; done < ids.length; done += BATCH) {
      outcomes.push(...(await this.deadLetters.replay(ids.slice(done, done + BATCH))));
    }
    const replayed = outcomes.filter(({ outcome }) => outcome === 'replayed' || outcome === 'compared').length;
    this.logger.warn(`${user.name} replayed dead letters: ${replayed} of ${ids.length} were sent back`);
    return replayedPage({ user, outcomes }).toString();
  }

  @Post('drop')
  @HttpCode(200)
  @Header('Content-Type', HTML)
  async drop(@CurrentUser() user: OpsUser, @Form() form: URLSearchParams): Promise<string> {
    const ids = someIds(form.getAll('id'));
    const dropped = await this.deadLetters.drop(ids);
    this.logger.warn(`${user.name} dropped ${dropped.length} dead letters`);
    return droppedPage({ user, selected: ids.length, dropped: dropped.length }).toString();
  }

  private async find(filter: DeadLetterFilter, cursor?: string) {
    const [{ deadLetters, nextCursor }, { count }, sameFaults] = await Promise.all([
      this.deadLetters.list(filter, { limit: PAGE, cursor }),
      this.deadLetters.measure(filter),
      cursor ? [] : this.deadLetters.sameFaults(filter),
    ]);
    return { deadLetters, nextCursor, count, sameFaults };
  }

  private async idsMatching(user: OpsUser, form: URLSearchParams): Promise<string[]> {
    const { filter, faults } = readSearch(user, form);
    if (faults.length > 0) throw new Refusal({ status: 400, message: faults.join('; ') });
    const { last } = await this.deadLetters.measure(filter);
    return this.deadLetters.idsOf(filter, '0', last, MAX_AT_ONCE);
  }
}

/** @throws Refusal 400 when there are no ids, too many, or other values */
function someIds(ids: string[]): string[] {
  if (ids.length === 0) throw new Refusal({ status: 400, message: 'Select the dead letters first' });
  if (ids.length > MAX_AT_ONCE || !ids.every((id) => ID.test(id)))
    throw new Refusal({ status: 400, message: 'These are not ids of dead letters' });
  return [...new Set(ids)];
}
