/**
 * What secrets look like inside text. What a group named `keep` matches stays.
 *
 * Every pattern runs in linear time on any input: each begins with a fixed text or at the start of a run of its own
 * characters, repeats bounded sets only, and takes an unfinished secret to its end instead of looking back.
 */
export const secretPatterns: readonly RegExp[] = [
  // Private keys, also cut-off ones.
  /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-(?!----END )[^-]*)*(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----)?/g,

  // Keys of model providers and other services, by their prefixes.
  /(?<![A-Za-z0-9])(?:sk-|xai-|pplx-|glpat-|xox[abeprs]-|gsk_|hf_|r8_|npm_|gh[opsur]_|github_pat_|[srpw]k_(?:live|test)_|whsec_|ya29\.|AIza)[A-Za-z0-9_-]{16,}/g,

  // AWS access key ids.
  /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,

  // JSON web tokens.
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g,

  // SendGrid keys.
  /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g,

  // `Authorization: Basic …` in any spelling.
  /(?<keep>authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:(?:basic|bearer|digest|token|apikey)\s{1,3})?)[^\s"',;]+/gi,

  // `Bearer …`, when what follows is a token rather than a word.
  /(?<keep>(?<![A-Za-z])bearer\s{1,3})(?:(?=[A-Za-z._~+/=-]{0,64}[0-9])[A-Za-z0-9._~+/=-]{6,}|[A-Za-z0-9._~+/=-]{20,})/gi,

  // The password in `scheme://user:password@host`.
  /(?<keep>:\/\/[^\s:@/?#"']*:)[^\s/"']*(?=@)/g,

  // `password=…`, `"api_key": "…"`, `&token=…`.
  /(?<keep>(?:password|passwd|passphrase|pwd|secret|token|signature|api[_-]?key|access[_-]?key|private[_-]?key)["']?\s{0,3}=\s{0,3}["']?)[^\s"',;&]+/gi,
  /(?<keep>(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)\\?["']\s{0,3}:\s{0,3}\\?["'])[^"'\\]+/gi,
  // `password: …`, when what follows holds a digit and so is no word of a sentence.
  /(?<keep>(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key)\s{0,3}:\s{1,3})(?=[^\s"',;0-9]{0,64}[0-9])[^\s"',;]{6,}/gi,
];
