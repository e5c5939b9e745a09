import type { ChatMessage } from "./rooms";

const HUES = 12;

export interface AuthorLook {
  name: string;
  initials: string;
  /** Degrees on the colour wheel, the same for the same author. */
  hue: number;
}

/** Messages carry ids, not names; the short id is what people can compare. */
export function authorLook({ author, mine }: Pick<ChatMessage, "author" | "mine">): AuthorLook {
  const id = author.userId ?? author.socketId ?? "?";
  const hue =
    ([...id].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 9973, 7) % HUES) *
    (360 / HUES);
  const short = id.slice(-6);
  const name = mine ? "You" : author.userId ? `User ${short}` : `Guest ${short}`;
  return { name, initials: mine ? "Y" : short.slice(0, 2).toUpperCase(), hue };
}
