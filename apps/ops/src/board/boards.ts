import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { QueueJobJson } from '@bull-board/api/typings/app';
import { FastifyAdapter } from '@bull-board/fastify';
import { isUuid } from '@herald/contracts';
import type { QueueWatch } from '@herald/queue';
import type { FastifyInstance } from 'fastify';
import { type Role, ROLES } from '../auth/ops-users.js';
import { boardOf, ICON_PATH } from '../pages/layout.js';
import { maskedFault, maskingHooks } from './masked.js';

/** What a page of a board needs besides what all pages need: its own script, and styles that the script sets. */
const BOARD_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

const ACCENT = { light: '#0f766e', dark: '#2dd4bf' };

/** A board of all queues for each role, since what a role may see is settled when a board is made. */
export async function mountBoards(server: FastifyInstance, watch: QueueWatch): Promise<void> {
  for (const role of ROLES) {
    const adapter = boardFor(role, watch);
    await server.register(async (scope) => {
      // The gate comes before this: it has hooks on every request.
      scope.addHook('preParsing', async (request, reply) => {
        // A viewer asks at the viewers' board; an admin's shows everything.
        if (role === 'admin' && request.opsUser?.role !== 'admin') {
          return reply.code(403).send({ statusCode: 403, message: 'Only admins may see this' });
        }
        void reply.header('Content-Security-Policy', BOARD_POLICY);
      });
      await scope.register(adapter.registerPlugin(), { prefix: boardOf({ role }) });
    });
  }
}

function boardFor(role: Role, watch: QueueWatch): FastifyAdapter {
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(boardOf({ role }));
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

/** Where the messages of a job are; of garbage, the dead letters that it became. */
function traceOf(queue: string, { data }: QueueJobJson): { displayText: string; href: string } {
  const { correlationId, ids } = (data ?? {}) as { correlationId?: unknown; ids?: unknown };
  // Anything else finds nothing, and may be what a message says.
  const known = [correlationId, ...(Array.isArray(ids) ? ids : [])].filter(isUuid).slice(0, 200);
  if (known.length === 0) {
    return { displayText: 'Dead letters', href: `/dead-letters?${new URLSearchParams({ queue }).toString()}` };
  }
  const query = new URLSearchParams(known.map((id) => ['id', id]));
  return { displayText: known.length > 1 ? 'Its messages' : 'Its message', href: `/messages?${query.toString()}` };
}
