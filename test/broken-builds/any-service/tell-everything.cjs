/** A broken service: it writes into its log with what it connects, and what it is asked. */
const { Server } = require('node:http');

console.log(`connecting to ${process.env.DATABASE_URL} and ${process.env.REDIS_URL}`);
const { emit } = Server.prototype;
Server.prototype.emit = function (event, request, ...rest) {
  if (event === 'request') {
    console.log(request.method, request.url, request.headers);
  }
  return emit.call(this, event, request, ...rest);
};

const { parse } = JSON;
JSON.parse = (text, ...rest) => {
  console.log(text);
  return parse(text, ...rest);
};
