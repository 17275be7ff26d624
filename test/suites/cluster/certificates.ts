import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An authority that certifies 127.0.0.1 and clients; its files are in PEM. */
export class Authority {
  readonly certificate: string;

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    this.certificate = join(folder, `${name}.pem`);
    this.openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      this.keyOf(name),
      '-out',
      this.certificate,
      '-days',
      '2',
      ...subject(name),
    );
  }

  /** The files of a certificate and its key. */
  certify(holder: string): { cert: string; key: string } {
    const [cert, key] = [join(this.folder, `${holder}.pem`), this.keyOf(holder)];
    const [asked, extensions] = [join(this.folder, `${holder}.csr`), join(this.folder, `${holder}.ext`)];
    writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    this.openssl('req', ...NEW_KEY, key, '-out', asked, ...subject(holder));
    const authority = ['-CA', this.certificate, '-CAkey', this.keyOf(this.name), '-CAcreateserial'];
    this.openssl('x509', '-req', '-in', asked, ...authority, '-out', cert, '-days', '2', '-extfile', extensions);
    chmodSync(key, 0o600);
    return { cert, key };
  }

  private keyOf(name: string): string {
    return join(this.folder, `${name}.key`);
  }

  private openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];
const subject = (name: string) => ['-subj', `/CN=herald-test-${name}`];
