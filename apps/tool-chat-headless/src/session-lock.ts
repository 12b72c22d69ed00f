import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Another process works on the session. */
class SessionInUseError extends Error {
  override readonly name = 'SessionInUseError';

  constructor(sessionId: string, holder: { readonly pid: number; readonly file: string }) {
    super(
      `The session '${sessionId}' is in use by process ${holder.pid}. Wait until it ends, or use another name. If there is no such program, delete ${holder.file}.`,
    );
  }
}

/**
 * Keeps a session to this process until disposed: two would write into one conversation and finish each other's runs.
 * What a process that was killed left behind does not count.
 * @throws SessionInUseError
 */
export function lockSession(sessionId: string, file: string): Disposable {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid), { mode: 0o600 });
  try {
    while (!linked(own, file)) {
      const pid = readPid(file);
      if (pid !== undefined && (isAlive(pid) || !cleared(file, pid))) {
        throw new SessionInUseError(sessionId, { pid, file });
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

/** A link appears whole or not at all, and only where nothing is. */
function linked(own: string, file: string): boolean {
  return madeBy(() => linkSync(own, file)) ?? copied(own, file);
}

/** For file systems that know no links. */
function copied(own: string, file: string): boolean {
  return madeBy(() => copyFileSync(own, file, constants.COPYFILE_EXCL)) ?? false;
}

/** False: something is there already; undefined: it cannot be made this way. */
function madeBy(make: () => void): boolean | undefined {
  try {
    make();
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    if (['EPERM', 'ENOTSUP', 'ENOSYS', 'EXDEV'].includes(String(codeOf(thrown)))) return undefined;
    throw thrown;
  }
}

/** Takes away what a dead process left; false when a living one was quicker and has its lock back. */
function cleared(file: string, deadPid: number): boolean {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return true;
    throw thrown;
  }
  const isDead = Object.is(readPid(aside), deadPid); // what is no number is no process, either
  if (!isDead) linked(aside, file);
  rmSync(aside, { force: true });
  return isDead;
}

/** Undefined: it is gone. */
function readPid(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM'; // it is somebody else's
  }
}

function codeOf(thrown: unknown): unknown {
  return (thrown as NodeJS.ErrnoException | undefined)?.code;
}
