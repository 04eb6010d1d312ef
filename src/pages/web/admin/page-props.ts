/** What a page is told: the rest of its address, such as an id. */
export interface PageProps {
  readonly id: string;
}
