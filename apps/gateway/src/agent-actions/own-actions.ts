import { forbidden, notFound, Refusal } from '@herald/contracts';
import { Database, findUserId } from '@herald/database';
import { Injectable } from '@nestjs/common';
import { type CompanyCaller, lacksScope, type PersonCaller } from '../access/caller.js';
import { NOT_FOUND } from './agent-actions.params.js';

export const NOT_THEIRS = 'Only the recipient may change the status of a notification';

/** The actions that people may read and mark as their own: their company's directory has the user id of their login. */
@Injectable()
export class OwnActions {
  constructor(private readonly database: Database) {}

  /** @throws Refusal 403 when a person without the scope asks for what another user received, whether there is one or not */
  async refuseToRead(caller: CompanyCaller, userId: string): Promise<void> {
    const scope = 'agent-actions:read';
    if (caller.scopes.includes(scope) || (await this.mayActFor(caller, userId))) return;
    throw lacksScope(scope);
  }

  /** @throws Refusal 403 when a person would mark for another user, whether there is one or not */
  async refuseToMark(caller: CompanyCaller, userId: string): Promise<void> {
    if (!(await this.mayActFor(caller, userId))) throw forbidden(NOT_THEIRS);
  }

  private async mayActFor(caller: CompanyCaller, userId: string): Promise<boolean> {
    return caller.kind === 'credential' || (await this.idOf(caller)) === userId.toLowerCase();
  }

  private idOf({ companyId, login }: PersonCaller): Promise<string | undefined> {
    return this.database.asCompany(companyId, (tx) => findUserId(tx, companyId, login));
  }
}

/** Returns the outcome, with the same 404 for an action of others as for one that does not exist. */
export async function withoutTelling<T>(outcome: Promise<T>): Promise<T> {
  try {
    return await outcome;
  } catch (error) {
    throw error instanceof Refusal && error.status === 404 ? notFound(NOT_FOUND) : error;
  }
}
