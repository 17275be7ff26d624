import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Json = Record<string, any>;

/** A request and its response. */
export interface Exchange {
  method: string;
  url: string;
  status: number;
  headers: Headers;
  /** Empty when there was none. */
  text: string;
}

/** Headers of HTTP and of browsers' safety; every other one must be described. */
const GENERAL_HEADERS =
  /^(date|connection|keep-alive|content-(type|length|encoding)|transfer-encoding|cache-control|vary|access-control-.*|content-security-policy|cross-origin-.*|origin-agent-cluster|referrer-policy|strict-transport-security|x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection))$/;

/** Served beside the API: the document itself, and the pages. */
const UNLISTED = /^\/(|favicon\.(ico|svg)|openapi\.json|docs(\/.*)?)$/;

/** Any request may end so, before its route is looked for. */
const UNREAD = [408, 417, 431, 501];

interface Operation {
  path: RegExp;
  methods: Json;
}

/** An OpenAPI document, as the judge of answers. */
export class ApiDocument {
  private readonly ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly operations: Operation[];

  constructor(readonly json: Json) {
    addFormats.default(this.ajv);
    // When two paths match, the one with fewer parameters applies.
    const openness = (path: string) => path.split('{').length;
    this.operations = Object.entries(json['paths'] as Json)
      .toSorted(([a], [b]) => openness(a) - openness(b))
      .map(([path, methods]) => ({
        path: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
        methods: methods as Json,
      }));
  }

  /** Returns the differences between a response and the document; empty when it is as described. */
  faultsOf(exchange: Exchange): string[] {
    const responses = this.responsesTo(exchange);
    if (!responses) return [];
    const response = this.resolve(responses[exchange.status]);
    if (!response) return [`the status ${exchange.status} is not described`];
    return [...this.headerFaults(exchange.headers, response), ...this.bodyFaults(exchange, response)];
  }

  /** Every schema of an answer, with where it stands: for those who look at the schemas themselves. */
  answerSchemas(): [string, Json][] {
    return this.operations
      .flatMap(({ methods }) => Object.values(methods))
      .flatMap((operation: Json) =>
        Object.entries(operation['responses'] as Json).flatMap(([status, response]) =>
          Object.entries((this.resolve(response)?.['content'] ?? {}) as Json).map(
            ([type, { schema }]): [string, Json] => [`${operation['operationId']} ${status} ${type}`, schema as Json],
          ),
        ),
      );
  }

  /** Follows a reference to `#/components/…`. */
  resolve<T extends Json | undefined>(part: T): T {
    const reference = part?.['$ref'] as string | undefined;
    if (!reference) return part;
    return reference
      .split('/')
      .slice(1)
      .reduce<any>((value, step) => value[step], this.json) as T;
  }

  /** The schema's own faults with a value. */
  schemaFaults(schema: Json, value: unknown): string[] {
    const text = JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/');
    let validate = this.compiled.get(text);
    if (!validate) {
      const $defs = JSON.parse(
        JSON.stringify(this.json['components'].schemas).replaceAll('#/components/schemas/', '#/$defs/'),
      ) as Json;
      this.compiled.set(text, (validate = this.ajv.compile({ ...(JSON.parse(text) as Json), $defs })));
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`,
    );
  }

  /** By status; undefined where the document has no say. */
  private responsesTo({ method, url, status }: Exchange): Json | undefined {
    // A URL object would take `.` and `%2e` for steps; to the router they are ids like any other.
    const path = decoded(url.replace(/^\w+:\/\/[^/]*|[?#].*$/g, '').replace(/(?<=.)\/+$/, ''));
    if (method === 'OPTIONS' || (path && UNLISTED.test(path) && status < 400)) return undefined;
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    // The path that fits best counts, even when it lacks the method.
    const found = this.operations.find(({ path: known }) => path && known.test(path));
    const operation = found?.methods[verb] as Json | undefined;
    const elsewhere = this.json['x-elsewhere'].responses as Json;
    const unread = Object.fromEntries(UNREAD.map((code) => [code, elsewhere[code]]));
    return { ...(operation ? unread : elsewhere), ...(operation?.['responses'] as Json | undefined) };
  }

  private headerFaults(headers: Headers, { headers: described = {} }: Json): string[] {
    const known = new Map(
      Object.entries(described as Json).map(([name, header]) => [name.toLowerCase(), this.resolve(header as Json)]),
    );
    const missing = [...known]
      .filter(([name, { required }]) => required && !headers.has(name))
      .map(([name]) => `the header ${name} is missing`);
    const wrong = [...headers].flatMap(([name, value]) => {
      const header = known.get(name);
      if (!header) return GENERAL_HEADERS.test(name) ? [] : [`the header ${name} is not described`];
      const number = (header['schema'] as Json)['type'] === 'integer';
      return this.schemaFaults(header['schema'] as Json, number ? Number(value) : value).map(
        (fault) => `the header ${name}: ${fault}`,
      );
    });
    return [...missing, ...wrong];
  }

  private bodyFaults({ method, headers, text }: Exchange, { content }: Json): string[] {
    if (method === 'HEAD') return [];
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    const described = (content as Json | undefined)?.[type] as Json | undefined;
    if (!described) return [`the content type ${type || '(none)'} is not described`];
    return this.schemaFaults(described['schema'] as Json, JSON.parse(text));
  }
}

/** As the router reads it; undefined when it cannot. */
function decoded(path: string): string | undefined {
  try {
    return decodeURI(path);
  } catch {
    return undefined;
  }
}
