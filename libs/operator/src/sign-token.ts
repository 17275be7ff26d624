import { type Algorithm, sign } from 'jsonwebtoken';

/** The settings for signing tokens of people and merchants. */
export interface Signer {
  issuer: string;
  algorithm: Algorithm;
  /** A secret, or a private key in PEM. */
  key: string;
  keyId?: string;
}

/** Returns a JWT that the gateway accepts from people (`sub`, `company_id`) or merchants (`merchant_id`). */
export const signToken = (signer: Signer, audience: string, claims: object, validForSeconds: number): string =>
  sign(claims, signer.key, {
    issuer: signer.issuer,
    algorithm: signer.algorithm,
    audience,
    expiresIn: validForSeconds,
    ...(signer.keyId ? { keyid: signer.keyId } : {}),
  });
