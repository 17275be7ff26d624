import { execFile } from 'node:child_process';
import { chownSync, mkdirSync, statfsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { postgresHome } from '../../../../apps/local/src/servers/postgres-account.js';
import { Load } from '../load/load.js';
import { Folder } from '../servers.js';
import type { World } from '../world.js';
import { type Scenario, type Stage } from './scenario.js';

const run = promisify(execFile);
const DISK = '64m';

/** A disk that can be filled without harm to anyone. */
class SmallDisk {
  private constructor(
    readonly path: string,
    private readonly folder: Folder,
  ) {}

  /** Undefined where this user may not mount. */
  static async mount(): Promise<SmallDisk | undefined> {
    const folder = await Folder.make();
    const path = join(folder.path, 'disk');
    mkdirSync(path);
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=755`, 'herald-faults', path]);
      return new SmallDisk(path, folder);
    } catch {
      await folder.remove();
      return undefined;
    }
  }

  /** Leaves less than a page. */
  async fill(): Promise<void> {
    const { bavail, bsize } = statfsSync(this.path);
    await writeFile(join(this.path, 'ballast'), Buffer.alloc(bavail * bsize)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC') throw error;
    });
  }

  async free(): Promise<void> {
    await rm(join(this.path, 'ballast'));
  }

  async unmount(): Promise<void> {
    await run('umount', ['--lazy', this.path]);
    await this.folder.remove();
  }
}

/** Fills the disk for a while under load on all products; then there is room again, and the server too. */
async function fillUnderLoad(stage: Stage, world: World, disk: SmallDisk, mend: () => Promise<unknown>): Promise<void> {
  const load = new Load(world);
  await sleep(2000);
  await disk.fill();
  await sleep(stage.long ? 20_000 : 4000);
  await disk.free();
  await mend();
  await sleep(2000);
  await load.stop();
  stage.none('faults of the load', load.faults);
  await stage.settle(world);
}

const services = { gateway: 1, delivery: 1, 'agent-actions': 1, 'merchant-answers': 1 };
const NO_MOUNT = 'mounting a small disk is not allowed here';

async function underRedis(stage: Stage): Promise<void> {
  const disk = await SmallDisk.mount();
  if (!disk) return void (stage.skipped = NO_MOUNT);
  stage.onEnd(() => disk.unmount());
  const redisFolder = join(disk.path, 'redis');
  const world = await stage.world({ services, postgres: stage.postgres, redisFolder });
  // Redis ends when it cannot write its log to disk.
  await fillUnderLoad(stage, world, disk, async () => {
    const ended = world.redis.hasEnded;
    stage.note('Redis had to end', ended ? 'yes' : 'no', 'yes', ended);
    if (ended) await world.redis.startAgain();
  });
}

/** The tables stand on the small disk; the rest of the server has room. */
async function underPostgres(stage: Stage): Promise<void> {
  const disk = await SmallDisk.mount();
  if (!disk) return void (stage.skipped = NO_MOUNT);
  stage.onEnd(() => disk.unmount());
  const tables = join(disk.path, 'tables');
  mkdirSync(tables);
  const world = await stage.world({
    services,
    async preparePostgres(url, folder) {
      const { uid, gid } = postgresHome(folder);
      if (uid !== undefined && gid !== undefined) chownSync(tables, uid, gid);
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(`create tablespace small location '${tables}'`);
      // Databases stand where the one stands that they are made of.
      await client.query('alter database template1 set tablespace small');
      await client.end();
    },
  });
  await fillUnderLoad(stage, world, disk, async () => {
    const full = world.of('gateway').some(({ log }) => log.includes('No space left on device'));
    stage.note('Postgres said that its disk was full', full ? 'yes' : 'no', 'yes', full);
  });
}

export const diskFull: Scenario[] = [
  { name: 'disk full under Redis', proves: [1, 7], play: underRedis },
  { name: 'disk full under Postgres', proves: [1, 14], play: underPostgres },
];
