import { createReadStream, type ReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { Open, Unlisted } from '@herald/bootstrap';
import { Controller, Get, Header, Req, StreamableFile } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONTENT_SECURITY_POLICY, PAGE, SCRIPT, STYLE } from './docs.page.js';

const JAVASCRIPT = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';

const SWAGGER_UI = dirname(require.resolve('swagger-ui-dist/package.json'));
const ofSwaggerUi = (name: string) => () => createReadStream(join(SWAGGER_UI, name));
const ofOurs = (text: string) => () => Buffer.from(text);

/** What the page consists of. Each is a route of its own: any other path is as closed as all that nobody knows. */
const ASSETS: Record<string, { type: string; read: () => Buffer | ReadStream }> = {
  '/docs/swagger-ui-bundle.js': { type: JAVASCRIPT, read: ofSwaggerUi('swagger-ui-bundle.js') },
  '/docs/swagger-ui.css': { type: CSS, read: ofSwaggerUi('swagger-ui.css') },
  '/docs/page.js': { type: JAVASCRIPT, read: ofOurs(SCRIPT) },
  '/docs/page.css': { type: CSS, read: ofOurs(STYLE) },
};

/** The reference page, open to anyone. */
@Controller()
@Unlisted()
export class DocsController {
  @Open()
  @Get('docs')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  page(): string {
    return PAGE;
  }

  @Open()
  @Get(Object.keys(ASSETS))
  @Header('Cache-Control', 'public, max-age=3600')
  asset(@Req() { routeOptions }: FastifyRequest): StreamableFile {
    const { type, read } = ASSETS[routeOptions.url as string] as (typeof ASSETS)[string];
    return new StreamableFile(read() as Buffer, { type });
  }
}
