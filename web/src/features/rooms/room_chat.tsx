import { Button, Textarea } from "@mantine/core";
import { IconDoorExit, IconHash, IconSend } from "@tabler/icons-react";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { MessageList } from "./message_list";
import type { Room, Rooms } from "./rooms";
import classes from "./rooms_page.module.css";

interface RoomChatProps {
  rooms: Rooms;
  room: Room;
  live: boolean;
  onLeave: () => void;
}

const states = {
  joining: "Joining again…",
  away: "Not connected; it joins again by itself. What is said meanwhile is not seen here.",
};

export function RoomChat({ rooms, room, live, onLeave }: RoomChatProps) {
  const [text, setText] = useState("");
  const ready = live && room.state === "joined";
  const notice =
    room.state === "refused" ? room.problem : room.state === "joined" ? undefined : states[room.state];

  const send = () => {
    const message = text.trim();
    if (message === "" || !ready) return;
    setText("");
    void rooms.send(room.name, message);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <section className={classes.chat} aria-label={`Room ${room.name}`}>
      <header className={classes.chatHead}>
        <IconHash size={16} stroke={1.8} aria-hidden="true" />
        <h2>{room.name}</h2>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<IconDoorExit size={15} />}
          onClick={onLeave}
          className={classes.leave}
        >
          Leave
        </Button>
      </header>
      {notice && (
        <p className={classes.notice} aria-live="polite">
          {notice}
        </p>
      )}
      <MessageList messages={room.messages} onAgain={(key) => void rooms.sendAgain(room.name, key)} />
      <form className={classes.compose} onSubmit={onSubmit}>
        <Textarea
          aria-label="Message"
          placeholder={`Message #${room.name}`}
          autosize
          minRows={1}
          maxRows={6}
          autoFocus
          className={classes.composeText}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <Button type="submit" disabled={!ready || text.trim() === ""} leftSection={<IconSend size={15} />}>
          Send
        </Button>
      </form>
    </section>
  );
}
