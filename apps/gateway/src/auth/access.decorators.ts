import { RouteConfig } from '@nestjs/platform-fastify';

/** What a route asks of its caller. A route that says nothing is closed to everyone. */
export type Access = { kind: 'credential'; scope: string } | { kind: 'person' } | { kind: 'merchant' };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
}

/** Known to the router, so that the gate can decide before a body is read; what else the route told the router stays. */
function asks(access: Access): MethodDecorator {
  return (target, name, descriptor) => {
    const { KEY } = RouteConfig({});
    const config = Reflect.getMetadata(KEY, descriptor.value as object) as object | undefined;
    RouteConfig({ ...config, access })(target, name, descriptor);
  };
}

/** For credentials that hold this scope. */
export const Scope = (scope: string) => asks({ kind: 'credential', scope });

/** For people with a user JWT. */
export const People = () => asks({ kind: 'person' });

/** For merchants with a merchant JWT. */
export const Merchants = () => asks({ kind: 'merchant' });
