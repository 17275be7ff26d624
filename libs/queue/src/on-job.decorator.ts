import type { JobData, JobName, QueueContract } from '@herald/contracts';
import { applyDecorators, type ArgumentsHost, Catch, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import type { ReceivedJob } from './job-run.js';

/** Passes the thrown error on unchanged, because the server decides what it means for the job. */
@Catch()
class Rethrow implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

const rethrow = new Rethrow();

/** Marks the handler of one kind of job; its argument is `JobOf<contract, name>`. */
export function OnJob<C extends QueueContract, N extends JobName<C>>(contract: C, name: N): MethodDecorator {
  const pattern = { queue: contract.queue, job: name };
  const Pattern = contract.jobs[name]?.kind === 'command' ? MessagePattern : EventPattern;
  return applyDecorators(Pattern(pattern), UseFilters(rethrow));
}

export type JobOf<C extends QueueContract, N extends JobName<C>> = ReceivedJob<JobData<C, N>>;
