import { Open } from '@herald/bootstrap';
import { forbidden, unauthorized } from '@herald/contracts';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ACCESS, type Access } from './access.decorators.js';
import type { Caller } from './caller.js';
import { CredentialStore } from './credential.store.js';

type Guarded = FastifyRequest & { caller?: Caller; user?: Caller };

/** Passport asks the strategy; whatever it dislikes is the same 401. */
function jwtGuard(strategy: 'person' | 'merchant') {
  return new (class extends AuthGuard(strategy) {
    override handleRequest<User>(error: unknown, user: User | false): User {
      if (error || !user) throw unauthorized();
      return user;
    }
  })();
}

/** The global guard: every route is closed unless it says who may enter. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly jwtGuards = { person: jwtGuard('person'), merchant: jwtGuard('merchant') };

  constructor(
    private readonly reflector: Reflector,
    private readonly credentials: CredentialStore,
  ) {}

  /** @throws Refusal 401 without a credential of the right kind, 403 without the scope */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(Open.key, targets)) return true;
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, targets);
    const request = context.switchToHttp().getRequest<Guarded>();
    if (access?.kind === 'credential') {
      const caller = await this.fromCredential(request);
      if (!caller.scopes.includes(access.scope)) throw forbidden(`This credential lacks the scope ${access.scope}`);
      request.caller = caller;
      return true;
    }
    if (!access || request.headers['x-api-key'] !== undefined) throw unauthorized();
    await this.jwtGuards[access.kind].canActivate(context);
    request.caller = request.user;
    return true;
  }

  /** True when the request carries a credential of any kind that would be let in somewhere. */
  async knows(request: FastifyRequest): Promise<boolean> {
    if (await this.fromCredential(request).catch(() => undefined)) return true;
    const context = new ExecutionContextHost([request, {}]);
    for (const guard of Object.values(this.jwtGuards)) {
      if (await Promise.resolve(guard.canActivate(context)).catch(() => false)) return true;
    }
    return false;
  }

  private async fromCredential(request: FastifyRequest) {
    const token = tokenOf(request);
    const caller = token && (await this.credentials.find(token));
    if (!caller) throw unauthorized();
    return caller;
  }
}

/** One token, in either header; two different ones are none. */
function tokenOf(request: FastifyRequest): string | undefined {
  const key = request.headers['x-api-key'];
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (typeof key === 'string' && request.headers.authorization !== undefined && key !== bearer) return undefined;
  return typeof key === 'string' ? key : bearer;
}
