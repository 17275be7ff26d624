import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy, type StrategyOptionsWithoutRequest } from 'passport-jwt';
import { z } from 'zod';
import { env, type GatewayEnv } from '../gateway.env.js';
import type { MerchantCaller, PersonCaller } from './caller.js';

/** Clocks may differ by this much. */
const TOLERANCE_SECONDS = 5;

function options(settings: GatewayEnv, audience: string): StrategyOptionsWithoutRequest {
  return {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    // One algorithm, by configuration: what the token says of itself is not asked.
    algorithms: [settings.JWT_ALGORITHM as never],
    secretOrKey: (settings.JWT_SECRET ?? settings.JWT_PUBLIC_KEY) as string,
    issuer: settings.JWT_ISSUER,
    audience,
    jsonWebTokenOptions: { clockTolerance: TOLERANCE_SECONDS },
  };
}

/** `exp` is required; the library only checks it when it is there. */
const Dated = z.object({ exp: z.number(), iss: z.string() });
const PersonClaims = Dated.extend({ sub: z.string().min(1), company_id: z.guid().toLowerCase() });
const MerchantClaims = Dated.extend({ merchant_id: z.int().positive() });

/** User JWT: `sub` is the login, `company_id` the company (design, Decided). */
@Injectable()
export class PersonStrategy extends PassportStrategy(Strategy, 'person') {
  constructor(@Inject('GATEWAY_ENV') settings: GatewayEnv = env()) {
    super(options(settings, settings.JWT_USER_AUDIENCE));
  }

  validate(payload: unknown): PersonCaller | false {
    const claims = PersonClaims.safeParse(payload);
    if (!claims.success) return false;
    return { kind: 'person', issuer: claims.data.iss, companyId: claims.data.company_id, login: claims.data.sub };
  }
}

/** Merchant JWT: `merchant_id` (merchant-answers document, Authentication). */
@Injectable()
export class MerchantStrategy extends PassportStrategy(Strategy, 'merchant') {
  constructor(@Inject('GATEWAY_ENV') settings: GatewayEnv = env()) {
    super(options(settings, settings.JWT_MERCHANT_AUDIENCE));
  }

  validate(payload: unknown): MerchantCaller | false {
    const claims = MerchantClaims.safeParse(payload);
    return claims.success && { kind: 'merchant', issuer: claims.data.iss, merchantId: claims.data.merchant_id };
  }
}
