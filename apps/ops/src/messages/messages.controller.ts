import { isUuid } from '@herald/contracts';
import { Database, findPlaces } from '@herald/database';
import { Controller, Get, Header, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.js';
import type { OpsUser } from '../auth/ops-users.js';
import { HTML } from '../pages/html.js';
import { messagesPage } from './messages.page.js';

/** The most that one job may contain. */
const MAX_IDS = 200;

/** Page with the state and the trace of messages, without their content. */
@Controller('messages')
export class MessagesController {
  constructor(private readonly database: Database) {}

  @Get()
  @Header('Content-Type', HTML)
  async find(@CurrentUser() user: OpsUser, @Req() request: FastifyRequest): Promise<string> {
    const given = new URLSearchParams(request.url.split('?')[1]).getAll('id').map((id) => id.trim());
    const typed = given.filter(Boolean).slice(0, MAX_IDS);
    const ids = typed.filter(isUuid).map((id) => id.toLowerCase());
    const places =
      ids.length > 0 ? await this.database.transaction((tx) => findPlaces(tx, ids), 'begin read only') : [];
    return messagesPage({ user, typed, ids, places }).toString();
  }
}
