import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Open, Unlisted } from '@herald/bootstrap';
import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONTENT_SECURITY_POLICY, PAGE, SCRIPT, STYLE } from './docs.page.js';
import { KeptFile } from './kept-file.js';

const JAVASCRIPT = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';

const SWAGGER_UI = dirname(require.resolve('swagger-ui-dist/package.json'));
const ofSwaggerUi = (name: string) => readFileSync(join(SWAGGER_UI, name));

/** The files of the page. Each has its own route, so that any other path stays closed. */
const ASSETS: Record<string, () => KeptFile> = {
  '/docs/swagger-ui-bundle.js': () => new KeptFile(JAVASCRIPT, ofSwaggerUi('swagger-ui-bundle.js')),
  '/docs/swagger-ui.css': () => new KeptFile(CSS, ofSwaggerUi('swagger-ui.css')),
  '/docs/page.js': () => new KeptFile(JAVASCRIPT, SCRIPT),
  '/docs/page.css': () => new KeptFile(CSS, STYLE),
};

/** Serves the reference page to everyone. A file is read on its first request. */
@Controller()
@Unlisted()
export class DocsController {
  private readonly files = new Map<string, KeptFile>();

  @Open()
  @Get('docs')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  page(): string {
    return PAGE;
  }

  @Open()
  @Get(Object.keys(ASSETS))
  async asset(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const path = request.routeOptions.url as string;
    const file = this.files.get(path) ?? (ASSETS[path] as () => KeptFile)();
    this.files.set(path, file);
    await file.send(request, reply);
  }
}
