import { HEALTH_WORK, type HealthWork } from '@herald/bootstrap';
import { Global, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { GatewayEnv } from '../gateway.env.js';
import { RememberedKeys } from '../idempotency/remembered-keys.js';
import { EventRelay } from './event.relay.js';
import { OutboxCeiling } from './outbox.ceiling.js';
import { OutboxFeeder } from './outbox.feeder.js';
import { OutboxSweeper } from './outbox.sweeper.js';
import { OutboxWriter } from './outbox.writer.js';
import { OwedPublisher } from './owed-publisher.js';

/** The outbox, and the work by which the gateway's health is judged. */
@Global()
@Module({
  providers: [
    RememberedKeys,
    OwedPublisher,
    OutboxCeiling,
    OutboxFeeder,
    OutboxWriter,
    OutboxSweeper,
    EventRelay,
    {
      provide: HEALTH_WORK,
      inject: ['GATEWAY_ENV', OutboxWriter, OutboxFeeder, OutboxSweeper, EventRelay, HttpAdapterHost],
      useFactory: (
        { STUCK_AFTER_MS }: GatewayEnv,
        writer: OutboxWriter,
        feeder: OutboxFeeder,
        sweeper: OutboxSweeper,
        relay: EventRelay,
        { httpAdapter }: HttpAdapterHost<FastifyAdapter>,
      ): HealthWork => ({
        work: {
          commits: () => writer.progress(),
          feeding: () => feeder.progress(),
          sweeping: () => sweeper.progress(),
          'publishing of events': () => relay.progress('publishing'),
          'settling of events': () => relay.progress('settling'),
          'requests without a connection': () => httpAdapter.getInstance().inFlight.progress(),
        },
        stuckAfterMs: STUCK_AFTER_MS,
      }),
    },
  ],
  exports: [OutboxWriter, RememberedKeys, HEALTH_WORK],
})
export class OutboxModule {}
