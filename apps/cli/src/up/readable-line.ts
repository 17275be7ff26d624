import { prettyFactory } from 'pino-pretty';

const pretty = prettyFactory({
  colorize: true,
  singleLine: true,
  ignore: 'pid,hostname,service',
  translateTime: 'HH:MM:ss',
});

/** A line of a service's log for people; what is no such line stays as it is. */
export const readableLine = (line: string): string => pretty(line).trimEnd();
