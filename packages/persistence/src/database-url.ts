import { UnsupportedDatabaseUrlError } from './errors.ts';

/** Where a database is. */
export type DatabaseAddress =
  | { readonly dialect: 'sqlite'; readonly file: string }
  | { readonly dialect: 'postgres'; readonly connectionString: string };

/**
 * Reads a database URL, in the form of SQLAlchemy too: `sqlite:///relative.db`, `sqlite:////absolute.db`,
 * `sqlite:///:memory:`, `postgresql+driver://…`.
 * @throws UnsupportedDatabaseUrlError
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const [, protocol, driver = '', rest] = /^([a-z]+)(\+[a-z0-9_]+)?:(.*)$/is.exec(url.trim()) ?? [];
  if (protocol === undefined || rest === undefined) {
    throw new UnsupportedDatabaseUrlError('', 'has no protocol');
  }
  switch (protocol.toLowerCase()) {
    case 'sqlite':
      return { dialect: 'sqlite', file: fileOf(rest) };
    case 'postgres':
    case 'postgresql':
      return { dialect: 'postgres', connectionString: checkedServer(`postgresql:${rest}`) };
    default:
      throw new UnsupportedDatabaseUrlError(`${protocol}${driver}:`);
  }
}

function fileOf(rest: string): string {
  const [path = '', query] = rest.split('?', 2);
  if (query)
    throw new UnsupportedDatabaseUrlError(
      'sqlite:',
      'has parameters after ?, which SQLite files do not take',
    );
  if (path === '' || path === '//' || path === ':memory:' || path === '///:memory:')
    return ':memory:';
  if (!path.startsWith('//')) return decoded(path);
  // After the two slashes of the host, which is empty, comes one more; the path follows it.
  if (!path.startsWith('///')) {
    throw new UnsupportedDatabaseUrlError('sqlite:', 'names a host; a file needs three slashes');
  }
  const file = decoded(path.slice(3));
  if (file === '' || file.includes('\0'))
    throw new UnsupportedDatabaseUrlError('sqlite:', 'names no file');
  return file;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a file name may hold a bare %
  }
}

function checkedServer(url: string): string {
  if (!URL.canParse(url) || !/^postgresql:\/\//i.test(url)) {
    throw new UnsupportedDatabaseUrlError(
      'postgresql:',
      'is no valid URL; encode special characters of the password',
    );
  }
  return url;
}
