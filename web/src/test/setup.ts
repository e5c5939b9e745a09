import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

afterEach(cleanup);
configure({ asyncUtilTimeout: 15_000 });

// What jsdom does not have and Mantine asks for.
window.matchMedia ??= (query: string) =>
  Object.assign(new EventTarget(), {
    matches: false,
    media: query,
    onchange: null,
    addListener: () => {},
    removeListener: () => {},
  }) as MediaQueryList;
window.ResizeObserver ??= class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};
window.scrollTo = vi.fn();
Element.prototype.scrollIntoView = vi.fn();
if (document.fonts === undefined) {
  const fonts = Object.assign(new EventTarget(), { ready: Promise.resolve() });
  Object.defineProperty(document, "fonts", { value: fonts });
}

// axe asks for a canvas when it looks for icon fonts; jsdom has none and says so on every page.
HTMLCanvasElement.prototype.getContext = () => null;
