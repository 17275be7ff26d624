import {
  type BeforeApplicationShutdown,
  Controller,
  type DynamicModule,
  type FactoryProvider,
  Get,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  Optional,
  Res,
  type Type,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { IsIn, IsObject, IsString } from 'class-validator';
import { checkWithTimeout } from './check-with-timeout.js';
import { Drain } from './drain.js';
import { Group, Operation } from './operation.decorator.js';
import { faultLine } from './fault-description.js';
import { StuckWatch, type WorkChecks } from './stuck-watch.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    open?: true;
  }
}

/**
 * Marks a route that needs no credential; all others need one. A route without a controller sets `config: { open: true
 * }`.
 * @public
 */
export const Open = () => RouteConfig({ open: true });

/** A server that the service depends on. */
interface Dependency {
  /** Rejects while it is unavailable. */
  ping(): Promise<unknown>;
}
const DEPENDENCIES = Symbol('DEPENDENCIES');

/** The work a service must make progress with. A service without it is alive while it responds. */
export interface HealthWork {
  work: WorkChecks;
  /** Work that waits this long, with nothing preventing it, is stuck. */
  stuckAfterMs: number;
}
export const HEALTH_WORK = Symbol('HEALTH_WORK');

const CHECKS_PER_LIMIT = 6;

class Alive {
  @IsIn(['ok']) status: 'ok';
}

class Stuck {
  @IsIn(['stuck']) status: 'stuck';

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
  private pending?: Promise<Record<string, State>>;

  constructor(
    @Inject(DEPENDENCIES) private readonly servers: Record<string, Dependency>,
    private readonly drain: Drain,
    @Optional() @Inject(HEALTH_WORK) private readonly health?: HealthWork,
  ) {
    if (health) this.watch = new StuckWatch(health.work, health.stuckAfterMs);
  }

  onApplicationBootstrap(): void {
    // A dependency that is unavailable from the start is probably a wrong setting: log it while the operator watches.
    void this.dependencies();
    if (this.health) this.timer = setInterval(() => void this.check(), this.health.stuckAfterMs / CHECKS_PER_LIMIT);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** 200 unless work is stuck. A restart helps a stuck process; it does not help when a dependency is unavailable. */
  @Open()
  @Get('live')
  @Operation({
    id: 'isAlive',
    summary: 'Whether the process gets its work done',
    responses: { 200: Alive, 503: Stuck },
    examples: { 503: { status: 'stuck', work: ['outbox'] } },
  })
  live(@Res({ passthrough: true }) response: Reply) {
    const stuck = this.watch?.stuck ?? [];
    if (stuck.length === 0) return { status: 'ok' as const };
    response.status(503);
    return { status: 'stuck' as const, work: stuck };
  }

  /** 200 when every dependency responds within a second, else 503 with their states. 503 while the service stops. */
  @Open()
  @Get('ready')
  @Operation({
    id: 'isReady',
    summary: 'Whether everything that the service depends on answers',
    responses: { 200: Readiness, 503: Readiness },
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

  /** Concurrent callers share one result, so that many of them do not exhaust the connections to the dependencies. */
  private dependencies(): Promise<Record<string, State>> {
    this.pending ??= this.checkAll().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  private async checkAll(): Promise<Record<string, State>> {
    const states = Object.entries(this.servers).map(
      async ([name, server]) => [name, (await this.responds(name, server)) ? 'ok' : 'away'] as const,
    );
    return Object.fromEntries(await Promise.all(states));
  }

  /** Logs the start of an outage, with the reason, and its end. */
  private async responds(name: string, server: Dependency): Promise<boolean> {
    let reason = 'no response within a second';
    const noteReason = () =>
      server.ping().catch((error: Error) => {
        reason = faultLine(error);
        throw error;
      });
    if (await checkWithTimeout(noteReason)) {
      if (this.away.delete(name)) this.logger.log(`${name} responds again`);
      return true;
    }
    if (!this.away.has(name)) this.logger.warn(`${name} does not respond: ${reason}`);
    this.away.add(name);
    return false;
  }

  private async check(): Promise<void> {
    const { watch } = this;
    if (!watch) return;
    const before = watch.stuck;
    await watch.check(!Object.values(await this.dependencies()).includes('away'));
    for (const name of watch.stuck.filter((each) => !before.includes(each))) {
      this.logger.error(`stuck: ${name} is waiting and has made no progress for ${this.health?.stuckAfterMs} ms`);
    }
  }
}

@Module({ controllers: [HealthController], providers: [Drain] })
export class HealthModule {
  /** @param dependencies the classes to ping, by their names in the response of `/health/ready` */
  static forRoot(
    dependencies: Record<string, Type<Dependency>>,
    work?: Omit<FactoryProvider<HealthWork>, 'provide'>,
  ): DynamicModule {
    const names = Object.keys(dependencies);
    const named = {
      provide: DEPENDENCIES,
      inject: Object.values(dependencies),
      useFactory: (...servers: Dependency[]) => Object.fromEntries(names.map((name, n) => [name, servers[n]])),
    };
    return { module: HealthModule, providers: work ? [named, { provide: HEALTH_WORK, ...work }] : [named] };
  }
}
