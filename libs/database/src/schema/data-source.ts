import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, MigrationExecutor } from 'typeorm';
import { AgentAction } from './entities/agent-action.entity.js';
import { AgentActionCounter } from './entities/agent-action-counter.entity.js';
import { AgentActionRecipient } from './entities/agent-action-recipient.entity.js';
import { AgentActionUncounted } from './entities/agent-action-uncounted.entity.js';
import { AgentActionUse } from './entities/agent-action-use.entity.js';
import { AgentActionUsesProgress } from './entities/agent-action-uses-progress.entity.js';
import { Company } from './entities/company.entity.js';
import { Conversation } from './entities/conversation.entity.js';
import { Credential } from './entities/credential.entity.js';
import { DeadLetter } from './entities/dead-letter.entity.js';
import { DeletedNotification } from './entities/deleted-notification.entity.js';
import { FeedCounter } from './entities/feed-counter.entity.js';
import { FeedMessage } from './entities/feed-message.entity.js';
import { Notification } from './entities/notification.entity.js';
import { NotificationCounter } from './entities/notification-counter.entity.js';
import { NotificationType } from './entities/notification-type.entity.js';
import { OutboxMessage } from './entities/outbox-message.entity.js';
import { Request } from './entities/request.entity.js';
import { User } from './entities/user.entity.js';
import { CreateAccounts1764000000000 } from './migrations/1764000000000-create-accounts.js';
import { CreateDelivery1764000001000 } from './migrations/1764000001000-create-delivery.js';
import { CreateAgentActions1764000002000 } from './migrations/1764000002000-create-agent-actions.js';
import { CreateMerchantAnswers1764000003000 } from './migrations/1764000003000-create-merchant-answers.js';
import { AddEnvironmentToCredentials1764000010000 } from './migrations/1764000010000-add-environment-to-credentials.js';
import { FenceAccountsAndRequests1764000030000 } from './migrations/1764000030000-fence-accounts-and-requests.js';
import { LetOpsSeeWhereMessagesAre1764000050000 } from './migrations/1764000050000-let-ops-see-where-messages-are.js';
import { CountOwedMessages1764000051000 } from './migrations/1764000051000-count-owed-messages.js';
import { SeeHowLongPublishedMessagesWait1764000052000 } from './migrations/1764000052000-see-how-long-published-messages-wait.js';
import { AddTraceparentToOutbox1764000070000 } from './migrations/1764000070000-add-traceparent-to-outbox.js';
import { LetWorkersRemoveWhatIsOld1764000080000 } from './migrations/1764000080000-let-workers-remove-what-is-old.js';
import { FindWhatIsOld1764000081000 } from './migrations/1764000081000-find-what-is-old.js';
import { LimitRolesInTime1764000090000 } from './migrations/1764000090000-limit-roles-in-time.js';
import { MergePagesOfActions1764000100000 } from './migrations/1764000100000-merge-pages-of-actions.js';
import { LetWorkersKnowCompanies1764000110000 } from './migrations/1764000110000-let-workers-know-companies.js';
import { TellSecretsFromGuesses1764000111000 } from './migrations/1764000111000-tell-secrets-from-guesses.js';
import { KeepRequestsApart1764000112000 } from './migrations/1764000112000-keep-requests-apart.js';
import { FollowChanges1764000120000 } from './migrations/1764000120000-follow-changes.js';
import { FollowActions1764000120100 } from './migrations/1764000120100-follow-actions.js';
import { FollowNotifications1764000120200 } from './migrations/1764000120200-follow-notifications.js';
import { FindWhatChanged1764000121000 } from './migrations/1764000121000-find-what-changed.js';
import { CountFeeds1764000122000 } from './migrations/1764000122000-count-feeds.js';
import { FindMessagesByStatus1764000122100 } from './migrations/1764000122100-find-messages-by-status.js';
import { CountEarlierMessages1764000122200 } from './migrations/1764000122200-count-earlier-messages.js';
import { CountUsesOfTools1764000123000 } from './migrations/1764000123000-count-uses-of-tools.js';
import { AddNotificationCounters1764000124000 } from './migrations/1764000124000-add-notification-counters.js';
import { CountNotifications1764000124100 } from './migrations/1764000124100-count-notifications.js';
import { FollowCommands1764000124200 } from './migrations/1764000124200-follow-commands.js';
import { ForgetOldRequests1764000126000 } from './migrations/1764000126000-forget-old-requests.js';
import { FindWhatHasEnded1764000126100 } from './migrations/1764000126100-find-what-has-ended.js';
import { LetQuestionsEnd1764000125000 } from './migrations/1764000125000-let-questions-end.js';
import { LetWorkersTellOfEnds1764000125010 } from './migrations/1764000125010-let-workers-tell-of-ends.js';
import { LetGatewaysGiveUpEvents1764000125020 } from './migrations/1764000125020-let-gateways-give-up-events.js';
import { FindQuestionsThatEnd1764000125100 } from './migrations/1764000125100-find-questions-that-end.js';

export const entities = [
  Company,
  User,
  Credential,
  Request,
  OutboxMessage,
  DeadLetter,
  FeedMessage,
  FeedCounter,
  AgentAction,
  AgentActionRecipient,
  AgentActionCounter,
  AgentActionUse,
  AgentActionUncounted,
  AgentActionUsesProgress,
  NotificationType,
  Conversation,
  Notification,
  NotificationCounter,
  DeletedNotification,
];
const migrations = [
  CreateAccounts1764000000000,
  CreateDelivery1764000001000,
  CreateAgentActions1764000002000,
  CreateMerchantAnswers1764000003000,
  AddEnvironmentToCredentials1764000010000,
  FenceAccountsAndRequests1764000030000,
  LetOpsSeeWhereMessagesAre1764000050000,
  CountOwedMessages1764000051000,
  SeeHowLongPublishedMessagesWait1764000052000,
  AddTraceparentToOutbox1764000070000,
  LetWorkersRemoveWhatIsOld1764000080000,
  FindWhatIsOld1764000081000,
  LimitRolesInTime1764000090000,
  MergePagesOfActions1764000100000,
  LetWorkersKnowCompanies1764000110000,
  TellSecretsFromGuesses1764000111000,
  KeepRequestsApart1764000112000,
  FollowChanges1764000120000,
  FollowActions1764000120100,
  FollowNotifications1764000120200,
  FindWhatChanged1764000121000,
  CountFeeds1764000122000,
  FindMessagesByStatus1764000122100,
  CountEarlierMessages1764000122200,
  CountUsesOfTools1764000123000,
  AddNotificationCounters1764000124000,
  CountNotifications1764000124100,
  FollowCommands1764000124200,
  LetQuestionsEnd1764000125000,
  LetWorkersTellOfEnds1764000125010,
  LetGatewaysGiveUpEvents1764000125020,
  FindQuestionsThatEnd1764000125100,
  ForgetOldRequests1764000126000,
  FindWhatHasEnded1764000126100,
];

/**
 * Other statements queue behind a change that waits for a lock, so it gives up soon, lets them pass and tries again.
 */
const LOCK_TIMEOUT_MS = 2000;
const TRIES = 30;
/** A lock that was not available in time, and a deadlock: both are over when it is tried again. */
const TRY_AGAIN = ['55P03', '40P01'];

/** Creates a TypeORM data source for schema changes. Services read and write through `Database`. */
export function createDataSource(databaseUrl: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url: databaseUrl,
    applicationName: 'herald-migrate',
    poolSize: 2,
    connectTimeoutMS: 5000,
    extra: { lock_timeout: LOCK_TIMEOUT_MS },
    entities,
    migrations,
    migrationsTableName: 'migrations',
  });
}

/**
 * Runs pending migrations. Needs the login that owns the schema, and a direct connection to Postgres rather than a
 * pooler's.
 * @throws when a table remained locked during every attempt
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const dataSource = await createDataSource(databaseUrl).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    for (let left = TRIES; ; left--) {
      const executor = new MigrationExecutor(dataSource, runner);
      executor.transaction = 'each';
      try {
        await executor.executePendingMigrations();
        return;
      } catch (error) {
        if (left <= 1 || !TRY_AGAIN.includes((error as { code?: string }).code ?? '')) throw error;
      }
      await sleep(LOCK_TIMEOUT_MS / 4);
    }
  } finally {
    await runner.release();
    await dataSource.destroy();
  }
}
