/** What a screen reader says without anybody going there. */
let region: HTMLElement | null = null;

export const Announcer = () => (
  <div role="status" aria-live="polite" class="hidden" ref={(element) => void (region = element)} />
);

/** Says `text`, also when it is what was said last. */
export function announce(text: string): void {
  if (!region) return;
  region.textContent = '';
  setTimeout(() => region && (region.textContent = text), 50);
}
