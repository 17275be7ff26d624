/** A gateway whose database takes 100 ms for each message, two at a time: it accepts 20 a second and no more. */
const { OutboxWriter } = require('../../../dist/apps/gateway/src/outbox/outbox.writer.js');

const TOGETHER = 2;
const EACH_MS = 100;
const { accept } = OutboxWriter.prototype;
const waiting = [];
let inWork = 0;

function next() {
  if (inWork === TOGETHER || waiting.length === 0) return;
  inWork++;
  waiting.shift()();
  setTimeout(() => {
    inWork--;
    next();
  }, EACH_MS);
}

OutboxWriter.prototype.accept = async function (messages) {
  await new Promise((go) => {
    waiting.push(() => setTimeout(go, EACH_MS));
    next();
  });
  return accept.call(this, messages);
};
