import { useCallback, useMemo, useState } from "react";

export interface Selection {
  ids: ReadonlySet<string>;
  toggle: (id: string) => void;
  /** These and no others. */
  choose: (ids: string[]) => void;
}

const NONE: ReadonlySet<string> = new Set();

/** The rows one has ticked. `page` names what the list is about: on another page nothing is ticked. */
export function useSelection(page: string): Selection {
  const [chosen, setChosen] = useState({ page, ids: NONE });
  const choose = useCallback((ids: string[]) => setChosen({ page, ids: new Set(ids) }), [page]);
  const toggle = useCallback(
    (id: string) =>
      setChosen((before) => {
        const ids = new Set(before.page === page ? before.ids : NONE);
        if (!ids.delete(id)) ids.add(id);
        return { page, ids };
      }),
    [page],
  );
  const ids = chosen.page === page ? chosen.ids : NONE;
  return useMemo(() => ({ ids, toggle, choose }), [ids, toggle, choose]);
}
