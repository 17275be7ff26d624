import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Group, Open, Operation, version } from '@herald/bootstrap';
import { Controller, Get, HttpCode, Param, Post, Query, type Type } from '@nestjs/common';
import { Dto, MayBeAbsent } from '@herald/contracts';
import { IsDateString, IsIn, IsInt, IsString } from 'class-validator';
import { People } from '../../../apps/gateway/src/access/access.decorators.js';
import { documentOf } from '../../../apps/gateway/src/openapi/document.js';
import { ApiDocument } from '../../support/api-document.js';
import { holdToDocument } from '../../support/checked-fetch.js';
import { Herald } from '../../support/herald.js';

let herald: Herald;
let document: ApiDocument;
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway'] });
  document = await holdToDocument(herald.url);
});
afterAll(() => herald?.stop());

/** Runs a linter for API documents: structure, references, examples against their schemas, names. */
async function lint(json: object): Promise<string[]> {
  const config = await createConfig({
    extends: ['recommended-strict'],
    rules: {
      // Herald is not licensed to anyone, and its document is served by the server that it describes.
      'info-license': 'off',
      'no-empty-servers': 'off',
      // Health routes refuse nothing.
      'operation-4xx-response': 'off',
    },
  });
  const source = JSON.stringify(json);
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`);
}

const changed = (change: (json: any) => void) => {
  const json = structuredClone(document.json);
  change(json);
  return json;
};

describe('the document', () => {
  it('is served to anyone and is valid OpenAPI 3.1, as are its examples', async () => {
    expect(document.json).toMatchObject({ openapi: '3.1.0', info: { title: 'Herald', version } });
    expect(await lint(document.json)).toEqual([]);
  });

  it.each<[string, (json: any) => void]>([
    ['an answer without a description', (json) => delete json.paths['/v1/feed'].get.responses['200'].description],
    ['a reference to nothing', (json) => delete json.components.schemas.FeedItem],
    ['two operations of one name', (json) => (json.paths['/v1/feed'].get.operationId = 'sendMessage')],
    ['a path parameter that nobody describes', (json) => (json.paths['/v1/feed/{id}'].patch.parameters = [])],
    [
      'an example that breaks its schema',
      (json) => (json.paths['/health/ready'].get.responses['503'].content['application/json'].example.status = 'so-so'),
    ],
  ])('would not be valid with %s', async (_, change) => {
    expect(await lint(changed(change))).not.toEqual([]);
  });

  it('says of every route who may enter, and of every closed one the refusals of strangers and crowds', () => {
    const operations = Object.values<any>(document.json['paths']).flatMap((methods) => Object.values<any>(methods));
    const waysIn = (tag: string, id: string) => {
      if (tag === 'health') return 0;
      if (['sendMessage', 'sendMessages', 'recordAction'].includes(id)) return 2;
      return tag === 'agent-actions' || id === 'traceMessage' ? 3 : 1;
    };
    for (const { operationId, tags, security } of operations) {
      expect([operationId, security.length]).toEqual([operationId, waysIn(tags[0], operationId)]);
    }
    const closed = operations.filter(({ tags }) => tags[0] !== 'health');
    expect(closed).toHaveLength(30);
    for (const { responses } of closed) {
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '429', '500', '503']));
    }
  });

  it.each([
    ['sendMessage', '202 400 401 403 413 415 422 429 500 503'],
    ['readFeed', '200 400 401 429 500 503'],
    ['setMessageStatus', '200 400 401 403 404 413 415 422 429 500 503 504'],
    ['setMessageStatuses', '200 400 401 413 415 422 429 500 503 504'],
    ['markSeen', '200 400 401 404 413 415 422 429 500 503 504'],
    ['getMessage', '200 401 404 429 500 503'],
    ['traceMessage', '200 401 403 404 429 500 503'],
    ['listActions', '200 400 401 403 429 500 503'],
    ['answerNotification', '200 400 401 404 413 415 422 429 500 503 504'],
    ['deleteNotification', '200 400 401 404 413 415 429 500 503 504'],
  ])('knows every status of %s', (id, statuses) => {
    expect(Object.keys(operation(id).responses).join(' ')).toBe(statuses);
  });

  it('describes keys, scopes and headers where they apply', () => {
    const { parameters, security, responses } = operation('recordAction');
    expect(parameters).toMatchObject([{ name: 'Idempotency-Key', in: 'header' }]);
    expect(security).toEqual([{ apiKey: ['agent-actions:write'] }, { accessToken: ['agent-actions:write'] }]);
    expect(Object.keys(responses['202'].headers)).toEqual(
      expect.arrayContaining(['X-Correlation-Id', 'Idempotent-Replayed', 'RateLimit', 'RateLimit-Policy']),
    );
    expect(document.resolve(document.resolve(responses['503'])['headers']['Retry-After'])).toMatchObject({
      required: true,
    });
    expect(operation('listActions').security.at(-1)).toEqual({ userToken: ['agent-actions:read'] });
    expect(operation('listUserActions').security.at(-1)).toEqual({ userToken: [] });
    expect(operation('listNotifications').responses['200'].headers).toHaveProperty('Link');
  });

  it('shows the documented samples', () => {
    const { responses } = operation('answerNotification');
    const messages = Object.values<any>(responses['500'].content['application/json'].examples).map(
      ({ value }) => value.detail,
    );
    expect(messages).toContain('This notification has already been answered and cannot be answered again.');
    const { schemas } = document.json['components'];
    expect(schemas.SendMessage.examples[0].message.body).toBe('Conteúdo da notificação');
    expect(schemas.ActionStats.examples[0].by_type.deployment).toBe(20);
    expect(schemas.ActionItem.examples[0].metadata.execution_time).toBe('2.3s');
  });

  it('follows a gateway that answers 422 to what merchants get wrong', async () => {
    const modern = await herald.startService('gateway', { env: { MERCHANT_VALIDATION_STATUS: '422' } }, 'modern');
    const { json } = await holdToDocument(modern.url);
    const { responses } = json['paths']['/api/v1/notification/{notification_id}/answer'].post;
    expect(JSON.stringify(responses['422'])).toContain('already been answered');
    expect(JSON.stringify(responses['500'])).not.toContain('already been answered');
  });
});

const operation = (id: string) =>
  Object.values<any>(document.json['paths'])
    .flatMap((methods) => Object.values<any>(methods))
    .find(({ operationId }) => operationId === id);

/** Returns the parts of a schema that allow anything. Metadata and context belong to their sender, a schema to its operator. */
function openParts(schema: any, api: ApiDocument, at = '', seen: unknown[] = []): string[] {
  const resolved = api.resolve(schema);
  if (seen.includes(resolved) || /\/(metadata|context|answer_schema)$/.test(at)) return [];
  const inside = (part: unknown, step: string) => openParts(part, api, `${at}/${step}`, [...seen, resolved]);
  const { type, properties = {}, additionalProperties, items, anyOf, enum: values } = resolved;
  if (anyOf) return anyOf.flatMap((part: unknown, index: number) => inside(part, String(index)));
  if (type === undefined && values === undefined && resolved.const === undefined) return [`${at} is any value`];
  const open = type === 'object' && (additionalProperties === undefined || additionalProperties === true);
  return [
    ...(open ? [`${at} takes any property`] : []),
    ...(type === 'array' && items === undefined ? [`${at} takes any item`] : []),
    ...Object.entries(properties).flatMap(([name, part]) => inside(part, name)),
    ...(typeof additionalProperties === 'object' ? inside(additionalProperties, '*') : []),
    ...(items ? inside(items, '[]') : []),
  ];
}

const openAnswers = (api: ApiDocument) =>
  api.answerSchemas().flatMap(([name, schema]) => openParts(schema, api).map((part) => `${name}: ${part}`));

describe('the answers', () => {
  it('leave nothing open but metadata, context and schemas', () => {
    expect(document.answerSchemas().length).toBeGreaterThan(200);
    expect(openAnswers(document)).toEqual([]);
  });

  it.each<[string, (json: any) => void]>([
    ['an empty schema', (json) => (json.components.schemas.FeedItem.properties.title = {})],
    ['an object of anything', (json) => (json.components.schemas.ActionStats.properties.by_type = { type: 'object' })],
    ['a field more than described', (json) => delete json.components.schemas.Error.additionalProperties],
    ['a list of anything', (json) => delete json.components.schemas.FeedPage.properties.data.items],
  ])('would be found open with %s', (_, change) => {
    expect(openAnswers(new ApiDocument(changed(change)))).not.toEqual([]);
  });
});

class Word {
  @IsString()
  word: string;

  @IsDateString()
  at: string;
}

@Dto()
class Id {
  @IsString()
  id: string;
}

@Dto({ ignoresOthers: true })
class Loudness {
  @MayBeAbsent()
  @IsIn(['yes'])
  loud?: 'yes';
}

const facts = { id: 'say', summary: 'Say it', responses: { 200: Word } };

@Controller('say')
@Group('delivery')
class Good {
  @Get(':id')
  @Open()
  @Operation({ ...facts, refusals: { 400: 'loud must be yes' } })
  say(@Param() { id }: Id, @Query() { loud }: Loudness) {
    return { word: loud ? id.toUpperCase() : id, at: new Date() };
  }
}

@Controller('say')
@Group('delivery')
class Silent {
  @Get()
  @People()
  say() {
    return { word: 'hello' };
  }
}

@Controller('say')
@Group('delivery')
class Closed {
  @Get()
  @Operation(facts)
  say() {
    return { word: 'hello', at: '2024-01-10T10:00:00.000Z' };
  }
}

@Controller('say')
class Lost {
  @Get()
  @Open()
  @Operation(facts)
  say() {
    return { word: 'hello', at: '2024-01-10T10:00:00.000Z' };
  }
}

@Controller('say')
@Group('delivery')
class Careless {
  @Post(':id')
  @HttpCode(202)
  @Open()
  @Operation(facts)
  say(@Param('id') id: string, @Query() query: Loudness) {
    return { word: id + Object.keys(query).length, at: '2024-01-10T10:00:00.000Z' };
  }
}

@Dto({ name: 'Said' })
class Said {
  @IsInt()
  one: number;
}

@Dto({ name: 'Said' })
class SaidToo {
  @IsInt()
  two: number;
}

@Controller('say')
@Group('delivery')
class Twofold {
  @Get('one')
  @Open()
  @Operation({ ...facts, responses: { 200: Said } })
  one() {
    return { one: 1 };
  }

  @Get('two')
  @Open()
  @Operation({ ...facts, responses: { 200: SaidToo } })
  two() {
    return { two: 2 };
  }

  /** Not called: it is here to be compiled. */
  protected static untrue() {
    // @ts-expect-error the compiler compares a handler with the responses that it describes
    Operation(facts)(Twofold.prototype, 'two', { value: () => ({ words: 'hello' }) });
  }
}

describe('a route', () => {
  const tell = (controller: Type) => documentOf([controller], { validationStatus: 500 });

  it('is described by its code', () => {
    expect(tell(Good)['paths']).toMatchObject({
      '/say/{id}': {
        get: {
          operationId: 'say',
          parameters: [
            { name: 'id', in: 'path' },
            { name: 'loud', in: 'query' },
          ],
        },
      },
    });
  });

  it.each<[string, Type, RegExp]>([
    ['does not describe its answer', Silent, /Silent.say: has no @Operation/],
    ['does not say who may enter', Closed, /Closed.say: does not say who may enter/],
    ['belongs to no part of the API', Lost, /Lost.say: has no @Group/],
    ['gives another status than it describes', Careless, /Careless.say: does not describe its answer 202/],
    ['has a path parameter without a schema', Careless, /path parameters without a schema/],
    ['does not say how it refuses a wrong parameter', Careless, /refuses a wrong parameter/],
    ['calls its answer as another one is called', Twofold, /Said/],
  ])('that %s stops the document', (_, controller, message) => {
    expect(() => tell(controller)).toThrow(message);
  });
});
