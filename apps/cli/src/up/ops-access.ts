import { hashPassword } from '@herald/bootstrap';
import type { Secrets } from './secrets.js';

/** The part of demo.json that tells of ops (contracts README, "Demo data"), with a viewer besides. */
interface OpsAccess {
  opsUser: string;
  opsPassword: string;
  opsViewer: string;
  opsViewerPassword: string;
}

/** Who may enter the ops of this machine, as people know it and as the service reads it. */
export async function opsAccess({ ops, opsViewer }: Secrets): Promise<{ access: OpsAccess; opsUsers: string }> {
  const access = { opsUser: 'ops', opsPassword: ops, opsViewer: 'viewer', opsViewerPassword: opsViewer };
  const hashes = await Promise.all([hashPassword(ops), hashPassword(opsViewer)]);
  return { access, opsUsers: `ops:admin:${hashes[0]}\nviewer:viewer:${hashes[1]}` };
}
