import { ApiDocument, type Exchange } from './api-document.js';

/** The document of each gateway that the test file knows, by its address. */
const documents = new Map<string, ApiDocument>();
/** Gateways that are set alike have one document: its schemas are compiled once. */
const byText = new Map<string, ApiDocument>();

/** From now on, every answer from this address is held against its OpenAPI document. */
export async function holdToDocument(url: string): Promise<ApiDocument> {
  const response = await fetch(`${url}/openapi.json`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url}/openapi.json: ${response.status} ${text}`);
  const document = byText.get(text) ?? new ApiDocument(JSON.parse(text));
  byText.set(text, document);
  documents.set(new URL(url).origin, document);
  return document;
}

/** Compares a response with the OpenAPI document of its gateway; other servers' responses always pass. */
function faultIn(exchange: Exchange): Error | undefined {
  const faults = documents.get(new URL(exchange.url).origin)?.faultsOf(exchange) ?? [];
  if (faults.length === 0) return undefined;
  const { method, url, status, text } = exchange;
  return new Error(`${method} ${url} ${status} is not as the OpenAPI document says:\n${faults.join('\n')}\n${text}`);
}

/** @throws Error when the answer is not as the OpenAPI document of its gateway says */
export function mustBeAsDescribed(exchange: Exchange): void {
  const fault = faultIn(exchange);
  if (fault) throw fault;
}

/** An answer, and what is wrong with it. */
export async function judgedFetch(request: Request): Promise<{ response: Response; fault?: Error }> {
  const { method, url } = request;
  const response = await fetch(request);
  const { status, headers } = response;
  return { response, fault: faultIn({ method, url, status, headers, text: await response.clone().text() }) };
}

/** `fetch`, for answers that must be as the OpenAPI document of their gateway says. */
export async function checkedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const { response, fault } = await judgedFetch(new Request(input, init));
  if (fault) throw fault;
  return response;
}
