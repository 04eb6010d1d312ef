/** What `AbortSignal.timeout` gives, but let go of when `release` is called: that one holds signal and timer until the time is up. */
export function deadlineIn(ms: number): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const expire = () => controller.abort(new DOMException('The time is up.', 'TimeoutError'));
  const timer = setTimeout(expire, ms);
  return { signal: controller.signal, release: () => clearTimeout(timer) };
}
