import { SCOPES_OF_PEOPLE } from '@herald/contracts';
import { RouteConfig } from '@nestjs/platform-fastify';

/** The caller that a route requires. A route without this is closed to everyone. */
export type Access = CredentialAccess | { kind: 'person' } | { kind: 'merchant' };

interface CredentialAccess {
  kind: 'credential';
  scope: string;
  /** People may enter too: with the scope in their JWT, or any, for what is their own. */
  people?: 'with scope' | 'for their own';
  /** Merchants may enter too, for what is their own. */
  merchants?: true;
}

/** Returns the kinds of callers that a route is for. */
export const kindsOf = (access: Access): Access['kind'][] => [
  access.kind,
  ...(access.kind === 'credential' && access.people ? ['person' as const] : []),
  ...(access.kind === 'credential' && access.merchants ? ['merchant' as const] : []),
];

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
}

/** Stores the access in the route's config, so that the gate can decide before a body is read. Other config is kept. */
function requires(access: Access): MethodDecorator {
  return (target, name, descriptor) => {
    const { KEY } = RouteConfig({});
    const config = Reflect.getMetadata(KEY, descriptor.value as object) as object | undefined;
    RouteConfig({ ...config, access })(target, name, descriptor);
  };
}

/** Opens a route to credentials with this scope, and to people whose JWT has it, if it is one that a JWT may carry. */
export const Scope = (scope: string) =>
  requires({ kind: 'credential', scope, ...(SCOPES_OF_PEOPLE.includes(scope) ? { people: 'with scope' } : {}) });

/** Opens a route to credentials with this scope, and to all people; the handler checks that they ask for their own. */
export const ScopeOrOwn = (scope: string) => requires({ kind: 'credential', scope, people: 'for their own' });

/** Opens a route to credentials with this scope, and to merchants; the handler shows them their own. */
export const ScopeOrMerchants = (scope: string) => requires({ kind: 'credential', scope, merchants: true });

/** Opens a route to people with a user JWT. */
export const People = () => requires({ kind: 'person' });

/** Opens a route to merchants with a merchant JWT. */
export const Merchants = () => requires({ kind: 'merchant' });
