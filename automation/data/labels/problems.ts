import { UserError } from "../../../components/program/errors.ts";

const SHOWN = 20;

/** What is wrong with many files: all of it is counted, and the first of each kind are kept, so that a million mistakes take no memory. */
export class Problems {
  #count = 0;
  readonly #first: string[] = [];

  get count(): number {
    return this.#count;
  }

  /** The first twenty. */
  get first(): readonly string[] {
    return this.#first;
  }

  add(problem: string): void {
    this.#count += 1;
    if (this.#first.length < SHOWN) this.#first.push(problem);
  }

  addAll(other: Problems): void {
    for (const problem of other.first) if (this.#first.length < SHOWN) this.#first.push(problem);
    this.#count += other.count;
  }

  /** The first twenty, and how many more there are. */
  lines(): string[] {
    const more = this.#count - this.#first.length;
    return [...this.#first, ...(more > 0 ? [`and ${more} more (${this.#count} in all)`] : [])];
  }

  /**
   * @param done what was not done because of them: `Nothing was written.`
   * @throws UserError, exit code 2, with all of them, if there are any
   */
  refuse(done: string): void {
    if (this.#count > 0) throw new UserError([...this.lines(), done], { exitCode: 2 });
  }
}
