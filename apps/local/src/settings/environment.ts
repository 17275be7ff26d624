import type { ServiceSpec } from '@herald/operator';
import type { JwtSettings } from '../demo/load-demo.js';
import type { Secrets } from './secrets.js';

/** The secrets and credentials that the services need. */
export interface Access {
  secrets: Secrets;
  jwt: JwtSettings;
  /** The value of OPS_USERS. */
  opsUsers: string;
}

export function jwtSettings(secret: string): JwtSettings {
  return {
    issuer: 'https://herald.local',
    userAudience: 'herald-people',
    merchantAudience: 'herald-merchants',
    algorithm: 'HS256',
    secret,
  };
}

/** Returns the variables of a service in addition to those of the shell, without DATABASE_URL. */
export function environmentOf(spec: ServiceSpec, port: number, { secrets, jwt, opsUsers }: Access) {
  return {
    [spec.door?.variable ?? 'HEALTH_PORT']: String(port),
    ...(spec.name === 'gateway' ? gatewayEnvironment(jwt) : {}),
    ...(spec.name === 'ops'
      ? { OPS_USERS: opsUsers, OPS_SESSION_SECRET: secrets.opsSession }
      : { QUEUE_SECRET: secrets.queue }),
  };
}

function gatewayEnvironment(jwt: JwtSettings): Record<string, string> {
  return {
    JWT_ISSUER: jwt.issuer,
    JWT_USER_AUDIENCE: jwt.userAudience,
    JWT_MERCHANT_AUDIENCE: jwt.merchantAudience,
    JWT_ALGORITHM: jwt.algorithm,
    JWT_SECRET: jwt.secret,
  };
}
