/** A broken service: it logs its connection strings and its requests. */
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
