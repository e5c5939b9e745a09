import { session, socket } from "@/lib/client";
import { Rooms } from "./rooms";

let current: { account: string; rooms: Rooms } | undefined;

/** The rooms of the account that is signed in. Another account starts with none. */
export function roomsOf(account: string): Rooms {
  if (current?.account !== account) {
    current?.rooms.stop();
    current = { account, rooms: new Rooms(socket, account) };
  }
  return current.rooms;
}

session.state.subscribe(() => {
  if (current === undefined || session.user?.id === current.account) return;
  current.rooms.stop();
  current = undefined;
});
