/** Our own database server, listening on 127.0.0.1 only. */
export interface Server {
  url: string;
  port: number;
  pid: number;
  /** The folder with its files: the data folder, or the folder in the temp dir that replaces it. */
  folder: string;
  /** Resolves when the server has ended, to the reason. */
  exited: Promise<string>;
  /** Shuts the server down and waits for its end. */
  stop(): Promise<void>;
  /** Ends the server immediately. Committed data stay. */
  kill(): void;
}

export interface ServerOptions {
  dataDir: string;
  /** By default, a free port is chosen. */
  port?: number;
  /** Called with one line for each step that takes time. */
  log?: (line: string) => void;
  /** Cancels the start and leaves nothing running. */
  signal?: AbortSignal;
}

/** The interval between two checks of a server that is starting. */
export const pollMs = 25;
