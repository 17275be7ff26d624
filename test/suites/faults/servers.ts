import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardFolder } from '../../../apps/local/src/processes/guard.js';
import { startPostgres } from '../../../apps/local/src/servers/postgres.js';
import { startRedis } from '../../../apps/local/src/servers/redis.js';
import { Breakable } from './breakable.js';

/** A folder in the temp dir that goes with the run, also when the run is killed. */
export class Folder {
  private constructor(
    readonly path: string,
    private readonly guard: ReturnType<typeof guardFolder>,
  ) {}

  static async make(): Promise<Folder> {
    const path = await mkdtemp(join(tmpdir(), 'herald-faults-'));
    // The account that Postgres runs as when root tests has to pass through.
    await chmod(path, 0o711);
    return new Folder(path, guardFolder(path));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 20 });
    await this.guard.release();
  }
}

export const postgresIn = (dataDir: string, settings?: Record<string, string>): Promise<Breakable> =>
  Breakable.start((port) => startPostgres({ dataDir, port, settings }));

export const redisIn = (dataDir: string): Promise<Breakable> =>
  Breakable.start((port) => startRedis({ dataDir, port }));
