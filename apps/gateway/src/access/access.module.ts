import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGate } from './access.gate.js';
import { CredentialStore } from './credential.store.js';
import { FailedLogins } from './failed-logins.js';
import { JwtKeys } from './jwt.keys.js';
import { JwtStrategy } from './jwt.strategy.js';
import { KnownSecrets } from './known-secrets.js';
import { RateLimiter } from './rate-limiter.js';

/** The gate that every request passes: credentials, JWTs and rate limits. */
@Module({
  providers: [
    CredentialStore,
    KnownSecrets,
    JwtKeys,
    JwtStrategy,
    RateLimiter,
    FailedLogins,
    AccessGate,
    { provide: APP_GUARD, useExisting: AccessGate },
  ],
  exports: [AccessGate, CredentialStore, RateLimiter],
})
export class AccessModule {}
