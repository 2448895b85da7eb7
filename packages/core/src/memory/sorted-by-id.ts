import { byteOrder } from "./byte-order.ts";

/**
 * Rows in ascending byte order of their ids. Adding is an append; rows that came out of order are sorted when
 * read.
 */
export class SortedById<Row extends { readonly id: string }> {
  private readonly appended: Row[] = [];
  private isSorted = true;

  get rows(): readonly Row[] {
    return this.sorted();
  }

  add(row: Row): void {
    const last = this.appended.at(-1);
    if (this.isSorted && last !== undefined) this.isSorted = byteOrder(last.id, row.id) <= 0;
    this.appended.push(row);
  }

  remove(row: Row): void {
    const rows = this.sorted();
    for (let index = this.indexAfter(row.id) - 1; rows[index]?.id === row.id; index -= 1) {
      if (rows[index] !== row) continue;
      rows.splice(index, 1);
      return;
    }
  }

  /** In one pass, however many there are. */
  removeAll(unwanted: ReadonlySet<Row>): void {
    const kept = this.appended.filter((row) => !unwanted.has(row));
    this.appended.splice(0, this.appended.length);
    for (const row of kept) this.appended.push(row);
  }

  /** The first rows after this id that are wanted, at most `limit`. */
  after(id: string | undefined, limit: number, wanted: (row: Row) => boolean): Row[] {
    const rows = this.sorted();
    const page: Row[] = [];
    let index = id === undefined ? 0 : this.indexAfter(id);
    for (; index < rows.length && page.length < limit; index += 1) {
      const row = rows[index];
      if (row !== undefined && wanted(row)) page.push(row);
    }
    return page;
  }

  /** The last rows before this id that are wanted, in descending order, at most `limit`. */
  before(id: string | undefined, limit: number, wanted: (row: Row) => boolean): Row[] {
    const rows = this.sorted();
    const page: Row[] = [];
    let index = (id === undefined ? rows.length : this.indexOf(id)) - 1;
    for (; index >= 0 && page.length < limit; index -= 1) {
      const row = rows[index];
      if (row !== undefined && wanted(row)) page.push(row);
    }
    return page;
  }

  /** How many rows have this id or a smaller one. */
  private indexAfter(id: string): number {
    return this.partition((rowId) => byteOrder(rowId, id) <= 0);
  }

  /** How many rows have a smaller id. */
  private indexOf(id: string): number {
    return this.partition((rowId) => byteOrder(rowId, id) < 0);
  }

  private sorted(): Row[] {
    if (!this.isSorted) this.appended.sort((a, b) => byteOrder(a.id, b.id));
    this.isSorted = true;
    return this.appended;
  }

  private partition(isBefore: (id: string) => boolean): number {
    const rows = this.sorted();
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = rows[middle];
      if (row !== undefined && isBefore(row.id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
