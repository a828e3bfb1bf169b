import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";
import type { Resolution } from "../api/types";
import { useLive } from "../state/live";
import { RESOLUTIONS, useView } from "../state/view";

/** Markets that can be looked at; the chosen one alone while nobody has said. */
export function useMarkets(): readonly string[] {
  const asset = useView((view) => view.asset);
  const symbols = useLive((live) => live.status?.market?.symbols);
  const { data } = useQuery(queries.health());
  return (
    data?.assets.map((one) => one.asset) ??
    symbols?.map((symbol) => symbol.replace(/USDT$/, "")) ?? [asset]
  );
}

/** Lengths of a bar in which the chosen market is served. */
export function useResolutions(): readonly Resolution[] {
  const asset = useView((view) => view.asset);
  const chosen = useView((view) => view.resolution);
  const { data } = useQuery({
    ...queries.health(),
    // Until the first market is known it is asked for again.
    refetchInterval: ({ state }) => (state.data?.assets.length ? false : 3000),
  });
  const served = data?.assets.find((one) => one.asset === asset)?.resolutions ?? [];
  return RESOLUTIONS.filter((one) => served.includes(one) || one === chosen);
}
