import { SetMetadata } from '@nestjs/common';

/** What a route asks of its caller. A route that says nothing is closed to everyone. */
export type Access = { kind: 'credential'; scope: string } | { kind: 'person' } | { kind: 'merchant' };

export const ACCESS = 'herald:access';

/** For credentials that hold this scope. */
export const Scope = (scope: string) => SetMetadata(ACCESS, { kind: 'credential', scope } satisfies Access);

/** For people with a user JWT. */
export const People = () => SetMetadata(ACCESS, { kind: 'person' } satisfies Access);

/**
 * For merchants with a merchant JWT.
 * @public
 */
export const Merchants = () => SetMetadata(ACCESS, { kind: 'merchant' } satisfies Access);
