import type { ComponentChildren } from 'preact';

import type { Problem } from './api';
import type { Resource } from './use-resource';

/** What went wrong, and how to mend it. */
export function ProblemNotice({ problem, retry }: { readonly problem: Problem; readonly retry?: () => void }) {
  const wait = problem.retryAfterSecs === undefined ? '' : ` Try again in ${problem.retryAfterSecs} s.`;
  return (
    <div class="notice bad row between" role="alert">
      <span>
        <strong>{problem.message}</strong> {problem.hint}
        {wait}
      </span>
      {retry && (
        <button type="button" class="small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export const Skeleton = ({ lines = 4 }: { readonly lines?: number }) => (
  <div class="skeleton" role="status">
    <span class="hidden">Loading</span>
    {Array.from({ length: lines }, (_, index) => (
      <span key={index} aria-hidden="true" />
    ))}
  </div>
);

interface LoadedProps<T> {
  readonly of: Resource<T>;
  readonly children: (data: T) => ComponentChildren;
}

/** What was asked for, once it is there; until then its outline, or what is wrong. What is old stays while it is asked for anew. */
export function Loaded<T>({ of: { data, problem, isLoading, reload }, children }: LoadedProps<T>) {
  return (
    <>
      {problem && <ProblemNotice problem={problem} retry={reload} />}
      {data !== undefined ? children(data) : isLoading && !problem && <Skeleton />}
    </>
  );
}

/** Nothing is there yet; `children` say what would bring something. */
export const Empty = ({ children }: { readonly children: ComponentChildren }) => <p class="empty">{children}</p>;
