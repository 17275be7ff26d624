import { hashPassword } from '@herald/bootstrap';
import type { Secrets } from './secrets.js';

/** The part of demo.json about ops (contracts README, "Demo data"), with an additional viewer. */
interface OpsAccess {
  opsUser: string;
  opsPassword: string;
  opsViewer: string;
  opsViewerPassword: string;
}

/** Returns the logins to ops on this machine: the passwords for people, and the hashes for the service. */
export async function opsAccess({ ops, opsViewer }: Secrets): Promise<{ access: OpsAccess; opsUsers: string }> {
  const access = { opsUser: 'ops', opsPassword: ops, opsViewer: 'viewer', opsViewerPassword: opsViewer };
  const hashes = await Promise.all([hashPassword(ops), hashPassword(opsViewer)]);
  return { access, opsUsers: `ops:admin:${hashes[0]}\nviewer:viewer:${hashes[1]}` };
}
