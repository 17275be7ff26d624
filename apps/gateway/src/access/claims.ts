import { Dto, IsLine, IsNumericId, ofText, rule } from '@herald/contracts';
import { IsNumber, IsString } from 'class-validator';
import { validate as isRfcUuid } from 'uuid';

const isAudience = (value: unknown) => [value].flat().every((name) => typeof name === 'string');

const AreAudiences = () =>
  rule('areAudiences', (value) => (isAudience(value) ? undefined : 'must be a name, or several'));

/** Claims of every JWT. `exp` is required here, because the JWT library checks it only when it is present. */
@Dto({ ignoresOthers: true })
export class Claims {
  @IsNumber() exp: number;
  @IsString() iss: string;
  @AreAudiences() aud: string | string[];
}

/** Company ids are RFC 4122 UUIDs; Postgres would accept other ones too. */
const IsCompany = () =>
  rule('isCompany', (id) => (isRfcUuid(id) ? undefined : 'must be a UUID'), {
    normalise: ofText((id) => id.toLowerCase()),
  });

const AreScopes = () =>
  rule('areScopes', () => undefined, {
    normalise: (scope) => (typeof scope === 'string' ? scope.split(' ') : []),
  });

/**
 * `sub` is the login, `company_id` the company, `scope` the scopes (RFC 8693, 4.2). Some issuers put something else into
 * `scope`; that grants nothing and refuses nobody.
 */
@Dto({ ignoresOthers: true })
export class PersonClaims extends Claims {
  @IsLine(100) sub: string;
  @IsCompany() company_id: string;
  @AreScopes() scope: string[] = [];
}

@Dto({ ignoresOthers: true })
export class MerchantClaims extends Claims {
  @IsNumericId() merchant_id: number;
}
