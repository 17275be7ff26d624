import { Dto, IsLine, IsNumericId, ofText, rule } from '@herald/contracts';
import { IsNumber, IsString } from 'class-validator';
import { validate as isRfcUuid } from 'uuid';

const isAudience = (value: unknown) => [value].flat().every((name) => typeof name === 'string');

const AreAudiences = () =>
  rule('areAudiences', (value) => (isAudience(value) ? undefined : 'must be a name, or several'));

/** `exp` is required; the library only checks it when it is there. */
@Dto({ ignoresOthers: true })
export class Claims {
  @IsNumber() exp: number;
  @IsString() iss: string;
  @AreAudiences() aud: string | string[];
}

/** Ids of companies are UUIDs of RFC 4122; Postgres would take others too. */
const IsCompany = () =>
  rule('isCompany', (id) => (isRfcUuid(id) ? undefined : 'must be a UUID'), {
    normalise: ofText((id) => id.toLowerCase()),
  });

/** `sub` is the login, `company_id` the company. */
@Dto({ ignoresOthers: true })
export class PersonClaims extends Claims {
  @IsLine(100) sub: string;
  @IsCompany() company_id: string;
}

@Dto({ ignoresOthers: true })
export class MerchantClaims extends Claims {
  @IsNumericId() merchant_id: number;
}
