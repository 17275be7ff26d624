import type { MigrationInterface, QueryRunner } from 'typeorm';
import { follow, unfollow } from './1764000120000-follow-changes.js';

export class FollowNotifications1764000120200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await follow(runner, 'notifications');
  }

  async down(runner: QueryRunner): Promise<void> {
    await unfollow(runner, 'notifications');
  }
}
