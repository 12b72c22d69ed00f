/** A field whose compacted name holds one of these is secret. */
const telltaleParts = [
  'password',
  'passwd',
  'passphrase',
  'apikey',
  'privatekey',
  'secretkey',
  'clientsecret',
  'accesskeyid',
  'connectionstring',
];

/** A field whose compacted name ends in one of these is secret: `accessToken`, but not `tokenCount` or `inputTokens`. */
const telltaleEndings = [
  'token',
  'secret',
  'secrets',
  'cookie',
  'cookies',
  'credential',
  'credentials',
  'authorization',
  'accesskey',
  'signingkey',
  'encryptionkey',
  'pwd',
  'jwt',
  'bearer',
  'cvv',
  'cvc',
  'ssn',
  'creditcard',
  'cardnumber',
];

/** Tells whether a field's name says that its value is secret, whatever its case and punctuation. */
export function isSecretName(name: string): boolean {
  const compacted = compactName(name);
  return (
    telltaleParts.some((part) => compacted.includes(part)) ||
    telltaleEndings.some((ending) => compacted.endsWith(ending))
  );
}

/** `X-Api-Key`, `x_api_key` and `xApiKey` are one name. */
export function compactName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
