import createClient from 'openapi-fetch';
import { checkedFetch } from './checked-fetch.js';
import type { paths } from './herald-api.js';

/** The API as a TypeScript client sees it: paths, bodies and answers are those of the OpenAPI document. */
export const clientOf = (url: string, token: string) =>
  createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` }, fetch: checkedFetch });
