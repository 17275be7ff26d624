import { type Algorithm, sign } from 'jsonwebtoken';

/** What tokens of people and merchants are made with. */
export interface Signer {
  issuer: string;
  algorithm: Algorithm;
  /** A secret, or a private key in PEM. */
  key: string;
  keyId?: string;
}

/** A JWT as the gateway takes it from people (`sub`, `company_id`) and merchants (`merchant_id`). */
export const signToken = (signer: Signer, audience: string, claims: object, validForSeconds: number): string =>
  sign(claims, signer.key, {
    issuer: signer.issuer,
    algorithm: signer.algorithm,
    audience,
    expiresIn: validForSeconds,
    ...(signer.keyId ? { keyid: signer.keyId } : {}),
  });
