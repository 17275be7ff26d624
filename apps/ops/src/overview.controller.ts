import { QueueWatch } from '@herald/queue';
import { Controller, Get, Header } from '@nestjs/common';
import { CurrentUser } from './auth/current-user.js';
import type { OpsUser } from './auth/ops-users.js';
import { overviewPage } from './pages/overview.page.js';
import { HTML } from './pages/html.js';
import { Standings } from './standings.js';

/** Page with the state of all queues at a glance. */
@Controller()
export class OverviewController {
  constructor(
    private readonly standings: Standings,
    private readonly watch: QueueWatch,
  ) {}

  @Get()
  @Header('Content-Type', HTML)
  async overview(@CurrentUser() user: OpsUser): Promise<string> {
    const [debts, standings] = await Promise.allSettled([this.standings.ofPostgres(), this.standings.ofRedis()]);
    return overviewPage({
      user,
      queues: this.watch.queues.map(({ name }) => name),
      debts: debts.status === 'fulfilled' ? debts.value : undefined,
      standings: standings.status === 'fulfilled' ? standings.value : undefined,
    }).toString();
  }
}
