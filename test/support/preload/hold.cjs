/**
 * Stops a service at a point of its work while the file HOLD_FILE names that point. For tests only: nothing in the
 * services knows about it.
 */
const { readFileSync, rmSync, writeFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

const file = process.env.HOLD_FILE;
const heldFile = `${file}.held`;
let held = 0;

function wanted() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function holdAt(point) {
  if (wanted() !== point) return;
  if (held++ === 0) writeFileSync(heldFile, point);
  while (wanted() === point) await sleep(5);
  if (--held === 0) rmSync(heldFile, { force: true });
}

const gateway = process.argv[1].includes('/gateway/');
if (gateway) {
  const { OutboxWriter } = require('../../../dist/apps/gateway/src/outbox/outbox.writer.js');
  const { OwedPublisher } = require('../../../dist/apps/gateway/src/outbox/owed-publisher.js');
  after(OutboxWriter.prototype, 'accept', 'committed');
  before(OwedPublisher.prototype, 'publish', 'unpublished');
} else {
  const { QueueServer } = require('../../../dist/libs/queue/src/queue.server.js');
  after(QueueServer.prototype, 'handle', 'worked');
}

function before(prototype, method, point) {
  const original = prototype[method];
  prototype[method] = async function (...args) {
    await holdAt(point);
    return original.apply(this, args);
  };
}

function after(prototype, method, point) {
  const original = prototype[method];
  prototype[method] = async function (...args) {
    const result = await original.apply(this, args);
    await holdAt(point);
    return result;
  };
}

/** The event loop stands still, longer than a job's lock lasts. */
process.on('SIGUSR2', () => {
  const end = Date.now() + Number(process.env.BLOCK_MS ?? 0);
  while (Date.now() < end);
});
