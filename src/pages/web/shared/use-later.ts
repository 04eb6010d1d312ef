import { useEffect, useState } from 'preact/hooks';

/** `value` once it has stayed the same for a while: what is typed is not asked about at every letter. */
export function useLater<T>(value: T, ms = 300): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return later;
}
