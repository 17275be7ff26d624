import { RouteConfig } from '@nestjs/platform-fastify';

/** The caller that a route requires. A route without this is closed to everyone. */
export type Access = { kind: 'credential'; scope: string } | { kind: 'person' } | { kind: 'merchant' };

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

/** Opens a route to credentials with this scope. */
export const Scope = (scope: string) => requires({ kind: 'credential', scope });

/** Opens a route to people with a user JWT. */
export const People = () => requires({ kind: 'person' });

/** Opens a route to merchants with a merchant JWT. */
export const Merchants = () => requires({ kind: 'merchant' });
