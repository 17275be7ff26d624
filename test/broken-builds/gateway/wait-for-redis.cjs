/** A broken gateway: it waits for a Redis that does not answer. */
const { RedisScript } = require('../../../dist/libs/queue/src/redis-script.js');

RedisScript.prototype.look = () => undefined;
