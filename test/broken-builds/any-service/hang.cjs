/** A service in which one thing (HANG) begins and never ends. */
const [file, name, method] = {
  jobs: ['libs/database/src/messages/message-writer.js', 'MessageWriter', 'writeDirect'],
  commits: ['apps/gateway/src/outbox/outbox.writer.js', 'OutboxWriter', 'insert'],
  feeding: ['apps/gateway/src/outbox/outbox.feeder.js', 'OutboxFeeder', 'feed'],
  sweeping: ['apps/gateway/src/outbox/outbox.sweeper.js', 'OutboxSweeper', 'sweep'],
  'settling of events': ['apps/gateway/src/outbox/event.relay.js', 'EventRelay', 'settle'],
}[process.env.HANG];

require(`../../../dist/${file}`)[name].prototype[method] = () => new Promise(() => {});
