import { Open } from '@herald/bootstrap';
import { Refusal } from '@herald/contracts';
import { Controller, Get, Header, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Form } from '../form.js';
import { HTML } from '../pages/html.js';
import { loginPage } from '../pages/login.page.js';
import { OpsGate } from './ops.gate.js';
import { safeRedirect } from './safe-redirect.js';
import { Sessions } from './sessions.js';

/** Login and logout of people. */
@Controller()
export class LoginController {
  constructor(
    private readonly gate: OpsGate,
    private readonly sessions: Sessions,
  ) {}

  @Open()
  @Get('login')
  @Header('Content-Type', HTML)
  show(@Query('next') next?: unknown): string {
    return loginPage({ next: safeRedirect(next) }).toString();
  }

  @Open()
  @Post('login')
  async login(
    @Form() form: URLSearchParams,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const next = safeRedirect(form.get('next'));
    try {
      const user = await this.gate.login(request, form.get('name') ?? '', form.get('password') ?? '');
      await this.sessions.open(request, reply, user);
      await reply.redirect(next, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message, retryAfterSeconds } = error.data;
      if (retryAfterSeconds !== undefined) void reply.header('Retry-After', String(retryAfterSeconds));
      await reply
        .status(status)
        .type(HTML)
        .send(loginPage({ next, fault: `${message}.` }).toString());
    }
  }

  @Open()
  @Post('logout')
  async logout(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.sessions.close(request, reply);
    await reply.redirect('/login', 303);
  }
}
