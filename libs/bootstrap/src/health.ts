import { Controller, Get, Inject, Module, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';

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

const CHECK_TIMEOUT_MS = 1000;

async function stateOf(check: () => Promise<unknown>): Promise<'ok' | 'away'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'away'>((resolve) => {
    timer = setTimeout(() => resolve('away'), CHECK_TIMEOUT_MS);
  });
  const answer = check().then(
    () => 'ok' as const,
    () => 'away' as const,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

@Controller('health')
class HealthController {
  constructor(@Inject(HEALTH_CHECKS) private readonly checks: HealthChecks) {}

  /** 200 while the process answers: a restart would not help a dependency that is away. */
  @Open()
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200 when every dependency answers within a second, else 503 with the state of each. */
  @Open()
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: { status(code: number): unknown }) {
    const names = Object.keys(this.checks);
    const states = await Promise.all(Object.values(this.checks).map(stateOf));
    const ready = states.every((state) => state === 'ok');
    if (!ready) response.status(503);
    return {
      status: ready ? 'ok' : 'away',
      dependencies: Object.fromEntries(names.map((name, index) => [name, states[index]])),
    };
  }
}

@Module({ controllers: [HealthController] })
export class HealthModule {}
