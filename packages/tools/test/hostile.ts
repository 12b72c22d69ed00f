/** Throws whatever is done with it, except when it is asked for `then`. */
export function hostile(): object {
  const refuse = (): never => {
    throw new Error('no');
  };
  return new Proxy(
    {},
    {
      get: (_, key) => (key === 'then' ? undefined : refuse()),
      has: refuse,
      ownKeys: refuse,
      getPrototypeOf: refuse,
    },
  );
}
