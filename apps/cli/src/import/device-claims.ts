/** What devices of the source have claimed so far: an id, an alias, a token is one device's alone. */
export class DeviceClaims {
  /** The devices that are here after the import, by id. */
  readonly present = new Set<string>();
  readonly #ids = new Set<string>();
  readonly #aliases = new Set<string>();
  readonly #tokens = new Set<string>();

  /** Whether nobody claimed it before. */
  claimId(id: string): boolean {
    return claim(this.#ids, id);
  }

  claimAlias(alias: string): boolean {
    return claim(this.#aliases, alias);
  }

  claimToken(tokenId: string): boolean {
    return claim(this.#tokens, tokenId);
  }
}

function claim(claimed: Set<string>, value: string): boolean {
  if (claimed.has(value)) return false;
  claimed.add(value);
  return true;
}
