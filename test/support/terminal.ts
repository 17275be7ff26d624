import { type ChildProcess, spawn } from 'node:child_process';

/** Python's pty module: a terminal of this many columns, whose output it passes on. */
const PTY = `
import fcntl, os, pty, signal, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 50, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        break
    os.write(1, chunk)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
`;

/** Runs a program on a terminal, as a person does; standard error comes with standard output. */
export function onTerminal(command: string[], env: NodeJS.ProcessEnv, columns = 120): ChildProcess {
  return spawn('python3', ['-c', PTY, String(columns), ...command], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}
