import type { IncomingMessage } from 'node:http';
import { badRequest, Refusal, type RefusalData } from '@herald/contracts';

export const UNKNOWN_CODING: RefusalData = { status: 501, message: 'Of transfer codings, only chunked is read' };

/** Characters of names, addresses and ports (RFC 3986, 3.2). */
const HOST = /^[\w.~!$&'()*+,;=:%[\]-]*$/;

/**
 * Refuses heads that Node accepts but another server may interpret differently (RFC 9112, 3.2 and 6.1).
 * @throws Refusal 400 without exactly one valid Host, or with several types of the body, 501 for a body in a transfer coding other than chunked
 */
export function checkHead({ headers, rawHeaders, httpVersion }: IncomingMessage): void {
  let hosts = 0;
  let types = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
    if (name.length === 12 && name.toLowerCase() === 'content-type') types++;
  }
  if (hosts === 0 && httpVersion !== '1.0') throw badRequest('Host is missing');
  if (hosts > 1) throw badRequest('Host must be given once');
  if (types > 1) throw badRequest('Content-Type must be given once');
  if (hosts === 1 && !HOST.test(headers.host as string)) throw badRequest('Host is not valid');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') throw new Refusal(UNKNOWN_CODING);
}
