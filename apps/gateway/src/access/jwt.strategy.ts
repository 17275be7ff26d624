import { callbackify } from 'node:util';
import { check, SCOPES_OF_PEOPLE } from '@herald/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy, type StrategyOptionsWithoutRequest } from 'passport-jwt';
import type { MerchantCaller, PersonCaller } from './caller.js';
import { Claims, MerchantClaims, PersonClaims } from './claims.js';
import { JwtKeys } from './jwt.keys.js';
import type { JwtSettings } from './jwt.settings.js';

/** Accepted difference between the clocks of the issuer and of the gateway. */
const TOLERANCE_SECONDS = 5;

/** The claims of each kind of caller. */
export const CLAIMS = { person: PersonClaims, merchant: MerchantClaims };

/**
 * Returns the kind of caller that a token is for, by its audience; undefined for a token that names both or neither.
 */
export function audienceOf(payload: unknown, settings: JwtSettings): keyof typeof CLAIMS | undefined {
  const audiences = [check(Claims, payload).value?.aud].flat();
  const forPeople = audiences.includes(settings.JWT_USER_AUDIENCE);
  if (forPeople === audiences.includes(settings.JWT_MERCHANT_AUDIENCE)) return undefined;
  return forPeople ? 'person' : 'merchant';
}

/**
 * Verifies JWTs of people (`sub` is the login, `company_id` the company) and of merchants (`merchant_id`). The audience
 * distinguishes them (contracts README, "Credentials").
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    @Inject('GATEWAY_ENV') private readonly settings: JwtSettings,
    keys: JwtKeys,
  ) {
    const keyOf = callbackify((token: string) => keys.keyOf(token));
    const options: StrategyOptionsWithoutRequest = {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // Only the configured algorithm is accepted, whatever the token claims.
      algorithms: [settings.JWT_ALGORITHM],
      secretOrKeyProvider: (_request, token: string, done) => {
        keyOf(token, (error, key) => {
          try {
            done(error, key as never);
          } catch (fault) {
            // For some claims (`null`) the library throws here, where nothing else would catch it.
            done(fault);
          }
        });
      },
      issuer: settings.JWT_ISSUER,
      audience: [settings.JWT_USER_AUDIENCE, settings.JWT_MERCHANT_AUDIENCE],
      jsonWebTokenOptions: { clockTolerance: TOLERANCE_SECONDS },
    };
    super(options);
  }

  /** Returns the caller, or false for a token with both audiences or wrong claims. */
  validate(payload: unknown): PersonCaller | MerchantCaller | false {
    const kind = audienceOf(payload, this.settings);
    if (!kind) return false;
    return kind === 'person' ? person(payload) : merchant(payload);
  }
}

function person(payload: unknown): PersonCaller | false {
  const { value: claims } = check(PersonClaims, payload);
  if (!claims) return false;
  const { iss: issuer, company_id: companyId, sub: login } = claims;
  const scopes = claims.scope.filter((scope) => SCOPES_OF_PEOPLE.includes(scope));
  return { kind: 'person', issuer, companyId, login, scopes, expiresAt: endOf(claims) };
}

function merchant(payload: unknown): MerchantCaller | false {
  const { value: claims } = check(MerchantClaims, payload);
  if (!claims) return false;
  return { kind: 'merchant', issuer: claims.iss, merchantId: claims.merchant_id, expiresAt: endOf(claims) };
}

const endOf = ({ exp }: Claims): number => (exp + TOLERANCE_SECONDS) * 1000;
