import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  Optional,
  Res,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { IsIn, IsObject, IsString } from 'class-validator';
import { answerInTime } from './answer-in-time.js';
import { Drain } from './drain.js';
import { Group, Operation } from './operation.decorator.js';
import { faultLine } from './told-fault.js';
import { StuckWatch, type WorkChecks } from './stuck-watch.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    open?: true;
  }
}

/**
 * A route that anyone may call; every other is closed. What has no controller says `config: { open: true }`.
 * @public
 */
export const Open = () => RouteConfig({ open: true });

/** What a service depends on, by name; each check rejects while its dependency is away. */
export type HealthChecks = Record<string, () => Promise<unknown>>;
export const HEALTH_CHECKS = Symbol('HEALTH_CHECKS');

/** What a service must get done; a service that provides none is alive while it answers. */
export interface HealthWork {
  work: WorkChecks;
  /** Work that waits this long, while nothing hinders it, is stuck. */
  stuckAfterMs: number;
}
export const HEALTH_WORK = Symbol('HEALTH_WORK');

const LOOKS_PER_LIMIT = 6;

class Alive {
  @IsIn(['ok']) status: 'ok';
}

class Stuck {
  @IsIn(['stuck']) status: 'stuck';

  /** What waits and is not done. */
  @IsString({ each: true, context: { description: 'What waits and is not done' } }) work: string[];
}

const STATES = ['ok', 'away'] as const;
type State = (typeof STATES)[number];

class Readiness {
  @IsIn(['ok', 'away', 'stopping']) status: State | 'stopping';

  @IsObject({ context: { schema: { additionalProperties: { type: 'string', enum: STATES } } } })
  dependencies: Record<string, State>;
}

interface Reply {
  status(code: number): unknown;
}

@Controller('health')
@Group('health')
class HealthController implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('health');
  private readonly watch?: StuckWatch;
  private readonly away = new Set<string>();
  private timer?: NodeJS.Timeout;
  private asked?: Promise<Record<string, State>>;

  constructor(
    @Inject(HEALTH_CHECKS) private readonly checks: HealthChecks,
    private readonly drain: Drain,
    @Optional() @Inject(HEALTH_WORK) private readonly must?: HealthWork,
  ) {
    if (must) this.watch = new StuckWatch(must.work, must.stuckAfterMs);
  }

  onApplicationBootstrap(): void {
    // What is wrong from the beginning is most likely a setting: whoever made it watches now.
    void this.dependencies();
    if (this.must) this.timer = setInterval(() => void this.look(), this.must.stuckAfterMs / LOOKS_PER_LIMIT);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** 200 unless work is stuck: a restart helps a process that no longer works, not a dependency that is away. */
  @Open()
  @Get('live')
  @Operation({
    id: 'isAlive',
    summary: 'Whether the process gets its work done',
    answers: { 200: Alive, 503: Stuck },
    examples: { 503: { status: 'stuck', work: ['outbox'] } },
  })
  live(@Res({ passthrough: true }) response: Reply) {
    const stuck = this.watch?.stuck ?? [];
    if (stuck.length === 0) return { status: 'ok' as const };
    response.status(503);
    return { status: 'stuck' as const, work: stuck };
  }

  /** 200 when every dependency answers within a second, else 503 with the state of each; 503 when the service is to stop. */
  @Open()
  @Get('ready')
  @Operation({
    id: 'isReady',
    summary: 'Whether everything that the service depends on answers',
    answers: { 200: Readiness, 503: Readiness },
    examples: {
      200: { status: 'ok', dependencies: { postgres: 'ok', redis: 'ok' } },
      503: { status: 'away', dependencies: { postgres: 'ok', redis: 'away' } },
    },
  })
  async ready(@Res({ passthrough: true }) response: Reply) {
    const dependencies = await this.dependencies();
    const state: State = Object.values(dependencies).includes('away') ? 'away' : 'ok';
    const status = this.drain.isOn ? ('stopping' as const) : state;
    if (status !== 'ok') response.status(503);
    return { status, dependencies };
  }

  /** All who ask at once get one answer: a crowd that asks must not take the connections to what it asks about. */
  private dependencies(): Promise<Record<string, State>> {
    this.asked ??= this.ask().finally(() => {
      this.asked = undefined;
    });
    return this.asked;
  }

  private async ask(): Promise<Record<string, State>> {
    const states = Object.entries(this.checks).map(
      async ([name, check]) => [name, (await this.answers(name, check)) ? 'ok' : 'away'] as const,
    );
    return Object.fromEntries(await Promise.all(states));
  }

  /** Of an outage its beginning is told, with the reason, and its end. */
  private async answers(name: string, check: () => Promise<unknown>): Promise<boolean> {
    let reason = 'no answer within a second';
    const noting = () =>
      check().catch((error: Error) => {
        reason = faultLine(error);
        throw error;
      });
    if (await answerInTime(noting)) {
      if (this.away.delete(name)) this.logger.log(`${name} answers again`);
      return true;
    }
    if (!this.away.has(name)) this.logger.warn(`${name} does not answer: ${reason}`);
    this.away.add(name);
    return false;
  }

  private async look(): Promise<void> {
    const { watch } = this;
    if (!watch) return;
    const before = watch.stuck;
    await watch.look(!Object.values(await this.dependencies()).includes('away'));
    for (const name of watch.stuck.filter((each) => !before.includes(each))) {
      this.logger.error(`stuck: ${name} waits, and none of it was finished for ${this.must?.stuckAfterMs} ms`);
    }
  }
}

@Module({ controllers: [HealthController], providers: [Drain] })
export class HealthModule {}
