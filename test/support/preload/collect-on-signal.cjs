/** A service whose garbage is collected when it is told to: what it holds then is in use. */
require('node:v8').setFlagsFromString('--expose-gc');
const gc = require('node:vm').runInNewContext('gc');

process.on('SIGUSR2', () => gc());
