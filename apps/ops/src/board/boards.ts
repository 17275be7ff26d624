import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { QueueJobJson } from '@bull-board/api/typings/app';
import { FastifyAdapter } from '@bull-board/fastify';
import { isUuid } from '@herald/contracts';
import type { QueueWatch } from '@herald/queue';
import type { FastifyInstance } from 'fastify';
import { type Role, ROLES } from '../auth/ops-users.js';
import { boardPath, ICON_PATH } from '../pages/layout.js';
import { maskedFault, maskingHooks } from './masked.js';

/** Content Security Policy of the boards. Unlike other pages, they need their script and the styles that it sets. */
const BOARD_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

const ACCENT = { light: '#0f766e', dark: '#2dd4bf' };

/** Mounts one board per role, each with all queues. A board's permissions are fixed when it is created. */
export async function mountBoards(server: FastifyInstance, watch: QueueWatch): Promise<void> {
  for (const role of ROLES) {
    const adapter = boardFor(role, watch);
    await server.register(async (scope) => {
      // The gate runs earlier, in `onRequest`, and has set the user.
      scope.addHook('preParsing', async (request, reply) => {
        // The board of admins shows message content.
        if (role === 'admin' && request.opsUser?.role !== 'admin') {
          return reply.code(403).send({ statusCode: 403, message: 'Only admins may see this' });
        }
        void reply.header('Content-Security-Policy', BOARD_POLICY);
      });
      await scope.register(adapter.registerPlugin(), { prefix: boardPath({ role }) });
    });
  }
}

function boardFor(role: Role, watch: QueueWatch): FastifyAdapter {
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(boardPath({ role }));
  const isViewer = role === 'viewer';
  createBullBoard({
    queues: watch.queues.map(
      (queue) =>
        new BullMQAdapter(queue, { readOnlyMode: isViewer, externalJobUrl: (job) => traceOf(queue.name, job) }),
    ),
    serverAdapter,
    options: {
      handlerHooks: isViewer ? maskingHooks : undefined,
      uiConfig: {
        boardTitle: 'Herald queues',
        boardLogo: { path: ICON_PATH, width: 28, height: 28 },
        favIcon: { default: ICON_PATH, alternative: ICON_PATH },
        hideDocsLink: true,
        miscLinks: [
          { text: 'Overview', url: '/' },
          { text: 'Dead letters', url: '/dead-letters' },
          { text: 'Messages', url: '/messages' },
        ],
        environment: isViewer
          ? { label: 'read-only, texts hidden', color: '#b45309', textColor: '#ffffff' }
          : undefined,
        theme: {
          light: { primary: ACCENT.light, ring: ACCENT.light },
          dark: { primary: ACCENT.dark, ring: ACCENT.dark },
        },
      },
    },
  });
  if (isViewer) serverAdapter.setErrorHandler(maskedFault);
  return serverAdapter;
}

/** Returns a link to the messages of a job, or to the dead letters when the job names no messages. */
function traceOf(queue: string, { data }: QueueJobJson): { displayText: string; href: string } {
  const { correlationId, ids } = (data ?? {}) as { correlationId?: unknown; ids?: unknown };
  // Other values find nothing, and may be message content.
  const known = [correlationId, ...(Array.isArray(ids) ? ids : [])].filter(isUuid).slice(0, 200);
  if (known.length === 0) {
    return { displayText: 'Dead letters', href: `/dead-letters?${new URLSearchParams({ queue }).toString()}` };
  }
  const query = new URLSearchParams(known.map((id) => ['id', id]));
  return { displayText: known.length > 1 ? 'Its messages' : 'Its message', href: `/messages?${query.toString()}` };
}
