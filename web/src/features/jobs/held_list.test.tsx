import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { jobWith } from "@/test/jobs";
import { holdList, useHeldList, usePointerHold } from "./held_list";

const a = jobWith({ id: "a" });
const b = jobWith({ id: "b" });
const c = jobWith({ id: "c" });

describe("a held list", () => {
  it("keeps the places, renews the rows, and counts the new ones", () => {
    const renewed = { ...b, status: "completed" as const };
    expect(holdList([a, b], [c, renewed])).toEqual({ jobs: [a, renewed], waiting: 1 });
  });

  it("flows when it is let go, and for another page", () => {
    const { result, rerender } = renderHook(({ jobs, held, page }) => useHeldList(jobs, held, page), {
      initialProps: { jobs: [a], held: true, page: "1" },
    });
    rerender({ jobs: [b, a], held: true, page: "1" });
    expect(result.current).toEqual({ jobs: [a], waiting: 1 });
    rerender({ jobs: [b, a], held: false, page: "1" });
    expect(result.current).toEqual({ jobs: [b, a], waiting: 0 });
    rerender({ jobs: [c], held: true, page: "2" });
    expect(result.current).toEqual({ jobs: [c], waiting: 0 });
  });
});

describe("the pointer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const pointer = (pointerType: string) => ({ pointerType }) as React.PointerEvent;

  it("holds while a mouse moves, and lets go when it rests or leaves", () => {
    const { result } = renderHook(usePointerHold);
    act(() => result.current.onPointerEnter(pointer("mouse")));
    expect(result.current.held).toBe(true);
    act(() => void vi.advanceTimersByTime(2_900));
    act(() => result.current.onPointerMove(pointer("mouse")));
    act(() => void vi.advanceTimersByTime(2_900));
    expect(result.current.held).toBe(true);
    act(() => void vi.advanceTimersByTime(200));
    expect(result.current.held).toBe(false);
    act(() => result.current.onPointerMove(pointer("mouse")));
    act(() => result.current.onPointerLeave());
    expect(result.current.held).toBe(false);
  });

  it("does not hold for a finger", () => {
    const { result } = renderHook(usePointerHold);
    act(() => result.current.onPointerEnter(pointer("touch")));
    expect(result.current.held).toBe(false);
  });
});
