/** How many parts to keep, and which may go. */
export interface KeyedPartsOptions<Part> {
  readonly create: (key: string) => Part;
  /** Beyond this, idle parts are forgotten, and if there is none, the oldest. */
  readonly maxKeys: number;
  readonly isIdle: (part: Part) => boolean;
}

/** One part of something for each key, made when first asked for, in bounded memory. */
export class KeyedParts<Part> {
  readonly #options: KeyedPartsOptions<Part>;
  readonly #parts = new Map<string, Part>();

  constructor(options: KeyedPartsOptions<Part>) {
    this.#options = options;
  }

  for(key: string): Part {
    return this.#parts.get(key) ?? this.#create(key);
  }

  get(key: string): Part | undefined {
    return this.#parts.get(key);
  }

  entries(): IterableIterator<[string, Part]> {
    return this.#parts.entries();
  }

  clear(): void {
    this.#parts.clear();
  }

  #create(key: string): Part {
    if (this.#parts.size >= this.#options.maxKeys) this.#makeRoom();
    const part = this.#options.create(key);
    this.#parts.set(key, part);
    return part;
  }

  #makeRoom(): void {
    const idle = [...this.#parts].filter(([, part]) => this.#options.isIdle(part));
    const [oldest] = this.#parts.keys();
    const leaving = idle.length > 0 ? idle.map(([key]) => key) : [oldest!];
    for (const key of leaving) this.#parts.delete(key);
  }
}
