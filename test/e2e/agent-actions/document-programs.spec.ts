import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Actions, SAMPLE } from '../../support/actions.js';
import { type CheckingProxy, checkingProxy } from '../../support/checking-proxy.js';
import { Herald } from '../../support/herald.js';
import { JAVASCRIPT, PYTHON } from './document-programs.js';

let herald: Herald;
let actions: Actions;
let proxy: CheckingProxy;
let folder: string;
const agent = randomUUID();
beforeAll(async () => {
  herald = await Herald.start({ services: ['gateway', 'agent-actions'] });
  actions = new Actions(herald);
  proxy = await checkingProxy(herald.url);
  folder = await mkdtemp(join(tmpdir(), 'programs-'));
  await actions.record({ notification_type: 'agent_action', metadata: { agent_id: agent, tool_used: 'crm' } });
  await actions.record({ notification_type: 'agent_action', metadata: { agent_id: agent } });
  await actions.record({ notification_type: 'agent_action' });
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await herald?.stop();
  await proxy?.close();
});

/** Runs a documented program as it stands, but for address and key, and prints what `calls` say. */
async function runs(program: string, file: string, calls: string, command: string): Promise<string> {
  const source = program
    .replaceAll('https://api.aloochat.ai', proxy.url)
    .replaceAll('YOUR_API_KEY', herald.token('unlimitedApiKey'));
  await writeFile(join(folder, file), `${source}\n${calls}\n`);
  const { stdout } = await promisify(execFile)(command, [join(folder, file)]);
  return stdout;
}

describe('Agent Performance Analytics (documented program, Python)', () => {
  it('counts the actions of the last thirty days and the tools that were used', async () => {
    const out = await runs(PYTHON, 'all.py', 'analyze_agent_actions()', 'python3');
    expect(out).toBe(
      "Agent actions in last 30 days: 3\nActions by type: {'agent_action': 3}\nTool usage: {'unknown': 2, 'crm': 1}\n",
    );
  });

  it('does so for one agent, whom it also names to /stats', async () => {
    const out = await runs(PYTHON, 'one.py', `analyze_agent_actions('${agent}')`, 'python3');
    expect(out).toContain('Agent actions in last 30 days: 2\n');
    expect(out).toMatch(/Tool usage: \{.*'crm': 1.*\}/);
  });

  it('follows what was done for a query', async () => {
    const out = await runs(PYTHON, 'query.py', `track_query_resolution('${SAMPLE.query}')`, 'python3');
    expect(out).toBe(
      [
        `Actions taken for query ${SAMPLE.query}:`,
        '- Agent sent email to customer (email_sent)',
        ' Tool: email_tool',
        ' Time: 2024-01-10T10:00:00.000Z',
        '',
      ].join('\n'),
    );
  });
});

describe('Agent Action Tracking Dashboard (documented program, JavaScript)', () => {
  it('fetches recent actions and those of a query, and marks one as read', async () => {
    const calls = `
      (async () => {
        const recent = await getRecentAgentActions();
        const ofQuery = await getQueryActions('${SAMPLE.query}');
        await markActionAsReviewed('${SAMPLE.notification}', '${SAMPLE.user}');
        console.log(JSON.stringify([recent.total, recent.limit, ofQuery.data.map((action) => action.id)]));
      })();`;
    const out = await runs(JAVASCRIPT, 'dashboard.js', calls, process.execPath);
    expect(JSON.parse(out)).toEqual([3, 50, [SAMPLE.notification]]);
    const { body } = await actions.get(`/${SAMPLE.notification}`);
    expect(body).toMatchObject({ status: 'read', recipients: [{ status: 'read' }] });
  });
});
