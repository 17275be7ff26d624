/**
 * The guide: what the official guides of Nest, TypeORM and BullMQ lead to. Controller, DTO, guard, queue and
 * processor as their pages show them; the token is stored hashed, finished jobs are removed.
 * `node guide.mjs accept|work`
 */
import 'reflect-metadata';
import { createHash, randomUUID } from 'node:crypto';
import { BullModule, InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  Body,
  CanActivate,
  Controller,
  ExecutionContext,
  HttpCode,
  Injectable,
  Module,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Job, Queue } from 'bullmq';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { Column, CreateDateColumn, Entity, PrimaryColumn, Repository } from 'typeorm';

const { DATABASE_URL, REDIS_URL, QUEUE_PREFIX, PORT, POOL_SIZE } = process.env;

@Entity('access_tokens')
class AccessToken {
  @PrimaryColumn() hash: string;
  @Column('uuid', { name: 'company_id' }) companyId: string;
}

@Entity('feed_messages')
class FeedMessage {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'company_id' }) companyId: string;
  @Column('text', { default: 'ai' }) tab: string;
  @Column('text', { name: 'author_login' }) authorLogin: string;
  @Column('text', { name: 'recipient_login' }) recipientLogin: string;
  @Column('text') title: string;
  @Column('text') body: string;
  @Column('text', { nullable: true }) question?: string;
  @Column('jsonb') metadata: object;
  @Column('text', { default: 'unread' }) status: string;
  @Column('timestamptz', { name: 'read_at', nullable: true }) readAt: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @CreateDateColumn({ type: 'timestamptz', name: 'delivered_at' }) deliveredAt: Date;
  @Column('timestamptz', { name: 'accepted_at' }) acceptedAt: Date;
  @Column('timestamptz', { name: 'queued_at' }) queuedAt: Date;
  @Column('timestamptz', { name: 'started_at' }) startedAt: Date;
  @Column('jsonb', { default: [] }) history: object[];
}

class Message {
  @IsString() @Length(1, 30) title: string;
  @IsString() @Length(1, 280) body: string;
  @IsString() @Length(1, 100) authorLogin: string;
  @IsString() @Length(1, 100) recipientLogin: string;
  @IsOptional() @IsString() @Length(1, 280) question?: string;
}

class SendMessage {
  @IsDefined() @ValidateNested() @Type(() => Message) message: Message;
  @IsOptional() @IsObject() metadata?: object;
}

@Injectable()
class TokenGuard implements CanActivate {
  constructor(@InjectRepository(AccessToken) private readonly tokens: Repository<AccessToken>) {}

  async canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest();
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    if (type !== 'Bearer' || !token) throw new UnauthorizedException();
    const hash = createHash('sha256').update(token).digest('hex');
    request.caller = await this.tokens.findOneBy({ hash });
    if (!request.caller) throw new UnauthorizedException();
    return true;
  }
}

@Controller('v1/feed')
@UseGuards(TokenGuard)
class FeedController {
  constructor(@InjectQueue('delivery') private readonly queue: Queue) {}

  @Post('ai')
  @HttpCode(202)
  async send(@Body() { message, metadata }: SendMessage, @Req() { caller }: { caller: AccessToken }) {
    const correlationId = randomUUID();
    await this.queue.add('deliver', {
      ...message,
      metadata: metadata ?? {},
      id: correlationId,
      companyId: caller.companyId,
      acceptedAt: new Date(),
    });
    return { correlationId };
  }
}

@Processor('delivery', { concurrency: 10 })
class DeliveryProcessor extends WorkerHost {
  constructor(@InjectRepository(FeedMessage) private readonly feed: Repository<FeedMessage>) {
    super();
  }

  async process({ data, timestamp, processedOn }: Job) {
    const [queuedAt, startedAt] = [new Date(timestamp), new Date(processedOn ?? timestamp)];
    await this.feed.save(this.feed.create({ ...data, createdAt: data.acceptedAt, queuedAt, startedAt } as FeedMessage));
  }
}

const servers = [
  TypeOrmModule.forRoot({
    type: 'postgres',
    url: DATABASE_URL,
    entities: [AccessToken, FeedMessage],
    poolSize: Number(POOL_SIZE),
  }),
  TypeOrmModule.forFeature([AccessToken, FeedMessage]),
  BullModule.forRoot({ connection: { url: REDIS_URL }, prefix: QUEUE_PREFIX }),
  BullModule.registerQueue({
    name: 'delivery',
    defaultJobOptions: { attempts: 3, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: true },
  }),
];

@Module({ imports: servers, controllers: [FeedController] })
class AcceptModule {}

@Module({ imports: servers, providers: [DeliveryProcessor] })
class WorkModule {}

if (process.argv[2] === 'accept') {
  const app = await NestFactory.create(AcceptModule);
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
  await app.listen(Number(PORT), '127.0.0.1');
} else {
  await NestFactory.createApplicationContext(WorkModule);
}
console.log('ready');
