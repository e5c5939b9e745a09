import { IconHash } from "@tabler/icons-react";
import type { Room } from "./rooms";
import classes from "./rooms_page.module.css";

interface RoomListProps {
  list: readonly Room[];
  current: string | undefined;
  onOpen: (name: string) => void;
}

export function RoomList({ list, current, onOpen }: RoomListProps) {
  if (list.length === 0) return null;
  return (
    <ul className={classes.list} aria-label="Joined">
      {list.map(({ name, unread, state }) => (
        <li key={name}>
          <button
            type="button"
            className={classes.room}
            aria-current={name === current ? "page" : undefined}
            data-state={state}
            onClick={() => onOpen(name)}
          >
            <IconHash size={15} stroke={1.8} aria-hidden="true" />
            <span className={classes.roomName}>{name}</span>
            {unread > 0 && (
              <span className={classes.unread}>
                {unread}
                <span className={classes.hidden}> unread</span>
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}
