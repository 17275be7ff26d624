import { prettyFactory } from 'pino-pretty';

const pretty = prettyFactory({
  colorize: true,
  singleLine: true,
  ignore: 'pid,hostname,service',
  translateTime: 'HH:MM:ss',
});

/** Formats a JSON log line of a service for people. Any other line stays unchanged. */
export const readableLine = (line: string): string => pretty(line).trimEnd();
