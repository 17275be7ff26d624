/** A database server of ours, listening on 127.0.0.1 only. */
export interface Server {
  url: string;
  port: number;
  pid: number;
  /** Where its files are: the data folder, or the folder in the temp dir that stands in for it. */
  folder: string;
  /** Resolves when the server is gone, to how it went. */
  exited: Promise<string>;
  /** Asks it to end in order and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends it at once. What was committed stays. */
  kill(): void;
}

export interface ServerOptions {
  dataDir: string;
  /** A free one is chosen by default. */
  port?: number;
  /** Gets one line for each thing that takes time. */
  log?: (line: string) => void;
  /** Gives up starting, and leaves nothing running. */
  signal?: AbortSignal;
}

/** The moments between two looks at a server that is starting. */
export const pollMs = 25;
