import type { MigrationInterface, QueryRunner } from 'typeorm';
import { follow, unfollow } from './1764000120000-follow-changes.js';

export class FollowActions1764000120100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await follow(runner, 'agent_actions');
  }

  async down(runner: QueryRunner): Promise<void> {
    await unfollow(runner, 'agent_actions');
  }
}
