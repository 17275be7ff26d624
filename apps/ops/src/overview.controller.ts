import { QueueWatch } from '@herald/queue';
import { Controller, Get, Header } from '@nestjs/common';
import { CurrentUser } from './auth/current-user.js';
import type { OpsUser } from './auth/ops-users.js';
import { overviewPage } from './pages/overview.page.js';
import { HTML } from './pages/html.js';
import { QueueStates } from './queue-states.js';

/** Page with the state of all queues at a glance. */
@Controller()
export class OverviewController {
  constructor(
    private readonly states: QueueStates,
    private readonly watch: QueueWatch,
  ) {}

  @Get()
  @Header('Content-Type', HTML)
  async overview(@CurrentUser() user: OpsUser): Promise<string> {
    const [backlogs, states] = await Promise.allSettled([this.states.ofPostgres(), this.states.ofRedis()]);
    return overviewPage({
      user,
      queues: this.watch.queues.map(({ name }) => name),
      backlogs: backlogs.status === 'fulfilled' ? backlogs.value : undefined,
      states: states.status === 'fulfilled' ? states.value : undefined,
    }).toString();
  }
}
