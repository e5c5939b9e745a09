import { describe, expect, it } from "vitest";

const sources = import.meta.glob<string>("/src/**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Who may import whom: app → features → ui → lib. Features know nothing of each other, and ui has no data. */
const forbidden: { from: RegExp; to: RegExp; why: string }[] = [
  ...["accounts", "jobs", "rooms"].map((feature) => ({
    from: new RegExp(`^/src/features/${feature}/`),
    to: new RegExp(`@/features/(?!${feature}/)|\\.\\./(accounts|jobs|rooms)/`),
    why: "features never import each other",
  })),
  { from: /^\/src\/features\//, to: /@\/app\/|\.\.\/app\//, why: "features know nothing of the app" },
  { from: /^\/src\/(ui|lib)\//, to: /@\/(app|features)\//, why: "ui and lib are below the features" },
  { from: /^\/src\/lib\//, to: /@\/ui\//, why: "lib draws nothing" },
  {
    from: /^\/src\/ui\//,
    to: /@\/lib\/(client|http|socket|session|connection|events|query|system)|@tanstack|socket\.io/,
    why: "ui has no data",
  },
  { from: /^\/src\/(?!lib\/socket\.ts)/, to: /^socket\.io-client$/, why: "there is one socket" },
];

function importsOf(source: string): string[] {
  return [...source.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

describe("the layers", () => {
  it("are found", () => {
    expect(Object.keys(sources).length).toBeGreaterThan(60);
  });

  it.each(forbidden)("hold: $why ($from)", ({ from, to }) => {
    const offenders = Object.entries(sources)
      .filter(([path]) => from.test(path) && !/\.test\.tsx?$/.test(path))
      .flatMap(([path, source]) =>
        importsOf(source)
          .filter((name) => to.test(name))
          .map((name) => `${path}: ${name}`),
      );
    expect(offenders).toEqual([]);
  });
});
